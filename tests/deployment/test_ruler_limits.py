"""Rule groups keep to a ruler's limits: divided, named apart, counted; a ruler with Mimir's limits takes them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner

from promspec import Alert, Deployment, Gauge, RecordingRule, Severity, Spec
from promspec.cli.app import app
from promspec.grouping import Rule, parts, torn
from promspec.lineage.spec_graph import graph_of
from promspec.live.deployed import deployed
from promspec.pipeline import compile_spec
from promspec.plan.alerting_rules import plan_alerting_rules
from promspec.plan.recording_rules import plan_recording_rules
from promspec.plan.rules import in_one_file
from tests.conftest import ROOT
from tests.live_checks.fakes import fake

CASE = ROOT / "tests" / "cases" / "divided_for_mimir" / "spec.py"
SHARED = ROOT / "tests" / "cases" / "external_metrics" / "spec.py"


def alert(name: str, group: str | None = None) -> Alert:
    return Alert(name, "up == 0", severity=Severity.WARNING, summary="It is down.", group=group)


@st.composite
def _groups(draw: st.DrawFn) -> list[Rule]:
    """Rules that read any of the earlier ones, or themselves, or none."""
    count = draw(st.integers(0, 30))
    reads = [draw(st.sets(st.integers(0, max(index, 0)), max_size=2)) for index in range(count)]
    return [
        Rule(f"r{index}", " + ".join(["up", *(f"r{each}" for each in sorted(read))]))
        for index, read in enumerate(reads)
    ]


def _hang_together(rules: list[Rule]) -> list[set[int]]:
    sets = [{index} for index in range(len(rules))]
    for index, rule in enumerate(rules):
        for word in rule.expr.split(" + ")[1:]:
            mine = next(each for each in sets if index in each)
            other = next(each for each in sets if int(word[1:]) in each)
            if mine is not other:
                sets.remove(other)
                mine |= other
    return sets


@given(_groups(), st.integers(1, 8))
def test_a_divided_group_keeps_its_rules_their_order_and_what_hangs_together(rules: list[Rule], most: int) -> None:
    made = parts(rules, most)
    assert sorted(index for part in made for index in part) == list(range(len(rules)))
    assert all(len(part) <= most and list(part) == sorted(part) for part in made)
    if len(rules) > most:
        where = {index: number for number, part in enumerate(made) for index in part}
        for together in _hang_together(rules):
            numbers = {where[index] for index in together}
            assert len(numbers) == 1 or len(together) > most


@given(_groups(), st.integers(1, 8))
def test_only_what_is_too_much_for_one_group_is_torn_and_reads_backwards(rules: list[Rule], most: int) -> None:
    where = {index: number for number, part in enumerate(parts(rules, most)) for index in part}
    large = {index for each in _hang_together(rules) if len(each) > most for index in each}
    for reader, read in torn(rules, most):
        assert {reader, read} <= large
        assert where[read] < where[reader]


def test_without_a_limit_nothing_is_divided() -> None:
    rules = [Rule(f"r{index}", "up") for index in range(100)]
    assert parts(rules, 0) == (tuple(range(100)),)
    assert len(parts(rules, 20)) == 5


def test_a_selector_without_a_name_reads_whatever_its_matchers_let_through() -> None:
    rules = [Rule("a:x", "up"), Rule("b:x", "up"), Rule("c", 'sum({__name__=~"a:.*"})'), Rule("", 'absent({job="x"})')]
    assert parts(rules[:3], 2) == ((0, 2), (1,))
    assert list(torn(rules, 2)) == [(2, 0), (3, 0), (3, 1)]


def test_the_limits_are_mimirs_for_mimir_alone_and_zero_is_none() -> None:
    given_limits = {
        "prometheus": Deployment("a"),
        "mimir": Deployment("a", rule_target="mimir"),
        "raised": Deployment("a", rule_target="mimir", max_rules_per_group=100, max_rule_groups=0),
        "other": Deployment("a", max_rules_per_group=7),
    }
    assert {name: (each.rules_per_group, each.rule_groups) for name, each in given_limits.items()} == {
        "prometheus": (0, 0),
        "mimir": (20, 70),
        "raised": (100, 0),
        "other": (7, 0),
    }


def _names(spec: Spec) -> list[str]:
    return [group.name for group in in_one_file((*plan_recording_rules(spec), *plan_alerting_rules(spec)))]


def test_a_part_takes_no_name_that_another_group_has() -> None:
    alerts = [*(alert(f"A{index}", "a") for index in range(5)), alert("Other", "a-2"), alert("More", "a-4")]
    where = Deployment("shop", max_rules_per_group=2, absence_alerts=False)
    spec = Spec("shop", owner="web", alerts=alerts, deployment=where)
    assert _names(spec) == ["a", "a-3", "a-5", "a-2", "a-4"]


def test_a_file_that_holds_records_and_alerts_names_each_group_once() -> None:
    made = compile_spec(SHARED)
    files = {file.path: yaml.safe_load(file.text) for file in made.files if file.path.endswith(".yml")}
    assert [group["name"] for group in files["recording_rules.yml"]["groups"]] == ["nodes"]
    assert [group["name"] for group in files["alerting_rules.yml"]["groups"]] == ["nodes", "nodes_alerts"]
    manifest = files["deployment/kubernetes/prometheusrule.yml"]["spec"]["groups"]
    assert [group["name"] for group in manifest] == ["nodes", "nodes-2", "nodes_alerts"]


@pytest.mark.parametrize(("target", "names"), [("prometheus", ["a", "a"]), ("mimir", ["a", "a-2"])])
def test_drift_looks_for_groups_by_the_names_that_the_target_has(target: Any, names: list[str]) -> None:
    where = Deployment("shop", rule_target=target, absence_alerts=False)
    rule = RecordingRule("job:up:sum", "sum by (job) (up)", group="a")
    spec = Spec("shop", owner="web", alerts=[alert("Down", "a")], recording_rules=[rule], deployment=where)
    assert [group.name for group in deployed(spec, "shop.py").groups] == names


def _push(spec: Path, url: str) -> Any:
    return CliRunner().invoke(app, ["push", str(spec), "--ruler", url, "--apply"], catch_exceptions=False)


def test_a_ruler_with_mimirs_limits_takes_what_is_made_for_mimir_and_refuses_the_same_undivided(tmp_path: Path) -> None:
    with fake() as ruler:
        ruler.rules_per_group, ruler.rule_groups = 20, 70
        pushed = _push(CASE, ruler.url)
        assert (pushed.exit_code, "7 changes sent." in pushed.stdout) == (0, True)
        sizes = {name: len(group["rules"]) for name, group in ruler.namespaces["queues"].items()}
    assert sizes == {
        "recording": 20,
        "recording-2": 4,
        "chain": 20,
        "chain-2": 3,
        "queues_alerts": 20,
        "queues_alerts-2": 5,
        "queues_absence": 2,
    }
    whole = tmp_path / "spec.py"
    whole.write_text(CASE.read_text(encoding="utf-8").replace('rule_target="mimir"', ""), encoding="utf-8")
    with fake() as ruler:
        ruler.rules_per_group = 20
        refused = _push(whole, ruler.url)
    assert (refused.exit_code, "limit: 20 actual: 24" in refused.output) == (1, True)


def test_what_a_series_is_made_from_does_not_depend_on_how_groups_are_divided() -> None:
    size = Gauge("queue_size", "Jobs that wait.")
    rules = [RecordingRule(f"job:q:sum{n}", f"job:q:sum{n - 1} + 1" if n else f"sum({size})") for n in range(9)]
    given: dict[str, Any] = {"owner": "web", "metrics": [size], "recording_rules": rules, "alerts": [alert("Down")]}
    one, many = (
        graph_of(Spec("shop", **given, deployment=Deployment("shop", max_rules_per_group=most))) for most in (0, 2)
    )
    assert one.edges == many.edges
    assert len(one.edges) > 9


@pytest.mark.parametrize(("most", "told"), [(6, True), (7, False), (0, False)])
def test_the_number_of_groups_is_what_is_planned(most: int, told: bool, tmp_path: Path) -> None:
    case = (ROOT / "tests" / "cases" / "bad_ruler_limits" / "spec.py").read_text(encoding="utf-8")
    (tmp_path / "spec.py").write_text(
        case.replace("max_rules_per_group=2, max_rule_groups=6", f"max_rules_per_group=50, max_rule_groups={most}"),
        encoding="utf-8",
    )
    problems = {problem.id: problem.summary for problem in compile_spec(tmp_path / "spec.py").problems}
    said = problems.get("deployment/rule-groups")
    assert said == ("these are 7 rule groups, and the ruler takes 6 of a tenant" if told else None)
