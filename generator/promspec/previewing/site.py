"""The pages: `preview(spec, plan)` is every file of the preview, the same bytes for the same spec and data."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from promspec.files import GeneratedFile
from promspec.lineage.spec_graph import graph_of
from promspec.plan import Plan
from promspec.previewing.boards import BoardView, board_view
from promspec.previewing.data import NONE, Data
from promspec.previewing.lineage import lineage
from promspec.previewing.places import Places, places_of
from promspec.previewing.rendering import page
from promspec.previewing.search import index
from promspec.previewing.slo_times import slo_times
from promspec.previewing.stories import AlertProof, proof_of
from promspec.vocabulary.spec import Spec


@dataclass(frozen=True, slots=True)
class NavItem:
    """An entry of the navigation; `count` is how many things its page holds."""

    file: str
    title: str
    count: int


@dataclass(frozen=True, slots=True)
class Site:
    """What every page shows of the whole."""

    title: str
    description: str
    owner: str
    job: str
    source: str
    output: str
    server: str
    nav: tuple[NavItem, ...]
    boards: tuple[NavItem, ...]


def preview(spec: Spec, plan: Plan, data: Data = NONE) -> tuple[GeneratedFile, ...]:
    """Every page of a spec without errors; with `data` the dashboards are drawn, without any they say so."""
    return tuple(GeneratedFile(path, text) for path, text in _Pages(spec, plan, data).pages())


class _Pages:
    """The views of the plan, and the pages that show them."""

    def __init__(self, spec: Spec, plan: Plan, data: Data) -> None:
        self._spec, self._plan, self._data = spec, plan, data
        self._places = places_of(plan)
        self._index = index(plan, self._places)
        self._boards = _boards(plan, data, self._places)
        self._proofs = _proofs(plan)
        self._lineage = lineage(graph_of(spec), self._places)
        self._site = self._whole()

    def _whole(self) -> Site:
        catalog = self._plan.catalog
        nav = [
            NavItem("metrics.html", "Metrics", len(catalog.metrics)),
            NavItem("rules.html", "Recording rules", len(catalog.rules)),
            NavItem("codes.html", "Error codes", len(catalog.codes)),
            NavItem("slos.html", "SLOs", len(catalog.slos)),
            NavItem("alerts.html", "Alerts", len(catalog.alerts)),
            NavItem("runbooks.html", "Runbooks", len(self._plan.runbooks)),
            NavItem("lineage.html", "Lineage", len(self._lineage)),
        ]
        boards = (NavItem(b.file, b.title, sum(len(row.panels) for row in b.rows)) for b in self._boards)
        return Site(
            title=catalog.title,
            description=catalog.description,
            owner=catalog.owner,
            job=catalog.job,
            source=self._plan.source,
            output=f"output/{self._plan.spec}",
            server=self._data.server,
            nav=tuple(item for item in nav if item.count),
            boards=tuple(boards),
        )

    def pages(self) -> Iterator[tuple[str, str]]:
        """Every file with its text; a page of which there is nothing is left out."""
        plan, catalog, places = self._plan, self._plan.catalog, self._places
        kept = {item.file for item in self._site.nav}
        yield self._page("index.html", "Overview", catalog=catalog, boards=self._boards, proofs=self._proofs)
        for file, title, views in (
            ("metrics.html", "Metrics", {"metrics": list(zip(catalog.metrics, places.metrics, strict=True))}),
            ("rules.html", "Recording rules", {"rules": list(zip(catalog.rules, places.rules, strict=True))}),
            ("codes.html", "Error codes", {"codes": list(zip(catalog.codes, places.codes, strict=True))}),
            ("slos.html", "SLOs", {"slos": self._slos()}),
            ("alerts.html", "Alerts", {"alerts": list(zip(catalog.alerts, places.alerts, self._proofs, strict=True))}),
            ("runbooks.html", "Runbooks", {"runbooks": list(zip(plan.runbooks, places.runbooks, strict=True))}),
            ("lineage.html", "Lineage", {"nodes": self._lineage}),
        ):
            if file in kept:
                yield self._page(file, title, catalog=catalog, **views)
        for board in self._boards:
            yield board.file, self._filled("dashboard.html", board.file, board.title, board=board)

    def _slos(self) -> list[tuple[object, ...]]:
        slos = {slo.name: slo for slo in self._spec.slos}
        rows = zip(self._plan.catalog.slos, self._places.slos, strict=True)
        return [(entry, anchor, slo_times(self._spec, slos[entry.name])) for entry, anchor in rows]

    def _page(self, file: str, title: str, **views: object) -> tuple[str, str]:
        return file, self._filled(file, file, title, **views)

    def _filled(self, template: str, file: str, title: str, **views: object) -> str:
        lineage_of = {view.address: view.anchor for view in self._lineage if view.address}
        return page(
            f"{template}.jinja",
            site=self._site,
            file=file,
            title=title,
            index=self._index,
            places=self._places,
            lineage_of=lineage_of,
            **views,
        )


def _boards(plan: Plan, data: Data, places: Places) -> tuple[BoardView, ...]:
    return tuple(board_view(board, data, file) for board, file in zip(plan.dashboards, places.boards, strict=True))


def _proofs(plan: Plan) -> tuple[AlertProof, ...]:
    return tuple(proof_of(alert, plan.rule_tests) for alert in plan.catalog.alerts)
