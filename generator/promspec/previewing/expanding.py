"""A panel's query as it is sent: Grafana's variables replaced, those of the dashboard standing on All."""

from __future__ import annotations

import re

from promspec.plan.dashboards import DashboardPlan
from promspec.previewing.data import Range
from promspec.quantities import milliseconds

ALL = ".*"
"""What `All` of a variable stands for, as in the dashboards that are generated."""
POINTS = 240
"""How many samples a preview has of a series, at most; Grafana takes the panel's width in pixels."""
_VARIABLE = re.compile(r"\$(\w+)|\$\{(\w+)(?::\w+)?\}|\[\[(\w+)(?::\w+)?\]\]")


def span_of(board: DashboardPlan) -> float:
    """The seconds that a dashboard shows when it is opened."""
    return milliseconds(board.since) / 1000


def scrape_of(board: DashboardPlan) -> float:
    """The scrape interval of its data source, in seconds; Grafana's own where there is none."""
    return milliseconds(board.provisioning.scrape_interval or "15s") / 1000


def range_of(board: DashboardPlan, start: float, end: float) -> Range:
    """The range with its step: whole seconds, no shorter than a scrape."""
    step = max(scrape_of(board), 1.0, float(-(-int(end - start) // POINTS)))
    return Range(start, end, step)


def expanded(text: str, board: DashboardPlan, over: Range) -> str:
    """The text with every variable replaced that the dashboard or Grafana has; other dollars stay.

    Source for `$__rate_interval`: Grafana's manual, "Prometheus template variables".
    """
    scrape, span = scrape_of(board), over.end - over.start
    rate = max(1, round(max(over.step + scrape, 4 * scrape)))
    values = {variable.name: ALL for variable in board.variables} | {
        "__rate_interval": _seconds(rate),
        "__rate_interval_ms": f"{rate * 1000}",
        "__interval": _seconds(over.step),
        "__interval_ms": f"{over.step * 1000:.0f}",
        "__range": _seconds(span),
        "__range_s": f"{span:.0f}",
        "__range_ms": f"{span * 1000:.0f}",
    }
    return _VARIABLE.sub(lambda found: values.get("".join(found.groups("")), found[0]), text)


def _seconds(length: float) -> str:
    return f"{max(1, round(length))}s"
