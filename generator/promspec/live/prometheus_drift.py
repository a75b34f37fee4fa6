"""The rules and targets of a running Prometheus beside those of the spec, by what they mean."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from promspec.fetching.access import Access
from promspec.fetching.addresses import Unanswered, joined
from promspec.fetching.fetch import json_answer
from promspec.fetching.words import listed, plain
from promspec.live.comparing import differences
from promspec.live.contract import Violation
from promspec.live.deployed import Deployed, rule_name, rule_slo
from promspec.live.same_query import same_query
from promspec.plan.rules import AlertRule, Group, Record
from promspec.quantities import duration, milliseconds

Loaded = dict[str, Any]
_SHOWN = 160
"""Characters of a loaded query; more would hide what differs."""
_LOAD = "load the generated rule files, and reload Prometheus"


def prometheus_drift(wanted: Deployed, base: str, access: Access) -> Iterator[Violation]:
    """What differs; raises Unanswered."""
    groups = _rows(_data(base, "/api/v1/rules", access), "groups")
    for group in wanted.groups:
        candidates = [list(_group(wanted, group, each)) for each in groups if each.get("name") == group.name]
        if not candidates:
            text = f"the group {group.name} with its {len(group.rules)} rules is not loaded"
            yield _of_group(wanted, group, "drift/group-missing", text)
        yield from min(candidates, key=len, default=[])
    if wanted.has_targets:
        yield from _targets(wanted, _rows(_data(base, "/api/v1/targets?state=active", access), "activeTargets"))


def _of_group(wanted: Deployed, group: Group, id: str, text: str, aspect: str = "") -> Violation:
    first = group.rules[0]
    return wanted.drift(id, rule_name(first), text, _LOAD, slo=rule_slo(first), aspect=f"{group.name} {aspect}")


def _data(base: str, path: str, access: Access) -> Any:
    answer = json_answer(joined(base, path), access)
    if not isinstance(answer, dict) or answer.get("status") != "success":
        raise Unanswered(f"{path} does not answer as a Prometheus does", final=True)
    return answer.get("data")


def _rows(data: Any, key: str) -> list[Loaded]:
    rows = data.get(key) if isinstance(data, dict) else None
    return [row for row in rows if isinstance(row, dict)] if isinstance(rows, list) else []


def _group(wanted: Deployed, group: Group, loaded: Loaded) -> Iterator[Violation]:
    if _number(loaded.get("interval")) * 1000 != milliseconds(group.interval):
        every = f"{_number(loaded.get('interval')):g} s"
        text = f"the group {group.name} is evaluated every {every}, not every {group.interval}"
        yield _of_group(wanted, group, "drift/rule-differs", text, "interval")
    rest, order = _rows(loaded, "rules"), list[Loaded]()
    missing = []
    for rule in group.rules:
        same = next((each for each in rest if not _differs(rule, each)), None)
        if same is None:
            missing.append(rule)
        else:
            rest.remove(same)
            order.append(same)
            yield from _health(wanted, rule, same)
    if order != [each for each in _rows(loaded, "rules") if each in order]:
        text = f"the rules of the group {group.name} are loaded in another order: they run one after the other"
        yield _of_group(wanted, group, "drift/rule-differs", text, "order")
    for rule in missing:
        near = next((each for each in rest if _named(rule, each)), None)
        if near is not None:
            rest.remove(near)
        yield _not_so(wanted, group, rule, near)
    for each in rest:
        name = plain(str(each.get("name")))
        text = f"the group {group.name} has the rule {name}, which the spec does not declare"
        yield wanted.drift("drift/rule-unknown", "", text, "declare it, or load the generated files alone", aspect=name)


def _number(value: object) -> float:
    return float(value) if isinstance(value, int | float) else 0.0


def _not_so(wanted: Deployed, group: Group, rule: Record | AlertRule, near: Loaded | None) -> Violation:
    name, slo = rule_name(rule), rule_slo(rule)
    labels = ",".join(f"{key}={value}" for key, value in rule.labels)
    if near is None:
        text = f"the rule {name} is not loaded in the group {group.name}"
        return wanted.drift("drift/rule-missing", name, text, _LOAD, slo=slo, aspect=labels)
    text = f"the rule {name} is loaded, and differs in its {listed(_differs(rule, near))}{_values(rule, near)}"
    return wanted.drift("drift/rule-differs", name, text, _LOAD, slo=slo, aspect=labels)


def _values(rule: Record | AlertRule, loaded: Loaded) -> str:
    """What is loaded instead of what the spec says; of texts, which are long, only that they differ."""
    wanted: dict[str, Any] = {"labels": dict(rule.labels)}
    found: dict[str, Any] = {"labels": loaded.get("labels") or {}}
    if isinstance(rule, AlertRule):
        wanted |= {"for": rule.for_, "keep_firing_for": rule.keep_firing_for or "0s"}
        lengths = (("for", loaded.get("duration")), ("keep_firing_for", loaded.get("keepFiringFor")))
        found |= {key: duration(round(_number(length) * 1000)) for key, length in lengths}
    said = list(differences(wanted, found))
    if not same_query(rule.expr, str(loaded.get("query", ""))):
        said.append(f"loaded is {plain(str(loaded.get('query', '')), _SHOWN)}")
    added = [key for key in found["labels"] if key not in wanted["labels"]]
    said += [f"labels.{plain(key, 80)} is too much" for key in added]
    return f": {', '.join(said)}" if said else ""


def _named(rule: Record | AlertRule, loaded: Loaded) -> bool:
    kind = "recording" if isinstance(rule, Record) else "alerting"
    return (loaded.get("type"), loaded.get("name")) == (kind, rule_name(rule))


def _differs(rule: Record | AlertRule, loaded: Loaded) -> list[str]:
    """In what a loaded rule differs."""
    if not _named(rule, loaded):
        return ["name"]
    found = [] if same_query(rule.expr, str(loaded.get("query", ""))) else ["query"]
    if dict(rule.labels) != (loaded.get("labels") or {}):
        found.append("labels")
    if isinstance(rule, AlertRule):
        if dict(rule.annotations) != (loaded.get("annotations") or {}):
            found.append("annotations")
        if _length(rule.for_) != _number(loaded.get("duration")):
            found.append("for")
        if _length(rule.keep_firing_for) != _number(loaded.get("keepFiringFor")):
            found.append("keep_firing_for")
    return found


def _length(text: str | None) -> float:
    return milliseconds(text) / 1000 if text not in (None, "0", "0s") else 0.0


def _health(wanted: Deployed, rule: Record | AlertRule, loaded: Loaded) -> Iterator[Violation]:
    if loaded.get("health") == "err":
        name = rule_name(rule)
        text = f"the rule {name} fails: {plain(str(loaded.get('lastError')), 200)}"
        yield wanted.drift("drift/rule-health", name, text, "look at the series that it reads", slo=rule_slo(rule))


def _targets(wanted: Deployed, targets: list[Loaded]) -> Iterator[Violation]:
    job = wanted.job
    own = [each for each in targets if isinstance(each.get("labels"), dict) and each["labels"].get("job") == job]
    if not own:
        text = f"there is no target of the job {job}"
        yield wanted.drift("drift/target-missing", job, text, "load the generated prometheus.yml, or its scrape config")
    for each in own:
        if each.get("health") != "up":
            instance, health = plain(str(each["labels"].get("instance"))), plain(str(each.get("health")), 20)
            why = plain(str(each.get("lastError") or "it was not scraped yet"), 200)
            text = f"the target {instance} of the job {job} is {health}: {why}"
            remedy = "look at the service, and at its address"
            yield wanted.drift("drift/target-down", job, text, remedy, aspect=instance)
