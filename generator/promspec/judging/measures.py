"""What numbers an expression can give: its unit and its range, bottom-up, as far as names and arithmetic tell."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from promspec.judging.parts import constant, quotient, same_but_narrower
from promspec.promql import (
    Aggregate,
    Binary,
    Call,
    Expr,
    NumberLiteral,
    Paren,
    Registry,
    Selector,
    Subquery,
    Unary,
    children,
    kind,
    walk,
)

Recorded = Callable[[str], Sequence[Expr | None]]


@dataclass(frozen=True, slots=True)
class Measure:
    """A unit (seconds, milliseconds, timestamp, bytes, ratio, percent, or empty), a range, and why that is the range.

    With `sure` false the range is what the name promises, such as 0 to 1 of a ratio.
    """

    unit: str = ""
    low: float = -math.inf
    high: float = math.inf
    why: str = ""
    sure: bool = True


_SUFFIXES = (
    ("_timestamp_seconds", Measure("timestamp", 0)),
    ("_time_seconds", Measure()),  # a point in time of one exporter is a duration of another
    ("_milliseconds", Measure("milliseconds")),
    ("_millis", Measure("milliseconds")),
    ("_ms", Measure("milliseconds")),
    ("_seconds", Measure("seconds")),
    ("_bytes", Measure("bytes")),
    ("_ratio", Measure("ratio", 0, 1, "a ratio is 0 to 1", False)),
    ("_percent", Measure("percent", 0, 100, "a percentage is 0 to 100", False)),
    ("_percentage", Measure("percent", 0, 100, "a percentage is 0 to 100", False)),
)
_FACTORS = ("fragmentation_ratio", "compression_ratio", "amplification_ratio", "overcommit_ratio", "speedup_ratio")
"""Ratios of two sizes of which neither is a part of the other: Redis' memory, say, is fragmented by 1.5."""
_DEEPEST = 8
"""So many recording rules that read each other are looked into."""
_PARTS = ("_total", "_bucket", "_sum", "_count")
_KEEP = (
    *("abs", "avg_over_time", "clamp_max", "clamp_min", "first_over_time", "label_join", "label_replace"),
    *("last_over_time", "max_over_time", "min_over_time", "quantile_over_time", "round"),
    *("sort", "sort_desc", "sort_by_label", "sort_by_label_desc"),
)
_POSITIVE = ("rate", "increase", "irate", "resets", "changes", "stddev_over_time", "stdvar_over_time", "sqrt")
_OF_COUNTS = frozenset(("count_over_time", "present_over_time"))
_NAMED_UNITS = {("seconds", 1000.0): "milliseconds", ("milliseconds", 0.001): "seconds"}
_SCALED = {**_NAMED_UNITS, ("ratio", 100.0): "percent", ("percent", 0.01): "ratio"}


def measure(expr: Expr, registry: Registry, recorded: Recorded) -> Measure:
    """The measure of an expression's result; a recording rule is looked into once."""
    return measures(expr, registry, recorded)[id(expr)]


def measures(expr: Expr, registry: Registry, recorded: Recorded) -> dict[int, Measure]:
    """The measure of every part of an expression, by the id() of its node."""
    return _Measuring(registry, recorded).parts(expr)


class _Measuring:
    """Measures expressions, and what is recorded under the names in them: each name once, and not too deep."""

    def __init__(self, registry: Registry, recorded: Recorded) -> None:
        self._registry = registry
        self._recorded = recorded
        self._names: dict[str, Measure] = {}
        self._depth = 0

    def parts(self, expr: Expr) -> dict[int, Measure]:
        """The measure of each node."""
        known: dict[int, Measure] = {}
        for node in reversed(list(walk(expr))):
            if isinstance(node, Selector):
                known[id(node)] = self._named(node.name or "")
            else:
                known[id(node)] = _node(node, [known[id(child)] for child in children(node)], self._registry)
        return known

    def _named(self, name: str) -> Measure:
        if name not in self._names:
            self._names[name] = Measure()  # for a rule that reads itself
            rules = self._recorded(name)
            self._names[name] = self._of_rules(rules) if rules else _selected(name, self._registry)
        return self._names[name]

    def _of_rules(self, rules: Sequence[Expr | None]) -> Measure:
        if len(rules) > 1 or rules[0] is None or self._depth > _DEEPEST:
            return Measure()
        self._depth += 1
        try:
            return self.parts(rules[0])[id(rules[0])]
        finally:
            self._depth -= 1


