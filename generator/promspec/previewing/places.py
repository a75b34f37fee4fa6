"""Where on the pages everything stands: files, anchors, and links from one to the other."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field

from promspec.plan import Plan
from promspec.plan.dashboards import DashboardPlan
from promspec.plan.rules import Record

METRICS = ("counter", "gauge", "histogram", "info")


def slug(text: str) -> str:
    """A text as part of a file name or an anchor: letters, digits, `_` and `-`, never empty."""
    return re.sub(r"[^\w-]+", "-", text, flags=re.ASCII).strip("-") or "x"


@dataclass(slots=True)
class Anchors:
    """Gives each thing of a page an anchor of its own; the second of a name gets a number."""

    _taken: set[str] = field(default_factory=set)

    def take(self, kind: str, name: str) -> str:
        """The anchor of one more thing of that kind and name."""
        base = f"{kind}-{slug(name)}"
        number, anchor = 1, base
        while anchor in self._taken:
            number += 1
            anchor = f"{base}-{number}"
        self._taken.add(anchor)
        return anchor

    def each(self, kind: str, names: Iterable[str]) -> tuple[str, ...]:
        """The anchors of all of a kind, in order."""
        return tuple(self.take(kind, name) for name in names)


@dataclass(frozen=True, slots=True)
class Places:
    """The anchors of everything that has a definition on a page, in the order of the plan; files of dashboards."""

    metrics: tuple[str, ...]
    codes: tuple[str, ...]
    rules: tuple[str, ...]
    slos: tuple[str, ...]
    alerts: tuple[str, ...]
    runbooks: tuple[str, ...]
    boards: tuple[str, ...]
    links: dict[tuple[str, str, str], list[str]]
    """The addresses of all things of a kind, name and detail, in order; kinds and details as in the lineage."""

    def address(self, kind: str, name: str, detail: str = "", number: int = 0) -> str:
        """Where a thing stands; empty if it has no place of its own."""
        known = "metric" if kind in METRICS else kind
        found = self.links.get((known, name, detail)) or self.links.get((known, name, "")) or []
        return found[min(number, len(found) - 1)] if found else ""

    def runbook(self, path: str) -> str:
        """Where a runbook of the spec stands, by its path in the output folder; another address stays as it is."""
        name = path.removeprefix("runbooks/").removesuffix(".md")
        return self.address("runbook", name) if path.startswith("runbooks/") else path


def places_of(plan: Plan) -> Places:
    """Every place of a plan."""
    catalog, anchors = plan.catalog, Anchors()
    files = Anchors()
    records = [rule for group in plan.recording_rules for rule in group.rules if isinstance(rule, Record)]
    found = Places(
        metrics=anchors.each("metric", (metric.name for metric in catalog.metrics)),
        codes=anchors.each("code", (code.value for code in catalog.codes)),
        rules=anchors.each("rule", (rule.name for rule in catalog.rules)),
        slos=anchors.each("slo", (slo.name for slo in catalog.slos)),
        alerts=anchors.each("alert", (alert.name for alert in catalog.alerts)),
        runbooks=anchors.each("runbook", (runbook.name for runbook in plan.runbooks)),
        boards=tuple(f"{files.take('dashboard', board.uid.lower())}.html" for board in plan.dashboards),
        links={},
    )
    for kind, page, names, own in (
        ("metric", "metrics", [metric.name for metric in catalog.metrics], found.metrics),
        ("code", "codes", [code.value for code in catalog.codes], found.codes),
        ("SLO", "slos", [slo.name for slo in catalog.slos], found.slos),
        ("alert", "alerts", [alert.name for alert in catalog.alerts], found.alerts),
        ("runbook", "runbooks", [runbook.name for runbook in plan.runbooks], found.runbooks),
        ("recording rule", "rules", [rule.record for rule in records], found.rules),
    ):
        for name, anchor in zip(names, own, strict=True):
            found.links.setdefault((kind, name, ""), []).append(f"{page}.html#{anchor}")
    for record, anchor in zip(records, found.rules, strict=True):
        _record(found, record, f"rules.html#{anchor}")
    for board, file in zip(plan.dashboards, found.boards, strict=True):
        _board(found, board, file)
    return found


def _record(found: Places, record: Record, address: str) -> None:
    """Recorded series of one name are told apart by what the lineage shows of their labels."""
    labels = dict(record.labels)
    for shown in ({"slo": labels["slo"]} if "slo" in labels else {}, labels):
        if shown:
            detail = "{" + ", ".join(f'{name}="{value}"' for name, value in shown.items()) + "}"
            found.links.setdefault(("recording rule", record.record, detail), []).append(address)


def _board(found: Places, board: DashboardPlan, file: str) -> None:
    found.links.setdefault(("dashboard", board.title, ""), []).append(file)
    for panel in (panel for row in board.rows for panel in row.panels):
        found.links.setdefault(("panel", panel.title, f"({board.title})"), []).append(f"{file}#panel-{panel.id}")
