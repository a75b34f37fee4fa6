"""Operators on expressions, rules and dashboards for the rules on habits: what works at first, and fails one day."""

from __future__ import annotations

import copy
import re
from collections.abc import Callable, Iterator

from promspec.promql import Aggregate, Binary, Call, Selector, parse, unwrap, walk
from tests.lint_corpus.planting import Json, Site, document, expression, rules

Rule = Json
_THRESHOLD = re.compile(r"(>=?|<=?) ([\d.]+)$")


def _alerts(good: Json, change: Callable[[Rule], object], wanted: str = "alert") -> Iterator[tuple[str, Json]]:
    """A copy of the document for each alert (or record) that the change does not refuse with False."""
    for index, rule in enumerate(rules(good)):
        bad = copy.deepcopy(good)
        if wanted in rule and change(rules(bad)[index]) is not False:
            yield rule[wanted], bad


def _panels(good: Json, change: Callable[[Json], object]) -> Iterator[tuple[str, Json]]:
    for index, panel in enumerate(good["panels"]):
        bad = copy.deepcopy(good)
        if panel["type"] != "row" and change(bad["panels"][index]) is not False:
            yield panel["title"], bad


def _whole(good: Json, change: Callable[[Json], object]) -> Iterator[tuple[str, Json]]:
    bad = copy.deepcopy(good)
    if change(bad) is not False:
        yield "all", bad


def _rewritten(rule: Rule, pattern: str, replacement: str) -> bool:
    before = str(rule["expr"])
    rule["expr"] = re.sub(pattern, replacement, before.strip(), count=1, flags=re.S)
    return bool(rule["expr"] != before.strip())


def _rate(site: Site) -> Call | None:
    """The first rate() or increase() of a counter."""
    for node in walk(site.tree):
        if isinstance(node, Call) and node.func in ("rate", "increase"):
            selector = unwrap(node.args[0])
            series = site.series(selector.name) if isinstance(selector, Selector) else None
            if series is not None and series.kind == "counter":
                return node
    return None


def _with(site: Site, start: int, end: int, text: str) -> str:
    return site.text[:start] + text + site.text[end:]


@expression("promql/delta-of-counter", "delta() of a counter", "alert", "record")
def _delta(site: Site) -> str | None:
    call = _rate(site)
    return _with(site, call.start, call.start + len(call.func), "delta") if call is not None else None


@expression("promql/irate", "irate() in an alert", "alert")
def _irate(site: Site) -> str | None:
    call = _rate(site)
    return _with(site, call.start, call.start + len(call.func), "irate") if call is not None else None


@expression("promql/step-in-rule", "the step of a panel as a range", "alert", "record")
def _step(site: Site) -> str | None:
    selector = _ranged(site)
    length = selector.range if selector is not None else None
    return _with(site, length.start, length.end, "step()") if length is not None else None


@expression("promql/smoothed-in-rule", "a smoothed rate", "alert", "record")
def _smoothed(site: Site) -> str | None:
    selector = _ranged(site)
    return _with(site, selector.end, selector.end, " smoothed") if selector is not None else None


def _ranged(site: Site) -> Selector | None:
    """The selector of a rate, without modifiers."""
    call = _rate(site)
    selector = unwrap(call.args[0]) if call is not None else None
    return selector if isinstance(selector, Selector) and selector.offset is None and selector.at is None else None


@expression("promql/rate-of-sum", "the rate of a sum", "alert", "record")
def _rate_of_sum(site: Site) -> str | None:
    for node in walk(site.tree):
        call = unwrap(node.expr) if isinstance(node, Aggregate) and node.op == "sum" else None
        if isinstance(call, Call) and call.func == "rate" and isinstance(unwrap(call.args[0]), Selector):
            inner = site.text[call.args[0].start : call.args[0].end]
            selector, _, length = inner.rpartition("[")
            outer = site.text[node.start : node.end].replace(site.text[call.start : call.end], selector)
            return _with(site, node.start, node.end, f"rate(({outer})[{length[:-1]}:])")
    return None


@expression("promql/lifetime-mean", "a mean without rates")
def _lifetime(site: Site) -> str | None:
    pattern = r"rate\((\w+_(?:sum|count)(?:\{[^}]*\})?)\[[^\]]+\]\)"
    return re.sub(pattern, r"\1", site.text) if site.text.count("_sum") == 1 and "_count" in site.text else None


@expression("promql/anchored-regex", "anchors in a regular expression", "alert", "record")
def _anchors(site: Site) -> str | None:
    changed = re.sub(r'=~"([^"^$|]+)"', r'=~"^\1$"', site.text, count=1)
    return changed if changed != site.text else None


