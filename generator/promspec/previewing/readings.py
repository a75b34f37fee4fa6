"""What a series is called in a legend, and what a value is shown as: by mappings, thresholds and units of its panel."""

from __future__ import annotations

import re
from collections.abc import Sequence

from promspec.plan.grafana.panels import PanelPlan, QueryPlan
from promspec.previewing.colours import safe
from promspec.previewing.data import Answer, Sampled
from promspec.previewing.units import fixed, shown

_LABEL = re.compile(r"\{\{\s*(\w+)\s*\}\}")


def named(panel: PanelPlan, answers: Sequence[tuple[QueryPlan, Answer]]) -> tuple[tuple[str, Sampled], ...]:
    """Every series of a panel with its name in the legend."""
    found = [(query, answer, series) for query, answer in answers for series in answer.series]
    return tuple((_name(query, answer, series), series) for query, answer, series in found)


def _name(query: QueryPlan, answer: Answer, series: Sampled) -> str:
    labels = dict(series.labels)
    if query.legend and query.legend != "__auto":
        return _LABEL.sub(lambda match: labels.get(match[1], ""), query.legend).strip() or query.legend
    telling = _telling(answer.series)
    words = [labels[name] for name in telling if name in labels]
    if len(telling) == 1 and words:
        return words[0]
    inside = ", ".join(f'{name}="{value}"' for name, value in series.labels)
    return f"{series.name}{{{inside}}}" if inside else series.name or query.expr


def _telling(series: Sequence[Sampled]) -> tuple[str, ...]:
    """The labels that tell the series of a query apart, as Grafana's automatic legend has them."""
    names = dict.fromkeys(name for each in series for name, _ in each.labels)
    return tuple(name for name in names if len({dict(each.labels).get(name) for each in series}) > 1)


def word(panel: PanelPlan, value: float | None) -> str:
    """A value as the panel shows it: the word of a mapping, else with its unit."""
    for mapping in panel.mappings:
        if _maps(mapping.value, mapping.special, value):
            return mapping.text
    return "-" if value is None else shown(value, panel.unit, panel.decimals)


def colour(panel: PanelPlan, value: float | None) -> str:
    """The colour of a value: that of its mapping, else that of the highest threshold it reaches."""
    for mapping in panel.mappings:
        if mapping.colour and _maps(mapping.value, mapping.special, value):
            return safe(mapping.colour)
    reached = [
        each for each in panel.thresholds if not each.value or (value is not None and value >= float(each.value))
    ]
    return safe(reached[-1].colour if reached else panel.thresholds[0].colour if panel.thresholds else "blue")


def _maps(written: str, special: bool, value: float | None) -> bool:
    if special:
        return value is None and written in ("null", "nan", "null+nan", "empty")
    return value is not None and written == fixed(value, None if value % 1 else 0)


def ends(panel: PanelPlan, values: Sequence[float]) -> tuple[float, float]:
    """Where a dial or a bar begins and ends: what the panel says, else from zero to the largest value."""
    low = float(panel.minimum) if panel.minimum else min([0.0, *values])
    high = float(panel.maximum) if panel.maximum else max(values, default=1.0)
    return (low, high) if high > low else (low, low + 1.0)
