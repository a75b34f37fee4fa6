"""Functions of instant vectors: arithmetic on values, changed labels, parts of a time; and those of scalars."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta

from promspec.evaluation.buckets import bucket_fraction, bucket_quantile, of_buckets
from promspec.evaluation.errors import NotEvaluated
from promspec.evaluation.numeric import divided, down, greater, guarded, lesser, up
from promspec.evaluation.vectors import Column, Vector, labelset, merge, without_name
from promspec.promql import expand_replacement, open_metrics, regex

Argument = Vector | list[float] | str

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def _logarithm(function: Callable[[float], float]) -> Callable[[float], float]:
    return lambda value: -math.inf if value == 0 else guarded(function)(value)


_OF_VALUE: dict[str, Callable[[float], float]] = {
    "abs": abs,
    **{name: guarded(getattr(math, name)) for name in ("acos", "acosh", "asin", "asinh", "atan", "cos", "cosh", "sin")},
    "atanh": lambda v: math.copysign(math.inf, v) if abs(v) == 1 else guarded(math.atanh)(v),
    "sinh": lambda v: math.copysign(guarded(math.sinh)(v), v) if v == v else v,
    **{name: guarded(getattr(math, name)) for name in ("tan", "tanh")},
    "ceil": up,
    "floor": down,
    "exp": guarded(math.exp),
    "ln": _logarithm(math.log),
    "log10": _logarithm(math.log10),
    "log2": _logarithm(math.log2),
    "sqrt": guarded(math.sqrt),
    "sgn": lambda v: v if v == 0 or v != v else math.copysign(1.0, v),
    "deg": math.degrees,
    "rad": math.radians,
}

_OF_TIME: dict[str, Callable[[datetime], int]] = {
    "minute": lambda at: at.minute,
    "hour": lambda at: at.hour,
    "day_of_week": lambda at: at.isoweekday() % 7,
    "day_of_month": lambda at: at.day,
    "day_of_year": lambda at: at.timetuple().tm_yday,
    "days_in_month": lambda at: ((at.replace(day=28) + timedelta(days=4)).replace(day=1) - timedelta(days=1)).day,
    "month": lambda at: at.month,
    "year": lambda at: at.year,
}


def call_instant(name: str, args: Sequence[Argument], times: Sequence[int]) -> Vector | None:
    """A function of an instant vector; None if it is not one of those here."""
    if name in _OF_TIME:
        now: Vector = {(): [time / 1000 for time in times]}
        given = args[0] if args else now
        return _mapped(given, lambda v, _: float(_OF_TIME[name](_moment(v))))
    if name in _OF_VALUE:
        return _mapped(args[0], lambda v, _: _OF_VALUE[name](v))
    if name in ("sort", "sort_by_label", "sort_by_label_desc", "sort_desc") and isinstance(args[0], dict):
        return args[0]  # vectors have no order here
    if name.startswith("histogram_"):
        return _of_histogram(name, args)
    if name == "label_replace":
        return _label_replace(*args)  # type: ignore[arg-type]
    if name == "label_join":
        return _label_join(*args)  # type: ignore[arg-type]
    return _clamped(name, args)


def _clamped(name: str, args: Sequence[Argument]) -> Vector | None:
    scalars = [arg for arg in args[1:] if isinstance(arg, list)]
    if name == "clamp_max":
        return _mapped(args[0], lambda v, i: lesser(v, scalars[0][i]))
    if name == "clamp_min":
        return _mapped(args[0], lambda v, i: greater(v, scalars[0][i]))
    if name == "clamp":
        lowest, highest = scalars
        turned = [high < low for low, high in zip(lowest, highest, strict=True)]
        return _mapped(args[0], lambda v, i: None if turned[i] else greater(lowest[i], lesser(v, highest[i])))
    if name == "round":
        return _mapped(args[0], lambda v, i: rounded(v, scalars[0][i] if scalars else 1.0))
    return None


def rounded(value: float, to: float) -> float:
    """PromQL's round(): to the nearest multiple, a half upwards."""
    inverse = divided(1.0, to)
    return divided(down(value * inverse + 0.5), inverse)


def _moment(value: float) -> datetime:
    try:
        return _EPOCH + timedelta(seconds=math.trunc(value))
    except (ValueError, OverflowError):
        raise NotEvaluated("a time that is none, or before the year 1 or after 9999") from None


def _mapped(vector: Argument, function: Callable[[float, int], float | None]) -> Vector | None:
    if not isinstance(vector, dict):
        return None
    found: Vector = {}
    for labels, column in vector.items():
        made: Column = [None if value is None else function(value, index) for index, value in enumerate(column)]
        merge(found, without_name(labels), made)
    return found


def _of_histogram(name: str, args: Sequence[Argument]) -> Vector | None:
    """Quantiles and fractions of classic histograms."""
    vector = next(arg for arg in args if isinstance(arg, dict))
    scalars = [arg for arg in args if isinstance(arg, list)]
    if name == "histogram_quantile":
        return of_buckets(vector, lambda buckets, i: bucket_quantile(scalars[0][i], buckets))
    if name == "histogram_fraction":
        return of_buckets(vector, lambda buckets, i: bucket_fraction(scalars[0][i], scalars[1][i], buckets))
    if name != "histogram_quantiles":
        return None
    found: Vector = {}
    for quantiles in scalars:
        if len(set(map(repr, quantiles))) > 1:
            raise NotEvaluated("histogram_quantiles() of quantiles that change")
        made = of_buckets(vector, lambda buckets, i, q=quantiles: bucket_quantile(q[i], buckets))  # type: ignore[misc]
        for labels, column in made.items():
            named = {str(args[1]): open_metrics(quantiles[0])} if quantiles else {}
            merge(found, labelset({**dict(labels), **named}), column)
    return found


def of_scalars(
    name: str, args: Sequence[list[float]], times: Sequence[int], asked: Sequence[int]
) -> list[float] | None:
    """A function whose result is a scalar; None if it is not one of those here.

    A rule is an instant query: it starts and ends when it is asked, and has neither range nor step.
    """
    if name in ("time", "start", "end"):
        return [time / 1000 for time in (times if name == "time" else asked)]
    if name in ("range", "step", "pi"):
        return [math.pi if name == "pi" else 0.0] * len(times)
    if name in ("max_of", "min_of"):
        choose = greater if name == "max_of" else lesser
        return [choose(a, b) for a, b in zip(*args, strict=True)]
    return None


def _label_replace(vector: Vector, target: str, replacement: str, source: str, pattern: str) -> Vector | None:
    expression = regex(pattern)
    if expression is None:
        return None
    found: Vector = {}
    for labels, column in vector.items():
        match = expression.fullmatch(dict(labels).get(source, ""))
        if match is not None:
            value = expand_replacement(match, replacement)
            if value is None:
                return None
            labels = labelset({**dict(labels), target: value})
        merge(found, labels, column)
    return found


def _label_join(vector: Vector, target: str, separator: str, *sources: str) -> Vector:
    found: Vector = {}
    for labels, column in vector.items():
        given = dict(labels)
        joined = separator.join(given.get(source, "") for source in sources)
        merge(found, labelset({**given, target: joined}), column)
    return found