@expression("promql/contradiction", "a second bound that excludes the first", "alert")
def _excluded(site: Site) -> str | None:
    found = _THRESHOLD.search(site.text)
    if found is None or " and " in site.text or " or " in site.text:
        return None
    other = "<" if found[1].startswith(">") else ">"
    side = site.text[: found.start()].strip()
    return f"{site.text} and {side} {other} {found[2]}"


@expression("promql/exact-comparison", "a rate compared with ==", "alert")
def _exact(site: Site) -> str | None:
    top = unwrap(site.tree)
    side = unwrap(top.lhs) if isinstance(top, Binary) else None
    while isinstance(side, Aggregate) and side.op == "sum":
        side = unwrap(side.expr)
    found = _THRESHOLD.search(site.text)
    if isinstance(side, Call) and side.func in ("rate", "increase", "histogram_quantile") and found and found[2] != "0":
        return f"{site.text[: found.start()]}== {found[2]}"
    return None


@expression("promql/average-of-ratios", "the average of ratios", "alert", "record")
def _average(site: Site) -> str | None:
    for node in walk(site.tree):
        sides = [unwrap(node.lhs), unwrap(node.rhs)] if isinstance(node, Binary) and node.op == "/" else []
        if sides and all(isinstance(side, Aggregate) and side.op == "sum" for side in sides):
            parts = [site.text[side.expr.start : side.expr.end] for side in sides if isinstance(side, Aggregate)]
            return _with(site, node.start, node.end, f"avg({parts[0]} / {parts[1]})") if "rate(" in parts[0] else None
    return None


@expression("promql/aggregated-quantile", "the average of quantiles", "alert", "panel")
def _of_quantiles(site: Site) -> str | None:
    for node in walk(site.tree):
        if isinstance(node, Call) and node.func == "histogram_quantile":
            return _with(site, node.start, node.end, f"avg({site.text[node.start : node.end]})")
    return None


@expression("promql/unknown-alert", "an alert that there is not", "alert")
def _unknown_alert(site: Site) -> str | None:
    return f'{site.text.strip()} unless on () ALERTS{{alertname="Maintenence"}}'


@expression("promql/missing-addend", "failures of two kinds added up", "alert")
def _addend(site: Site) -> str | None:
    found = re.search(r'rate\((\w+)\{(code|status|result|grpc_code|reason)=~?"[^"]*"\}(\[\w+\])\)', site.text)
    if found is None:
        return None
    pinned = [f'rate({found[1]}{{{found[2]}="{value}"}}{found[3]})' for value in ("500", "503")]
    return _with(site, *found.span(), f"({' + '.join(pinned)})")


@expression("promql/fragile-match", "without() on both sides of different metrics", "alert", "record")
def _fragile(site: Site) -> str | None:
    changed = re.sub(r"sum by \(\w+\)", "sum without (instance)", site.text)
    names = re.findall(r"rate\((\w+)", site.text)
    return changed if len(set(names)) == 2 and "/" in site.text and changed.count("without (instance)") == 2 else None


@expression("promql/recorded-already", "a recorded expression written out", "alert", "panel")
def _recorded(site: Site) -> str | None:
    for rule in rules(site.document):
        name = str(rule.get("record", ""))
        whole = isinstance(parse(rule["expr"]), Aggregate) and f"{name}{{" not in site.text
        if whole and re.search(rf"(?<![\w:]){re.escape(name)}(?![\w:])", site.text) and name:
            written = rule["expr"].strip().replace("\\", r"\\")
            return re.sub(rf"(?<![\w:]){re.escape(name)}(?![\w:])", written, site.text)
    return None


@expression("alert/topk", "topk() in an alert", "alert")
def _topk(site: Site) -> str | None:
    found = _THRESHOLD.search(site.text)
    return f"topk(5, {site.text[: found.start()].strip()}) {found[0]}" if found else None


@expression("rule/topk", "topk() in a recording rule", "record")
def _topk_record(site: Site) -> str | None:
    return f"topk(5, {site.text.strip()})"


@expression("alert/blind-in-outage", "the share of what succeeds", "alert")
def _blind(site: Site) -> str | None:
    found = re.search(r"sum\(rate\((\w+)\{(?:code|status|result|grpc_code)[^}]*\}", site.text)
    return f'sum(rate({found[1]}{{code="200"}}[5m])) / sum(rate({found[1]}[5m])) < 0.9' if found else None


@expression("alert/born-in-failure", "the first failure of a kind", "alert")
def _born(site: Site) -> str | None:
    found = re.search(r"(?:rate|increase)\((\w+)\{((?:code|status|result|grpc_code|reason)=[^,}]*)", site.text)
    return f"increase({found[1]}{{{found[2]}}}[5m]) > 0" if found else None


