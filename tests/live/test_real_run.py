"""A real Prometheus runs what was generated, against the real service under load, and everything there is has values.

What differs from production is written down where it is done: `staging.staged` (intervals, target), the situations
(limits of the service, so that a minute holds every one). History is as short as the run: windows of hours and
days then hold seconds.
"""

from __future__ import annotations

import math
import re
from typing import Any

import pytest

from promspec import promtool
from tests.live.conftest import RealRun
from tests.support.grafana_queries import Dashboards, Target
from tests.support.markdown_reader import blocks
from tests.support.processes import wait_until
from tests.support.prometheus_api import Prometheus, Refused, Series
from tests.support.routes import receivers
from tests.support.staging import RULE_FILES, read, rules_of

SECONDS = 60
"""How long what was brought about may take to be seen: a scrape, a few evaluations of rules that use rules."""
UNEXPANDED = re.compile(r"<no value>|<error|\{\{|\}\}|\bNaN\b|\bInf\b|\bunknown\b")
"""What Prometheus writes into a text whose template fails; `unknown` is what ours say of a budget they cannot read."""
LABEL_USED = re.compile(r"\$labels\.(\w+)")


def _joined(failures: list[str]) -> str:
    return "".join(f"\n- {failure}" for failure in failures)


def _name(rule: dict[str, Any]) -> str:
    name: str = rule.get("record") or rule.get("alert") or rule["name"]
    return name


def promtool_accepts_the_generated_configuration_and_counts_every_rule(run: RealRun) -> None:
    written = {name: len(rules_of(run.generated / name)) for name in RULE_FILES}
    for name, count in written.items():
        result = promtool.check_rules(run.generated / name)
        assert (result.ok, result.rules) == (True, count), result.messages
    result = promtool.check_config(run.generated / "deployment" / "prometheus.yml")
    assert (result.ok, result.rules) == (True, sum(written.values())), result.messages


def prometheus_loads_every_group_and_rule_that_was_written(run: RealRun) -> None:
    written = [group for name in RULE_FILES for group in read(run.generated / name)["groups"]]
    loaded = {group["name"]: group for group in run.prometheus.groups()}
    assert len(loaded) == len(written)
    for group in written:
        assert [_name(rule) for rule in loaded[group["name"]]["rules"]] == [_name(rule) for rule in group["rules"]]


def every_rule_is_evaluated_without_an_error(run: RealRun) -> None:
    def unhealthy() -> str:
        rules = [rule for group in run.prometheus.groups() for rule in group["rules"]]
        bad = [rule for rule in rules if rule["health"] != "ok" or rule.get("lastError")]
        return _joined([f"{rule['name']}: {rule['health']} {rule.get('lastError', '')}" for rule in bad])

    wait_until(unhealthy, SECONDS)


def every_recording_rule_yields_finite_values(run: RealRun) -> None:
    rules = rules_of(run.generated / "recording_rules.yml")

    def failing() -> str:
        return _joined([said for rule in rules if (said := _recorded(run.prometheus, rule))])

    wait_until(failing, SECONDS)


def _recorded(prometheus: Prometheus, rule: dict[str, Any]) -> str:
    labels = ",".join(f'{name}="{value}"' for name, value in rule.get("labels", {}).items())
    selector = f"{rule['record']}{{{labels}}}"
    series = prometheus.instant(selector)
    if not series:
        return f"{selector} has no series"
    wrong = [each for each in series if not each.finite]
    return f"{selector} is not finite: {wrong}" if wrong else ""


def every_query_of_every_panel_returns_finite_data_that_moves(run: RealRun) -> None:
    targets = list(Dashboards(run.generated / "dashboards").targets())

    def failing() -> str:
        return _joined([f"{t.place}: {said}: {t.query}" for t in targets if (said := _seen(run, t))])

    wait_until(failing, SECONDS, every=1)


def _seen(run: RealRun, target: Target) -> str:
    """What is wrong with the answer to a panel's query."""
    try:
        ask = run.prometheus.instant(target.query) if target.instant else None
        series = run.prometheus.over(target.query, target.span, target.step) if ask is None else ask
    except Refused as error:
        return str(error)
    return _wrong_with(target, series, target.place in run.system.still_zero)


