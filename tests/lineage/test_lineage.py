"""Lineage: what each name is made from and who depends on it, with places; amtool judges who is told of an alert."""

from __future__ import annotations

import json
import re
from pathlib import Path
from xml.etree import ElementTree

import pytest
from typer.testing import CliRunner, Result

from promspec import promtool
from promspec.cli.app import app
from promspec.lineage.model import Graph, Node
from promspec.lineage.spec_graph import graph_of
from promspec.load import load
from promspec.pipeline import compile_spec
from promspec.plan.rules import AlertRule
from promspec.vocabulary.spec import Spec

ROOT = Path(__file__).resolve().parents[2]
SHOP = """
from promspec import *

region = Label("region", "Where.", values=["eu", "us"])
tenant = Label("tenant", "Who.", max_values=10)
class Codes(ErrorCodes):
    TIMEOUT = Code("timeout", action="Wait.")
    AUTH = Code("auth", action="Log in.", spends_budget=False)
    INTERNAL_ERROR = Code("internal_error", action="Read the log.")
requests = Counter("requests_total", "Finished.", labels=[region])
errors = Counter("errors_total", "Failed.", labels=[region, Codes.label])
duration = Histogram("duration_seconds", "How long.", labels=[region], buckets=[0.1, 1])
served = Operation("served", requests=requests, errors=errors, duration=duration)
visits = Counter("visits_total", "Visits.", labels=[tenant])
visited = Event("page.visited", "Somebody came.", metadata=[tenant], updates=[Count(visits)])
book = Runbook("slow", "It is slow", summary="Slow.", detection={"How many?": "sum(rate(visits_total[5m]))"})
by_code = RecordingRule("code:errors:rate5m", "sum by (code) (rate(errors_total[5m]))")
one = RecordingRule("kind:errors:rate5m", 'sum(rate(errors_total{code="timeout"}[5m]))', labels={"kind": "slow"})
two = RecordingRule("kind:errors:rate5m", 'sum(rate(errors_total{code="auth"}[5m]))', labels={"kind": "auth"})
def A(name, expr, **more):
    return Alert(name, expr, **{"severity": Severity.WARNING, "summary": "It is.", "runbook": book} | more)
page = Receiver("page", [Webhook("http://localhost:1/")])
spec = Spec(
    "shop", owner="web", error_codes=Codes, operations=[served], events=[visited], recording_rules=[by_code, one, two],
    slos=[SLO("api", Availability(served), objective=99, runbook=book)],
    alerts=[
        A("Timeouts", 'code:errors:rate5m{code="timeout"} > 1'),
        A("Logins", 'code:errors:rate5m{code="auth"} > 1'),
        A("Slow", 'kind:errors:rate5m{kind="slow"} > 1', severity=Severity.CRITICAL, component="api"),
        A("Fewer", "sum by (region) (rate(requests_total[5m])) < 1", component="api"),
    ],
    dashboards=[Dashboard("Shop", [Row("All", [
        TimeSeries("Errors", "Per code.", {"{{code}}": "code:errors:rate5m"}, unit="reqps"),
        Stat("Up", "Whether it is up.", "up", unit="none"),
    ])], variables=[region])],
    routing=Routing(Receiver("mail", [Webhook("http://localhost:2/")]), [Route(page, severity=Severity.CRITICAL)]),
)
"""


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project whose only spec is the shop."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "spec").mkdir()
    (tmp_path / "spec" / "shop.py").write_text(SHOP)
    return tmp_path


def run(*arguments: str) -> Result:
    return CliRunner().invoke(app, list(arguments), catch_exceptions=False)


def graph(path: Path) -> Graph:
    spec = load(path).spec
    assert spec is not None
    return graph_of(spec)


def one(graph: Graph, name: str) -> Node:
    [node] = graph.named(name)
    return node


def above(graph: Graph, name: str) -> set[str]:
    return {f"{step.edge.how} {step.node}" for step in graph.made_from(one(graph, name))}


def below(graph: Graph, name: str) -> set[str]:
    return {f"{step.node} {step.edge.how}" for step in graph.used_by(one(graph, name))}


def test_a_metric_is_made_from_its_labels_and_what_moves_it(here: Path) -> None:
    shop = graph(here / "spec/shop.py")
    assert above(shop, "errors_total") == {"carries label region", "carries label code", "is kept by operation served"}
    assert above(shop, "visits_total") == {"carries label tenant", "is moved by event page.visited"}


