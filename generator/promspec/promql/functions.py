"""The functions, aggregators and operators of PromQL, with the Prometheus version and feature flag they need.

Source: prometheus/promql/parser/functions.go of every release from 2.42 to 3.15.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from promspec.promql.syntax import Kind

Version = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Need:
    """The version that brought something, the feature flags it needs, and the version from which on it needs none."""

    since: Version = (2, 0)
    flags: tuple[str, ...] = ()
    stable: Version | None = None


@dataclass(frozen=True, slots=True)
class Function:
    """A signature: between `least` and `most` arguments (None: any number); the last of `args` repeats."""

    args: tuple[Kind, ...]
    least: int
    most: int | None
    returns: Kind
    need: Need = Need()
    until: Version | None = None


_KINDS: dict[str, Kind] = {"s": "scalar", "i": "instant", "r": "range", "t": "string"}


def _function(args: str, returns: str = "i", *, optional: int = 0, more: bool = False) -> Function:
    kinds = tuple(_KINDS[letter] for letter in args)
    return Function(kinds, len(kinds) - optional, None if more else len(kinds), _KINDS[returns])


def _each(names: str, function: Function) -> dict[str, Function]:
    return dict.fromkeys(names.split(), function)


def _needing(function: Function, since: Version, *flags: str, stable: Version | None = None) -> Function:
    return replace(function, need=Need(since, flags, stable))


def _experimental(function: Function, since: Version, stable: Version | None = None) -> Function:
    return _needing(function, since, EXPERIMENTAL, stable=stable)


EXPERIMENTAL = "promql-experimental-functions"
_OVER_TIME = (
    "absent_over_time avg_over_time changes count_over_time delta deriv idelta increase irate last_over_time "
    "max_over_time min_over_time present_over_time rate resets stddev_over_time stdvar_over_time sum_over_time"
)
_OF_INSTANT = (
    "abs absent acos acosh asin asinh atan atanh ceil cos cosh deg exp floor histogram_count histogram_sum ln log10 "
    "log2 rad sgn sin sinh sort sort_desc sqrt tan tanh timestamp"
)
_OF_DATE = "day_of_month day_of_week day_of_year days_in_month hour minute month year"

FUNCTIONS: dict[str, Function] = {
    **_each(_OVER_TIME, _function("r")),
    **_each(_OF_INSTANT, _function("i")),
    **_each(_OF_DATE, _function("i", optional=1)),
    **_each("pi time", _function("", "s")),
    **_each("clamp_max clamp_min", _function("is")),
    "clamp": _function("iss"),
    "histogram_fraction": _function("ssi"),
    "histogram_quantile": _function("si"),
    "holt_winters": Function(("range", "scalar", "scalar"), 3, 3, "instant", until=(2, 55)),
    "label_join": _function("ittt", optional=1, more=True),
    "label_replace": _function("itttt"),
    "predict_linear": _function("rs"),
    "quantile_over_time": _function("sr"),
    "round": _function("is", optional=1),
    "scalar": _function("i", "s"),
    "vector": _function("s"),
    **_each("histogram_stddev histogram_stdvar", _needing(_function("i"), (2, 47))),
    "mad_over_time": _experimental(_function("r"), (2, 49)),
    **_each("sort_by_label sort_by_label_desc", _experimental(_function("it", optional=1, more=True), (2, 49))),
    "histogram_avg": _needing(_function("i"), (2, 52)),
    "info": _experimental(_function("ii", optional=1), (2, 55)),
    "double_exponential_smoothing": _experimental(_function("rss"), (3, 0)),
    **_each("ts_of_last_over_time ts_of_max_over_time ts_of_min_over_time", _experimental(_function("r"), (3, 5))),
    "first_over_time": _experimental(_function("r"), (3, 7), stable=(3, 14)),
    "ts_of_first_over_time": _experimental(_function("r"), (3, 7)),
    "histogram_quantiles": _experimental(Function(("instant", "string", "scalar"), 3, 12, "instant"), (3, 11)),
    **_each("end range start step", _experimental(_function("", "s"), (3, 12))),
    **_each("max_of min_of", _experimental(_function("ss", "s"), (3, 13))),
    "start_timestamp": _needing(_function("i"), (3, 14), EXPERIMENTAL, "use-start-timestamps"),
}


@dataclass(frozen=True, slots=True)
class Aggregator:
    """What an aggregator takes before its vector: nothing, a scalar or a string."""

    param: Kind | None = None
    need: Need = Need()


AGGREGATORS: dict[str, Aggregator] = {
    **dict.fromkeys(("avg", "count", "group", "max", "min", "stddev", "stdvar", "sum"), Aggregator()),
    **dict.fromkeys(("bottomk", "quantile", "topk"), Aggregator("scalar")),
    "count_values": Aggregator("string"),
    **dict.fromkeys(("limitk", "limit_ratio"), Aggregator("scalar", Need((2, 54), (EXPERIMENTAL,)))),
}

SET_OPERATORS = frozenset(("and", "or", "unless"))
COMPARISONS = frozenset(("==", "!=", "<=", "<", ">=", ">"))
TRIMS = frozenset(("</", ">/"))
"""Operators that cut a native histogram off above or below a value."""
PRECEDENCE: dict[str, int] = {
    "or": 1,
    **dict.fromkeys(("and", "unless"), 2),
    **dict.fromkeys((*COMPARISONS, *TRIMS), 3),
    **dict.fromkeys(("+", "-"), 4),
    **dict.fromkeys(("*", "/", "%", "atan2"), 5),
    "^": 6,
}
UNARY_OPERAND = PRECEDENCE["^"]
"""What a sign applies to: powers, nothing looser (`-a^b` is `-(a^b)`, `-a*b` is `(-a)*b`)."""

NO_METRIC_NAME = frozenset(("atan2", "bool", "group_left", "group_right", "ignoring", "inf", "nan", "on"))
"""Keywords that cannot name a metric outside braces."""

EXTENDED: dict[str, tuple[str, ...]] = {
    "anchored": ("changes", "delta", "increase", "rate", "resets"),
    "smoothed": ("delta", "increase", "rate"),
}
"""The functions that take a range with each modifier. Source: prometheus/promql/functions.go."""
