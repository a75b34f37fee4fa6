"""The variables of a dashboard: all that a query uses and no other, each with a query for its values."""

from __future__ import annotations

import pytest

from promspec import Counter, Dashboard, Gauge, Label, RecordingRule, Row, Spec, TimeSeries
from promspec.plan.dashboards import DashboardPlan, plan_dashboards
from promspec.series import SpecSeries
from promspec.vocabulary.panels import Panel

engine = Label("engine", "Which engine.", values=["paddle", "tesseract"])
requests = Counter("requests_total", "Requests.", labels=[engine])


def _chart(*queries: object) -> TimeSeries:
    return TimeSeries("Chart", "A chart.", [str(query) for query in queries], unit="short")


def _planned(panel: Panel, *variables: Label, **held: object) -> DashboardPlan:
    dashboard = Dashboard("Board", [Row("Row", [panel])], variables=variables)
    spec = Spec("shop", owner="web", dashboards=[dashboard], **{"metrics": [requests], **held})  # type: ignore[arg-type]
    (plan,) = plan_dashboards(spec, SpecSeries(spec))
    return plan


def _queries(plan: DashboardPlan) -> dict[str, str]:
    return {variable.name: variable.query for variable in plan.variables}


def test_job_and_instance_come_from_the_heartbeat_and_a_label_from_a_metric_that_has_it() -> None:
    assert _queries(_planned(_chart(requests), engine)) == {
        "job": 'label_values(promspec_info{spec="shop"}, job)',
        "instance": 'label_values(promspec_info{spec="shop",job=~"$job"}, instance)',
        "engine": 'label_values(requests_total{job=~"$job"}, engine)',
    }


def test_a_variable_that_no_query_can_use_is_left_out() -> None:
    ratio = RecordingRule("engine:requests:rate", f"sum by (engine) (rate({requests}[5m]))")
    other = Label("other", "Of another metric.", values=["x"])
    plan = _planned(_chart(ratio), engine, other, recording_rules=[ratio])
    assert _queries(plan) == {"engine": "label_values(engine:requests:rate, engine)"}
    assert plan.data_source == "datasource"


def test_a_label_that_every_selector_matches_itself_is_no_variable() -> None:
    assert "engine" not in _queries(_planned(_chart(requests.where(engine="paddle")), engine))


def test_a_variable_that_only_a_text_mentions_is_kept() -> None:
    panel = TimeSeries("Of $engine", "A chart.", str(requests.where(engine="paddle")), unit="short")
    assert "engine" in _queries(_planned(panel, engine))


def test_the_values_come_from_as_few_series_as_together_have_them_all() -> None:
    first = Label("kind", "Kind.", values=["a", "b"])
    less = Label("kind", "Kind.", values=["b"])
    more = Label("kind", "Kind.", values=["b", "c"])
    metrics = [Counter(f"m{i}_total", "M.", labels=[label]) for i, label in enumerate((first, less, more))]
    plan = _planned(_chart(*metrics), first, metrics=metrics)
    assert _queries(plan)["kind"] == 'label_values({__name__=~"m0_total|m2_total",job=~"$job"}, kind)'


def test_an_external_metric_adds_its_jobs_and_a_spec_without_metrics_of_its_own_has_no_heartbeat() -> None:
    disk = Gauge("node_disk_bytes", "Disk.", external=True)
    both = _planned(_chart(requests, disk), metrics=[requests, disk])
    assert _queries(both)["job"] == 'label_values({__name__=~"promspec_info|node_disk_bytes"}, job)'
    alone = _planned(_chart(disk), metrics=[disk])
    assert _queries(alone)["job"] == "label_values(node_disk_bytes, job)"
    assert _queries(_planned(_chart("up"), metrics=[disk]))["job"] == "label_values(up, job)"


@pytest.mark.parametrize("name", ["datasource", "class", "from", "job", "instance"])
def test_any_label_can_be_a_variable_and_names_stay_apart(name: str) -> None:
    label = Label(name, "Any label.", max_values=5)
    metric = Counter("m_total", "M.", labels=[label] if name not in ("job", "instance") else [])
    plan = _planned(_chart(metric), label, label, metrics=[metric])
    names = [variable.name for variable in plan.variables]
    assert len(set(names)) == len(names)
    assert plan.data_source not in names
    variable = "datasource_" if name == "datasource" else name
    assert variable in names
    assert f'{name}=~"${variable}"' in plan.rows[0].panels[0].queries[0].expr


def test_a_title_of_a_variable_is_readable_and_its_help_is_that_of_the_label() -> None:
    label = Label("item_type", "What was read.", max_values=5)
    metric = Counter("m_total", "M.", labels=[label])
    variable = _planned(_chart(metric), label, metrics=[metric]).variables[-1]
    assert (variable.title, variable.description) == ("Item type", "What was read.")