def test_what_depends_on_a_metric_is_followed_through_rules_panels_and_runbooks(here: Path) -> None:
    shop = graph(here / "spec/shop.py")
    assert below(shop, "visits_total") == {"runbook slow reads"}
    found = below(shop, "errors_total")
    assert {
        "recording rule code:errors:rate5m reads",
        "alert Timeouts reads",
        "panel Errors (Shop) reads",
        "dashboard Shop holds",
        "SLO api reads",
        'recording rule slo:bad_events:increase1m {slo="api"} is recorded for',
        'recording rule slo:error_ratio:rate5m {slo="api"} reads',
        "alert ApiBurnRatePageFast watches",
        "receiver page is told of",
    } <= found
    assert not any("Fewer" in line or "runbook" in line for line in found)


def test_a_series_of_a_histogram_means_its_histogram(here: Path) -> None:
    shop = graph(here / "spec/shop.py")
    assert one(shop, "duration_seconds_bucket") is one(shop, "duration_seconds")


def test_what_leaves_a_code_out_does_not_depend_on_it(here: Path) -> None:
    shop = graph(here / "spec/shop.py")
    timeout, auth = below(shop, "timeout"), below(shop, "auth")
    assert {"label code includes", "recording rule code:errors:rate5m counts", "alert Timeouts selects"} <= timeout
    assert not any("Logins" in line or '{kind="auth"}' in line for line in timeout)
    assert "alert Slow reads" in timeout
    assert "alert Logins selects" in auth
    assert not any("SLO" in line or "Timeouts" in line or "alert Slow" in line for line in auth)


def test_a_code_is_also_found_by_the_name_of_its_member(here: Path) -> None:
    shop = graph(here / "spec/shop.py")
    assert one(shop, "TIMEOUT") is one(shop, "timeout")


def test_a_label_is_used_by_what_names_it_and_not_by_all_that_reads_its_metrics(here: Path) -> None:
    found = below(graph(here / "spec/shop.py"), "region")
    assert {"counter requests_total carries", "alert Fewer names", "dashboard Shop varies by"} <= found
    assert not any("Timeouts" in line for line in found)


def test_an_operation_and_an_event_reach_the_alerts_on_what_they_move(here: Path) -> None:
    shop = graph(here / "spec/shop.py")
    assert {"counter errors_total is kept by", "SLO api measures", "alert Timeouts reads"} <= below(shop, "served")
    assert below(shop, "page.visited") == {"counter visits_total is moved by", "runbook slow reads"}


def test_rules_of_one_name_are_told_apart_by_their_labels(here: Path) -> None:
    shop = graph(here / "spec/shop.py")
    slow, auth = shop.named("kind:errors:rate5m")
    assert (slow.detail, auth.detail) == ('{kind="slow"}', '{kind="auth"}')
    assert {str(step.node) for step in shop.used_by(slow)} >= {"alert Slow"}
    assert shop.used_by(auth) == ()


def test_an_alert_is_made_from_its_series_and_leads_to_its_runbook(here: Path) -> None:
    found = above(graph(here / "spec/shop.py"), "Slow")
    assert {"leads to runbook slow", 'reads recording rule kind:errors:rate5m {kind="slow"}'} <= found
    assert "selects code timeout" in found
    assert not any("visits_total" in line for line in found), "what a runbook reads is no part of the alert"


def test_a_runbook_and_a_panel_know_both_sides(here: Path) -> None:
    shop = graph(here / "spec/shop.py")
    assert {"alert Slow leads to", "SLO api leads to"} <= below(shop, "slow")
    assert above(shop, "Up") == {"reads series up"}
    assert below(shop, "Up") == {"dashboard Shop holds"}


def test_a_critical_alert_silences_the_lesser_of_its_component(here: Path) -> None:
    shop = graph(here / "spec/shop.py")
    assert "alert Fewer is silenced by" in below(shop, "Slow")
    assert not any("silenced" in line for line in below(shop, "Fewer"))