def _selected(name: str, registry: Registry) -> Measure:
    if name == "up":
        return Measure("", 0, 1, "up is 0 or 1")
    if ":" in name:
        return Measure()
    series = registry.series(name)
    base = next((name.removesuffix(part) for part in _PARTS if name.endswith(part)), name)
    found = _by_name(base)
    if base.endswith(_FACTORS):
        return Measure()
    if series is not None and series.kind in ("counter", "histogram_bucket", "histogram_count", "summary_count"):
        unit = found.unit if series.kind in ("counter", "histogram_bucket") else ""
        return Measure(unit, 0, why=f"{name} is a counter")
    if name.endswith("_sum") and series is not None and series.kind in ("histogram_sum", "summary_sum"):
        return Measure(found.unit)
    return found


def _by_name(base: str) -> Measure:
    """What a name says by its suffix; `_seconds_by_method` and the like are told apart by a label."""
    base = base.partition("_by_")[0]
    return next((measure for suffix, measure in _SUFFIXES if base.endswith(suffix)), Measure())


def _node(node: Expr, inner: list[Measure], registry: Registry) -> Measure:
    if isinstance(node, NumberLiteral):
        value = node.value
        return Measure("", value, value) if value is not None and math.isfinite(value) else Measure()
    if isinstance(node, (Paren, Subquery)):
        return inner[0]
    if isinstance(node, Unary):
        return replace(inner[0], low=-inner[0].high, high=-inner[0].low) if node.op == "-" else inner[0]
    if isinstance(node, Aggregate):
        return _aggregated(node, inner[-1])
    if isinstance(node, Call):
        return _called(node, inner, registry)
    return _combined(node, inner[0], inner[1]) if isinstance(node, Binary) else Measure()


def _aggregated(node: Aggregate, inner: Measure) -> Measure:
    if node.op in ("avg", "min", "max", "quantile", "topk", "bottomk", "limitk", "limit_ratio"):
        return inner
    if node.op == "sum":
        unit = inner.unit if inner.unit in ("seconds", "milliseconds", "bytes") else ""
        return Measure(unit, 0 if inner.low >= 0 else -math.inf, why=inner.why, sure=inner.sure)
    if node.op in ("count", "count_values"):
        return Measure("", 1, why="a count is at least 1: without series there is no result, not a zero")
    if node.op == "group":
        return Measure("", 1, 1, "group() is 1")
    return Measure("", 0, why=f"{node.op}() is never negative") if node.op in ("stddev", "stdvar") else Measure()


def _called(node: Call, inner: list[Measure], registry: Registry) -> Measure:
    if node.func == "histogram_quantile":
        return _quantile(node, inner[-1], registry)
    if node.func == "absent" or node.func == "absent_over_time":
        return Measure("", 1, 1, "absent() is 1 where it has a result")
    if node.func in ("time", "timestamp"):
        return Measure("timestamp", 0)
    if node.func == "clamp_max" and (most := constant(node.args[1])) is not None:
        return replace(inner[0], high=min(inner[0].high, most), low=min(inner[0].low, most))
    if node.func in ("vector", "scalar"):
        return inner[0]
    if node.func in _OF_COUNTS:
        return Measure("", 1, why=f"{node.func}() is at least 1: without samples there is no result, not a zero")
    if node.func in _POSITIVE:
        return Measure("" if node.func != "increase" else inner[0].unit, 0, why=f"{node.func}() is never negative")
    if node.func in _KEEP:
        vectors = [m for m, arg in zip(inner, node.args, strict=True) if kind(arg) in ("instant", "range")]
        kept = vectors[0]
        return kept if node.func not in ("abs", "clamp_min") else replace(kept, low=-math.inf, high=math.inf)
    return Measure()


