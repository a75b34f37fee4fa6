"""dashboards: every decision about the Grafana dashboards of a spec."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from promspec import naming, quantities
from promspec.panel_records import by_recorded
from promspec.plan.grafana.layout import COLUMNS, Position, Size, lay_out
from promspec.plan.grafana.panels import PanelPlan, plan_panel
from promspec.plan.grafana.variables import DATA_SOURCE, VariablePlan, plan_variables, variable_names
from promspec.promql.grafana import filtered, used_series, variables_in
from promspec.series import SpecSeries
from promspec.vocabulary.dashboards import Dashboard
from promspec.vocabulary.panels import Panel, Query, Stat
from promspec.vocabulary.spec import Spec

_PATH = "/var/lib/grafana/dashboards"
_SCRAPE_INTERVAL = "15s"
_STATS_IN_A_LINE = {4: 6, 6: 4}
"""How wide a stat is when so many share a line."""


@dataclass(frozen=True, slots=True)
class RowPlan:
    """A section; its panels are laid out as if it were open."""

    id: int
    title: str
    collapsed: bool
    position: Position
    panels: tuple[PanelPlan, ...]


@dataclass(frozen=True, slots=True)
class LinkPlan:
    """A link at the top: to a `url`, or (without one) to every dashboard that has the `tag`."""

    title: str
    url: str = ""
    tag: str = ""


@dataclass(frozen=True, slots=True)
class ProvisioningPlan:
    """How Grafana finds the dashboards and Prometheus; the same for every dashboard of a spec."""

    name: str
    folder: str
    folder_uid: str
    path: str
    scrape_interval: str


@dataclass(frozen=True, slots=True)
class DashboardPlan:
    """A dashboard; `file` is its path in the output folder, `since` and `refresh` are Grafana's durations."""

    uid: str
    file: str
    title: str
    description: str
    tags: tuple[str, ...]
    since: str
    refresh: str
    data_source: str
    variables: tuple[VariablePlan, ...]
    links: tuple[LinkPlan, ...]
    rows: tuple[RowPlan, ...]
    provisioning: ProvisioningPlan


def plan_dashboards(spec: Spec, series: SpecSeries) -> tuple[DashboardPlan, ...]:
    """The dashboards of a spec in order; `series` knows every series that a query may name."""
    return tuple(_dashboard(dashboard, spec, series) for dashboard in spec.dashboards)


def _dashboard(dashboard: Dashboard, spec: Spec, series: SpecSeries) -> DashboardPlan:
    uid = dashboard.uid or naming.dashboard_uid(spec.name, dashboard.title)
    rows = _rows(dashboard, spec, series)
    written = [query.expr for row in dashboard.rows for panel in row.panels for query in panel.queries_]
    used = [name for row in rows for panel in row.panels for text in _texts(panel) for name in variables_in(text)]
    return DashboardPlan(
        uid=uid,
        file=naming.dashboard_file(uid),
        title=dashboard.title,
        description=dashboard.description,
        tags=tuple(dict.fromkeys((naming.kebab(spec.name), *dashboard.tags))),
        since=_grafana_duration(dashboard.since),
        refresh=_grafana_duration(dashboard.refresh),
        data_source=DATA_SOURCE if written else "",
        variables=plan_variables(dashboard, spec, series, used_series(written, series), used),
        links=_links(dashboard, spec),
        rows=rows,
        provisioning=_provisioning(spec),
    )


def _rows(dashboard: Dashboard, spec: Spec, series: SpecSeries) -> tuple[RowPlan, ...]:
    names = variable_names(dashboard)

    def asked(panel: Panel, query: Query) -> str:
        return filtered(by_recorded(query, panel, dashboard, spec, series, names), series, names)

    planned = []
    id, top = 1, 0
    for row in dashboard.rows:
        positions = lay_out(_sizes(row.panels), top + 1)
        panels = tuple(
            plan_panel(panel, id + place, position, series, asked)
            for place, (panel, position) in enumerate(zip(row.panels, positions, strict=True), 1)
        )
        planned.append(RowPlan(id, row.title, row.collapsed, Position(0, top, COLUMNS, 1), panels))
        id += len(panels) + 1
        top = top + 1 if row.collapsed else max((p.y + p.height for p in positions), default=top + 1)
    return tuple(planned)


def _sizes(panels: Sequence[Panel]) -> Iterator[Size]:
    """What each panel asks for, or its kind's size; several stats share a line if that saves one."""
    for run in _runs(panels):
        sixes, fours = -(-len(run) // 6), -(-len(run) // 4)
        for panel in run:
            width, height = panel.size
            if _is_plain_stat(panel):
                width = _STATS_IN_A_LINE[6] if sixes < fours else _STATS_IN_A_LINE[4]
            yield Size(panel.width or width, panel.height or height, elastic=panel.width is None)


def _runs(panels: Sequence[Panel]) -> Iterator[list[Panel]]:
    run: list[Panel] = []
    for panel in panels:
        if run and not (_is_plain_stat(run[-1]) and _is_plain_stat(panel)):
            yield run
            run = []
        run.append(panel)
    if run:
        yield run


def _is_plain_stat(panel: Panel) -> bool:
    return isinstance(panel, Stat) and panel.width is None


def _texts(panel: PanelPlan) -> Iterator[str]:
    """Everything in which Grafana replaces variables."""
    yield from (panel.title, panel.description, panel.content)
    for query in panel.queries:
        yield from (query.expr, query.legend)


def _links(dashboard: Dashboard, spec: Spec) -> tuple[LinkPlan, ...]:
    siblings = [LinkPlan(spec.display, tag=naming.kebab(spec.name))] if len(spec.dashboards) > 1 else []
    return (*siblings, *(LinkPlan(title, url=url) for title, url in dashboard.links.items()))


def _provisioning(spec: Spec) -> ProvisioningPlan:
    interval = spec.deployment.scrape_interval if spec.deployment is not None else _SCRAPE_INTERVAL
    return ProvisioningPlan(
        spec.name, spec.display, naming.kebab(spec.name), f"{_PATH}/{spec.name}", _grafana_duration(interval)
    )


def _grafana_duration(text: str) -> str:
    """A duration with one unit, which is all that Grafana reads: 90m for 1h30m; empty for none."""
    milliseconds = quantities.milliseconds(text)
    if milliseconds == 0:
        return ""
    units = (("d", 86_400_000), ("h", 3_600_000), ("m", 60_000), ("s", 1_000), ("ms", 1))
    suffix, size = next((suffix, size) for suffix, size in units if milliseconds % size == 0)
    return f"{milliseconds // size}{suffix}"