@expression("alert/fires-on-traffic", "an alert on all requests", "alert")
def _traffic(site: Site) -> str | None:
    found = re.search(r"rate\((\w*requests_total)[{[]", site.text)
    return f"rate({found[1]}[5m]) > 0" if found else None


@document("alert/absent-without-for", "absent() without for", "groups")
def _absent(good: Json) -> Iterator[tuple[str, Json]]:
    def edit(rule: Rule) -> bool:
        rule.pop("for", None)
        rule["expr"] = 'absent(up{job="shop"})'
        return True

    yield from _alerts(good, edit)


@document("alert/for-too-short", "a for below the interval", "groups")
def _short_for(good: Json) -> Iterator[tuple[str, Json]]:
    for group in range(len(good["groups"])):
        bad = copy.deepcopy(good)
        bad["groups"][group]["interval"] = "5m"
        alerts = [rule for rule in bad["groups"][group]["rules"] if "alert" in rule]
        if alerts:
            alerts[0]["for"] = "1m"
            yield alerts[0]["alert"], bad


@document("alert/name-style", "a name with underscores", "groups")
def _style(good: Json) -> Iterator[tuple[str, Json]]:
    yield from _alerts(
        good, lambda rule: rule.update({"alert": re.sub(r"(?<!^)([A-Z])", r"_\1", rule["alert"]).lower()})
    )


@document("alert/runbook-url", "a runbook that is no address", "groups")
def _runbook(good: Json) -> Iterator[tuple[str, Json]]:
    yield from _alerts(good, lambda rule: rule["annotations"].update({"runbook_url": "see the wiki"}))


@document("alert/summary-full-stop", "a summary without its full stop", "groups")
def _stop(good: Json) -> Iterator[tuple[str, Json]]:
    yield from _alerts(good, lambda rule: rule["annotations"].update({"summary": rule["annotations"]["summary"][:-1]}))


@document("alert/summary-static", "a template in the summary", "groups")
def _static(good: Json) -> Iterator[tuple[str, Json]]:
    yield from _alerts(
        good,
        lambda rule: (
            "description" in rule["annotations"]
            and rule["annotations"].update({"summary": "It is {{ $value | humanize }}."}) is None
        ),
    )


@document("template/raw-value", "a rate with all its digits", "groups")
def _raw(good: Json) -> Iterator[tuple[str, Json]]:
    def edit(rule: Rule) -> bool:
        rule["annotations"]["description"] = "It is {{ $value }}."
        return str(rule["expr"]).startswith(("rate(", "increase(", "histogram_quantile(", "sum(rate("))

    yield from _alerts(good, edit)


@document("template/value-in-label", "the value in a label", "groups")
def _value_label(good: Json) -> Iterator[tuple[str, Json]]:
    yield from _alerts(good, lambda rule: rule["labels"].update({"value": "{{ $value }}"}))


@document("rule/name-levels", "a recorded name without levels", "groups")
def _levels(good: Json) -> Iterator[tuple[str, Json]]:
    yield from _alerts(good, lambda rule: rule.update({"record": rule["record"].replace(":", "_")}), "record")


@document("rule/name-window", "another window than the name says", "groups")
def _window(good: Json) -> Iterator[tuple[str, Json]]:
    yield from _alerts(
        good,
        lambda rule: ("rate5m" in rule["record"] and _rewritten(rule, r"\[5m\](.*)", r"[10m]\1")) or False,
        "record",
    )


@document("rule/name-labels", "the level dropped", "groups")
def _level(good: Json) -> Iterator[tuple[str, Json]]:
    yield from _alerts(good, lambda rule: _rewritten(rule, r"^sum by \(\w+\) ", "sum "), "record")


@document("rule/order", "a rule before the one it reads", "groups")
def _order(good: Json) -> Iterator[tuple[str, Json]]:
    for index, group in enumerate(good["groups"]):
        names = [rule["record"] for rule in group["rules"] if "record" in rule]
        if names:
            bad = copy.deepcopy(good)
            bad["groups"][index]["rules"].insert(0, {"record": "job:first:max", "expr": f"max by (job) ({names[-1]})"})
            yield names[-1], bad


@document("rule/shadows-metric", "a rule of a metric's name", "groups")
def _shadow(good: Json) -> Iterator[tuple[str, Json]]:
    for rule in rules(good):
        found = re.search(r"rate\((\w+)[{[]", rule["expr"])
        if found is not None and ":" not in found[1]:
            bad = copy.deepcopy(good)
            more = {"record": found[1], "expr": f"sum by (job) ({found[1]})"}
            bad["groups"].append({"name": "more", "rules": [more]})
            yield found[1], bad