def _quantile(node: Call, inner: Measure, registry: Registry) -> Measure:
    """Never above the largest bound that is finite: that is what Prometheus answers for the bucket +Inf."""
    bounds: list[float] = []
    unit = ""
    for part in walk(node.args[-1]):
        if isinstance(part, Selector) and part.name is not None:
            series = registry.series(part.name)
            found = series.labels.get("le") if series is not None and series.kind == "histogram_bucket" else None
            if not found:
                return Measure()
            bounds += [float(bound) for bound in found if _finite(bound)]
            unit = _by_name(part.name.removesuffix("_bucket")).unit
    if not bounds:
        return Measure(unit)
    top = max(bounds)
    return Measure(unit, 0 if min(bounds) >= 0 else -math.inf, top, f"the largest finite bucket is {top:g}")


def _finite(bound: str) -> bool:
    try:
        return math.isfinite(float(bound))
    except ValueError:
        return False


def _combined(node: Binary, left: Measure, right: Measure) -> Measure:
    if node.op in ("==", "!=", "<", ">", "<=", ">="):
        both = kind(node.lhs) == "scalar"
        return Measure("", 0, 1, "bool gives 0 or 1") if node.return_bool else (right if both else left)
    if node.op in ("and", "unless"):
        return left
    if node.op == "or":
        unit = left.unit if left.unit == right.unit else ""
        low, high = min(left.low, right.low), max(left.high, right.high)
        return Measure(unit, low, high, left.why or right.why, left.sure and right.sure)
    factor = constant(node.rhs)
    if node.op in ("*", "/") and factor not in (None, 0):
        return _scaled(_share(node.lhs, left), float(factor or 1) if node.op == "*" else 1 / float(factor or 1))
    if node.op == "*" and (factor := constant(node.lhs)) not in (None, 0):
        return _scaled(_share(node.rhs, right), float(factor or 1))
    if node.op == "/":
        return _divided(node, left, right)
    if node.op in ("+", "-"):
        return _added(node.op, left, right)
    return Measure("", 0) if node.op == "*" and left.low >= 0 and right.low >= 0 else Measure()


def _share(expr: Expr, found: Measure) -> Measure:
    """A quotient that is multiplied by 100 is meant as a ratio, whatever its sides are called."""
    return replace(found, unit="ratio", sure=False) if quotient(expr) and not found.unit else found


def _scaled(inner: Measure, factor: float) -> Measure:
    ends = sorted((inner.low * factor, inner.high * factor))
    scaled = next((unit for (old, by), unit in _SCALED.items() if old == inner.unit and math.isclose(by, factor)), "")
    return Measure(scaled, ends[0], ends[1], inner.why, inner.sure)


def _added(op: str, left: Measure, right: Measure) -> Measure:
    low, high = (right.low, right.high) if op == "+" else (-right.high, -right.low)
    unit = (
        left.unit if left.unit == right.unit or right.low == right.high else right.unit if left.low == left.high else ""
    )
    if op == "-" and "timestamp" in (left.unit, right.unit) and {left.unit, right.unit} <= {"timestamp", ""}:
        unit = "timestamp" if left.low == left.high or right.low == right.high else "seconds"  # an age, if no number
    return Measure(unit, left.low + low, left.high + high, left.why or right.why, left.sure and right.sure)


def _divided(node: Binary, left: Measure, right: Measure) -> Measure:
    if same_but_narrower(node.lhs, node.rhs):
        return Measure("ratio", 0, 1, "a part divided by its whole is 0 to 1")
    names = [[part.name or "" for part in walk(side) if isinstance(part, Selector)] for side in (node.lhs, node.rhs)]
    if len(names[0]) == len(names[1]) == 1 and names[0][0].endswith("_sum") and names[1][0].endswith("_count"):
        return Measure(_by_name(names[0][0].removesuffix("_sum")).unit)
    return Measure("", 0, why="neither side is negative") if left.low >= 0 and right.low >= 0 else Measure()