@pytest.mark.parametrize("name", ["cad_ml_platform", "snakepit"])
def test_who_is_told_of_each_alert_is_what_amtool_says(name: str, tmp_path: Path) -> None:
    compiled = compile_spec(ROOT / "spec" / f"{name}.py")
    assert compiled.plan is not None
    assert isinstance(compiled.spec, Spec)
    config = tmp_path / "alertmanager.yml"
    config.write_text(next(file.text for file in compiled.files if file.path == "alertmanager.yml"))
    lineage = graph_of(compiled.spec)
    rules = [rule for group in compiled.plan.alerting_rules for rule in group.rules if isinstance(rule, AlertRule)]
    assert rules
    for rule in rules:
        told = {step.node.name for step in lineage.used_by(one(lineage, rule.alert)) if step.node.kind == "receiver"}
        labels = {key: value for key, value in rule.labels if "{{" not in value}
        assert told == set(promtool.route(config, **labels, alertname=rule.alert)), rule.alert


@pytest.mark.parametrize("name", ["cad_ml_platform", "snakepit"])
def test_everything_that_reads_a_series_stands_in_its_lineage(name: str) -> None:
    compiled = compile_spec(ROOT / "spec" / f"{name}.py")
    assert compiled.spec is not None
    lineage = graph_of(compiled.spec)
    for metric in compiled.spec.all_metrics:
        used = {(step.node.kind, step.node.name) for step in lineage.used_by(one(lineage, metric.name))}
        word = re.compile(rf"(?<![\w:]){re.escape(metric.name)}(_bucket|_sum|_count)?(?![\w:])")
        readers = [("recording rule", rule.name) for rule in compiled.spec.recording_rules if word.search(rule.expr)]
        readers += [("alert", alert.name) for alert in compiled.spec.alerts if word.search(alert.expr)]
        assert set(readers) <= used


def test_text_shows_two_trees_with_places(here: Path) -> None:
    text = run("uses", "visits_total").output
    assert text == (
        "counter visits_total  spec/shop.py:14\n"
        "  made from\n"
        "    ├─ carries label tenant  spec/shop.py:5\n"
        "    └─ is moved by event page.visited  spec/shop.py:15\n"
        "       └─ carries label tenant  spec/shop.py:5\n"
        "  used by\n"
        "    └─ runbook slow reads it  spec/shop.py:16\n"
    )


def test_json_is_stable_and_has_rows_with_file_and_line(here: Path) -> None:
    first = run("uses", "kind:errors:rate5m", "--format", "json").output
    assert first == run("uses", "kind:errors:rate5m", "--format", "json").output
    document = json.loads(first)
    assert [row["detail"] for row in document["found"]] == ['{kind="slow"}', '{kind="auth"}']
    row = document["found"][0]
    assert (row["spec"], row["kind"], row["file"], row["line"]) == ("shop", "recording rule", "spec/shop.py", 18)
    [alert] = [step for step in row["used_by"] if step["kind"] == "alert"]
    assert (alert["name"], alert["how"], alert["depth"], alert["through"]["name"]) == (
        *("Slow", "reads", 1),
        "kind:errors:rate5m",
    )


def test_mermaid_declares_every_node_that_its_arrows_join(here: Path) -> None:
    text = run("uses", "api", "--format", "mermaid").output
    first, *lines = text.splitlines()
    assert first == "flowchart LR"
    nodes = [found[1] for line in lines if (found := re.fullmatch(r'  (n\d+)\["[^"]+"\]', line))]
    arrows = [found.groups() for line in lines if (found := re.fullmatch(r'  (n\d+) -->\|"[^"]+"\| (n\d+)', line))]
    assert len(nodes) + len(arrows) + 1 == len(lines)
    assert {end for arrow in arrows for end in arrow} <= set(nodes)
    assert len(set(nodes)) == len(nodes) > 20
    assert "slo#61;#34;api#34;" in text


def test_svg_is_xml_with_a_box_for_every_node(here: Path) -> None:
    document = ElementTree.fromstring(run("uses", "visits_total", "--format", "svg").output)
    boxes = [part for part in document.iter() if "box" in part.get("class", "")]
    assert len(boxes) == 4
    assert document.tag == "{http://www.w3.org/2000/svg}svg"


def test_an_unknown_name_exits_1_with_a_near_miss(here: Path) -> None:
    result = run("uses", "erors_total")
    assert result.exit_code == 1
    assert "nothing is called erors_total; did you mean errors_total?" in result.output


def test_a_spec_with_errors_shows_them_instead(here: Path) -> None:
    (here / "spec/shop.py").write_text(SHOP.replace("visits_total[5m]", "vists_total[5m]"))
    result = run("uses", "visits_total")
    assert result.exit_code == 1
    assert "promql/unknown-metric" in result.output