def _wrong_with(target: Target, series: list[Series], still: bool) -> str:
    if not series:
        return "no data"
    if not all(each.finite for each in series):
        return "not finite"
    for label in target.legend_labels:
        if not any(each.labels.get(label) for each in series):
            return f"no series has the legend's label {label}"
    legends = [target.shown(each.labels).strip() for each in series]
    if not target.columns and ("" in legends or len(set(legends)) < len(legends)):
        return f"legends are empty or not distinct: {legends}"
    for column in target.columns:
        if not all(column in each.labels for each in series):
            return f"a row has no {column}"
    moves = any(value != 0 for each in series for value in each.values)
    if moves == still:
        return "moves, though it is listed as still" if moves else "nothing but zeros"
    return ""


def every_variable_of_every_dashboard_has_values(run: RealRun) -> None:
    variables = list(Dashboards(run.generated / "dashboards").variables())
    assert {each.label for each in variables} >= run.system.variables
    for each in variables:
        values = run.prometheus.label_values(each.label, each.selector)
        assert values, each
        assert all(values), each


def every_query_in_a_runbook_runs(run: RealRun) -> None:
    queries = [
        (path.name, query)
        for path in sorted((run.generated / "runbooks").glob("*.md"))
        for query in blocks(path.read_text(encoding="utf-8"), "promql")
    ]
    assert {name.removesuffix(".md") for name, _ in queries} == {each.name for each in run.system.spec.runbooks}
    failures = []
    for name, query in queries:
        try:
            series = run.prometheus.instant(query)
        except Refused as error:
            failures.append(f"{name}: {error}: {query}")
        else:
            failures += [f"{name}: not finite: {query}" for each in series if not each.finite]
    assert not failures, _joined(failures)


def alerts_that_ought_to_are_active_and_their_texts_are_complete(run: RealRun) -> None:
    """Most have a `for` that outlasts the run and are pending: Prometheus expands their annotations all the same."""

    active: dict[str, dict[str, Any]] = {}

    def missing() -> str:
        active.update((alert["labels"]["alertname"], alert) for alert in run.prometheus.alerts())
        return ", ".join(name for name in run.system.alerts if name not in active)

    wait_until(missing, SECONDS)
    written = {rule.get("alert"): rule["annotations"] for rule in rules_of(run.generated / "alerting_rules.yml")}
    for name, alert in active.items():
        _complete(alert, written[name])


def _complete(alert: dict[str, Any], templates: dict[str, str]) -> None:
    """A label that is not there expands to nothing, without a word: so each that a template names must be there."""
    texts = alert["annotations"]
    assert set(texts) == set(templates), alert
    assert set(LABEL_USED.findall(" ".join(templates.values()))) <= set(alert["labels"]), alert
    assert set(texts) >= {"summary", "description", "runbook_url", "dashboard_url"}, alert
    for text in texts.values():
        assert text.strip(), alert
        assert not UNEXPANDED.search(text), alert
    assert math.isfinite(float(alert["value"])), alert
    assert set(alert["labels"]) >= {"alertname", "severity", "spec"}, alert


def what_fires_is_sent_to_alertmanager_and_lands_at_the_receivers_of_its_severity(run: RealRun) -> None:
    """The alerts without a `for` fire for real; `amtool` tells where the generated routes take them."""
    firing = {rule["alert"] for rule in rules_of(run.generated / "alerting_rules.yml") if not rule.get("for")}
    firing &= set(run.system.alerts)
    assert firing

    def missing() -> str:
        sent = {alert["labels"]["alertname"] for alert in run.alerts.received()}
        return ", ".join(sorted(firing - sent))

    wait_until(missing, SECONDS)
    routing = run.system.spec.routing
    assert routing is not None
    config = run.generated / "alertmanager.yml"
    for labels in map(dict, {tuple(sorted(alert["labels"].items())) for alert in run.alerts.received()}):
        assert promtool.route(config, **labels) == receivers(routing, labels)


CHECKS = (
    promtool_accepts_the_generated_configuration_and_counts_every_rule,
    prometheus_loads_every_group_and_rule_that_was_written,
    every_rule_is_evaluated_without_an_error,
    every_recording_rule_yields_finite_values,
    every_query_of_every_panel_returns_finite_data_that_moves,
    every_variable_of_every_dashboard_has_values,
    every_query_in_a_runbook_runs,
    alerts_that_ought_to_are_active_and_their_texts_are_complete,
    what_fires_is_sent_to_alertmanager_and_lands_at_the_receivers_of_its_severity,
)


@pytest.mark.slow
def test_a_real_prometheus_runs_what_was_generated(real_run: RealRun, subtests: pytest.Subtests) -> None:
    """One test for each system, because every other one would start everything for itself."""
    kept = []
    for check in CHECKS:
        with subtests.test(check.__name__):
            check(real_run)
            kept.append(check.__name__)
    assert kept == [check.__name__ for check in CHECKS]
