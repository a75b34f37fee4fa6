"""The index of the search: every thing with its kind, its name, a line about it and its address, as JSON for a page."""

from __future__ import annotations

import json
from collections.abc import Iterator

from markupsafe import Markup

from promspec.plan import Plan
from promspec.previewing.places import Places

Entry = tuple[str, str, str, str]
"""Kind, name, what is said of it, address."""
_LONGEST = 140


def entries(plan: Plan, places: Places) -> Iterator[Entry]:
    """Everything that can be found, in the order of the pages."""
    catalog = plan.catalog
    for metric, anchor in zip(catalog.metrics, places.metrics, strict=True):
        yield "metric", metric.name, metric.help, f"metrics.html#{anchor}"
        for label in metric.labels:
            said = f"label of {metric.name}: {', '.join(label.values) or 'open'}"
            yield "label", label.name, said, f"metrics.html#{anchor}"
    for rule, anchor in zip(catalog.rules, places.rules, strict=True):
        yield "recording rule", rule.name, rule.help or rule.expr, f"rules.html#{anchor}"
    for code, anchor in zip(catalog.codes, places.codes, strict=True):
        yield "error code", code.value, code.action or code.help, f"codes.html#{anchor}"
    for slo, anchor in zip(catalog.slos, places.slos, strict=True):
        yield "SLO", slo.name, slo.description or slo.indicator, f"slos.html#{anchor}"
    for alert, anchor in zip(catalog.alerts, places.alerts, strict=True):
        yield "alert", alert.name, alert.summary, f"alerts.html#{anchor}"
    for runbook, anchor in zip(plan.runbooks, places.runbooks, strict=True):
        yield "runbook", runbook.title, runbook.summary, f"runbooks.html#{anchor}"
    for board, file in zip(plan.dashboards, places.boards, strict=True):
        yield "dashboard", board.title, board.description, file
        for panel in (panel for row in board.rows for panel in row.panels):
            yield "panel", panel.title, f"{board.title}: {panel.description}", f"{file}#panel-{panel.id}"


def index(plan: Plan, places: Places) -> Markup:
    """The entries as JSON that can stand inside a page: it holds nothing that would end its element."""
    rows = [(kind, name, _short(said), address) for kind, name, said, address in dict.fromkeys(entries(plan, places))]
    text = json.dumps(rows, ensure_ascii=True, separators=(",", ":"))
    safe = text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")
    return Markup(safe)  # nosec B704 - JSON without what could end its element


def _short(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= _LONGEST else f"{line[: _LONGEST - 1]}…"