@document("dashboard/duplicate-variable", "a variable twice", "panels")
def _twice(good: Json) -> Iterator[tuple[str, Json]]:
    variables = good["templating"]["list"]
    yield from _whole(good, lambda bad: bad["templating"]["list"].append(copy.deepcopy(variables[-1])))


@document("dashboard/editable", "a dashboard that may be edited", "panels")
def _editable(good: Json) -> Iterator[tuple[str, Json]]:
    yield from _whole(good, lambda bad: bad.update({"editable": True}))


@document("dashboard/no-uid", "no uid", "panels")
def _no_uid(good: Json) -> Iterator[tuple[str, Json]]:
    yield from _whole(good, lambda bad: bad.pop("uid"))


@document("dashboard/no-datasource-variable", "no variable of a data source", "panels")
def _no_source(good: Json) -> Iterator[tuple[str, Json]]:
    yield from _whole(good, lambda bad: bad["templating"]["list"].pop(0))


@document("dashboard/variable-refresh", "a variable that is never asked anew", "panels")
def _refresh(good: Json) -> Iterator[tuple[str, Json]]:
    yield from _whole(good, lambda bad: bad["templating"]["list"][-1].update({"refresh": 0}))


@document("dashboard/unknown-link", "a link to a dashboard that there is not", "panels", file="second.json")
def _link(good: Json) -> Iterator[tuple[str, Json]]:
    link = {"type": "link", "title": "More", "url": "/d/corpus-nowhere/more"}
    yield from _whole(good, lambda bad: bad.update({"links": [link], "uid": f"{bad['uid']}-second"}))


@document("panel/duplicate-ref", "two queries of one refId", "panels")
def _ref(good: Json) -> Iterator[tuple[str, Json]]:
    yield from _panels(good, lambda panel: panel["targets"].append(copy.deepcopy(panel["targets"][0])))


@document("panel/fixed-datasource", "a data source by its uid", "panels")
def _fixed(good: Json) -> Iterator[tuple[str, Json]]:
    source = {"type": "prometheus", "uid": "P1809F7CD0C75ACF3"}
    yield from _panels(good, lambda panel: panel.update({"datasource": source}))


@document("panel/no-description", "no description", "panels")
def _no_description(good: Json) -> Iterator[tuple[str, Json]]:
    yield from _panels(good, lambda panel: panel.pop("description"))


@document("panel/no-title", "no title", "panels")
def _no_title(good: Json) -> Iterator[tuple[str, Json]]:
    yield from _panels(good, lambda panel: panel.update({"title": ""}))


@document("panel/no-unit", "no unit", "panels")
def _no_unit(good: Json) -> Iterator[tuple[str, Json]]:
    yield from _panels(good, lambda panel: panel["fieldConfig"]["defaults"].pop("unit"))


@document("panel/off-grid", "a panel beyond the grid", "panels")
def _grid(good: Json) -> Iterator[tuple[str, Json]]:
    yield from _panels(good, lambda panel: panel["gridPos"].update({"x": 18, "w": 12}))


@document("panel/unit-mismatch", "seconds as bytes", "panels")
def _unit(good: Json) -> Iterator[tuple[str, Json]]:
    yield from _panels(
        good,
        lambda panel: (
            panel["fieldConfig"]["defaults"]["unit"] == "s"
            and "quantile" in panel["targets"][0]["expr"]
            and panel["fieldConfig"]["defaults"].update({"unit": "bytes"}) is None
        ),
    )


@document("panel/raw-counter", "a counter without its rate", "panels")
def _raw_counter(good: Json) -> Iterator[tuple[str, Json]]:
    def edit(panel: Json) -> bool:
        target = panel["targets"][0]
        before = target["expr"]
        target["expr"] = re.sub(r"i?rate\((\w+_total(?:\{[^}]*\})?)\[[^\]]+\]\)", r"\1", before)
        return panel["type"] == "timeseries" and "/" not in before and target["expr"] != before

    yield from _panels(good, edit)


@document("panel/unfiltered-query", "a query without the variable", "panels")
def _unfiltered(good: Json) -> Iterator[tuple[str, Json]]:
    def edit(panel: Json) -> bool:
        before = panel["targets"][0]["expr"]
        panel["targets"][0]["expr"] = re.sub(r'(job|instance)=~?"\$\w+",?', "", before)
        return bool(panel["targets"][0]["expr"] != before)

    yield from _panels(good, edit)
