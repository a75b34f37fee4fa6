"""Panels against their queries: units, ranges that follow the zoom, counters without a rate; and where panels lie."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from promspec.grafana_units import PREFIXES, known_unit, meant_unit
from promspec.judging import units
from promspec.judging.model import Asked, Facts, judgement
from promspec.judging.parts import bare
from promspec.judging.units import EVENTS_PER_SECOND, RATIO, Unit
from promspec.problems import Level
from promspec.promql import Call, Duration, Expr, Finding, Selector, walk

_HOUR = 3600
_BYTES_PER_SECOND = Unit((("bytes", 1), ("seconds", -1)))


def _bytes(factor: float, per_second: bool = False) -> Unit:
    return Unit((*units.BYTES.powers, *((("seconds", -1),) if per_second else ())), factor)


_SIZES = {"": 1.0, "k": 1024.0, "m": 1024.0**2, "g": 1024.0**3, "t": 1024.0**4}
_TIMES = {"s": 1.0, "ms": 0.001, "µs": 1e-6, "ns": 1e-9, "m": 60.0, "h": 3600.0, "d": 86400.0, "dtdurations": 1.0}
_RATES = "reqps ops rps wps iops eps cps mps recps rowsps hertz"
_DATES = "dateTimeAsIso dateTimeAsUS dateTimeAsLocal dateTimeAsSystem dateTimeFromNow"
SHOWN: dict[str, Unit] = {
    **{id: Unit(units.SECONDS.powers, factor) for id, factor in (*_TIMES.items(), ("dtdurationms", 0.001))},
    **{f"{prefix}bytes": _bytes(factor) for prefix, factor in _SIZES.items()},
    **{f"dec{prefix}bytes": _bytes(1000.0**power) for power, prefix in enumerate(_SIZES)},
    **dict.fromkeys(("bits", "decbits"), _bytes(0.125)),
    **dict.fromkeys(("Bps", "binBps"), _bytes(1, True)),
    **dict.fromkeys(("bps", "binbps"), _bytes(0.125, True)),
    **dict.fromkeys(_RATES.split(), EVENTS_PER_SECOND),
    **dict.fromkeys(
        ["reqpm", "cpm", "opm", "rpm", "wpm", "epm", "mpm", "recpm", "rowspm"], Unit(EVENTS_PER_SECOND.powers, 1 / 60)
    ),
    **dict.fromkeys(_DATES.split(), Unit(units.TIMESTAMP.powers, 0.001)),
    "percent": units.PERCENT,
    "percentunit": RATIO,
    "celsius": Unit((("celsius", 1),)),
}
"""What Grafana takes the values to be in, by the id of its unit. Source: categories.ts, as in `grafana_units`."""
_PREFERRED = {units.BYTES: "bytes", _BYTES_PER_SECOND: "Bps", EVENTS_PER_SECOND: "ops", units.SECONDS: "s"}


@judgement("panel/unit-mismatch", Level.WARNING, "panel")
def panel_unit(asked: Asked, facts: Facts) -> Iterator[Finding]:
    """A panel's unit is that of its query's values: a ratio is `percentunit`, a rate of bytes is `Bps`."""
    shown = SHOWN.get(asked.unit)
    found = units.named(facts.measure(asked.expr).unit) if shown is not None else None
    if shown is None or found is None or found in (shown, units.BUSY) or _alike(found, shown):
        return
    message = f"the panel shows {shown}, the query gives {found}"
    yield Finding("panel/unit-mismatch", message, _remedy(found, shown), asked.expr.start, asked.expr.end)


def _alike(found: Unit, shown: Unit) -> bool:
    """Whether one may pass for the other: a counter whose name tells no unit may count seconds or bytes as well."""
    if found == RATIO:
        return shown != units.PERCENT
    if ("events", 1) in found.powers:
        return ("events", 1) not in shown.powers
    return found == shown


def _remedy(found: Unit, shown: Unit) -> str:
    if found == units.TIMESTAMP and shown.powers == units.TIMESTAMP.powers:
        return "multiply by 1000: Grafana takes milliseconds"
    ids = [id for id, unit in SHOWN.items() if unit == found]
    better = _PREFERRED.get(found) or (ids[0] if ids else "short")
    if found.powers == shown.powers and found.powers != units.TIMESTAMP.powers:
        factor = found.factor / shown.factor
        return f"write unit {better}, or multiply by {factor:g}"
    return f"write unit {better}"


@judgement("panel/rate-interval", Level.WARNING, "panel")
def rate_interval(asked: Asked, facts: Facts) -> Iterator[Finding]:
    """A rate in a chart is taken over `$__rate_interval`, which follows the zoom; a range of hours is meant as such."""
    for length in _ranges(asked.expr) if asked.charted else ():
        if length.text.strip("${}") == "__interval":
            message = "$__interval is shorter than two scrapes when the chart is zoomed in, and the rate is gone then"
            yield Finding("panel/rate-interval", message, "write [$__rate_interval]", length.start, length.end)
    for text, start, end in _short_ranges(asked.expr) if asked.charted else ():
        message = f"a range of {text} leaves out events when the chart is zoomed out"
        yield Finding("panel/rate-interval", message, "write [$__rate_interval]", start, end)


def _short_ranges(expr: Expr) -> Iterator[tuple[str, int, int]]:
    """The ranges below an hour that rates are taken over, each with its text and where it stands."""
    for length in _ranges(expr):
        if length.seconds is not None and length.seconds < _HOUR:
            yield length.text, length.start, length.end


def _ranges(expr: Expr) -> Iterator[Duration]:
    """What rates are taken over."""
    calls = (node for node in walk(expr) if isinstance(node, Call) and node.func in ("rate", "irate", "increase"))
    for part in (part for call in calls for part in call.args if isinstance(part, Selector)):
        if part.range is not None:
            yield part.range


@judgement("panel/raw-counter", Level.WARNING, "panel")
def raw_counter(asked: Asked, facts: Facts) -> Iterator[Finding]:
    """A chart shows the rate of a counter: the counter itself only rises, and falls to 0 with every restart."""
    selector = bare(asked.expr) if asked.charted else None
    series = facts.registry.series(selector.name) if selector is not None and selector.name else None
    if selector is not None and series is not None and series.kind == "counter":
        message = f"{series.name} is a counter: the chart shows how long its process has run"
        remedy = f"write rate({series.name}[$__rate_interval])"
        yield Finding("panel/raw-counter", message, remedy, selector.start, selector.end)


def wrong_unit(title: str, unit: str) -> tuple[str, str] | None:
    """What is wrong with the id of a panel's unit, and what to write; None where Grafana knows it."""
    if known_unit(unit):
        return None
    meant = meant_unit(unit)
    remedy = f"did you mean {meant}?" if meant else f"for a word of your own write suffix:{unit}"
    if unit in PREFIXES:
        remedy = f"write what comes behind it, such as {unit}files"
    return f"the panel {title!r}: Grafana has no unit {unit!r}", remedy


Box = tuple[float, float, float, float]
"""Left, top, right and bottom of a panel, in columns and rows."""


def overlaps(boxes: Sequence[Box]) -> Iterator[tuple[int, int]]:
    """Each box that lies over an earlier one, with the first of those.

    >>> list(overlaps([(0, 0, 12, 8), (12, 0, 24, 8), (6, 4, 18, 12)]))
    [(2, 0)]
    """
    for index, box in enumerate(boxes):
        under = (other for other, earlier in enumerate(boxes[:index]) if _over(box, earlier))
        first = next(under, None)
        if first is not None:
            yield index, first


def _over(one: Box, other: Box) -> bool:
    return one[0] < other[2] and other[0] < one[2] and one[1] < other[3] and other[1] < one[3]
