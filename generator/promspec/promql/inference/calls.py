"""Infer function calls: most keep their vector's labels, a few make, move or drop labels."""

from __future__ import annotations

import itertools
import math
import re
from collections.abc import Callable, Sequence
from dataclasses import replace

from promspec.promql import regexes
from promspec.promql.inference.model import Context, Shape, Values, known_labels, lacks
from promspec.promql.syntax import Call, Expr, NumberLiteral, Selector, StringLiteral, kind, selectors, unwrap

_OF_COUNTERS = frozenset(("rate", "increase", "irate", "resets"))
_INSTEAD = {"rate": "deriv", "increase": "delta", "irate": "idelta", "resets": "changes"}
_REFERENCE = re.compile(r"\$(?:(\d+)|\{(\d+)\})|(\$)")
_MOST_JOINED = 1000

Infer = Callable[[Context, Call, Sequence[Shape]], Shape]


def infer_call(context: Context, node: Call, args: Sequence[Shape]) -> Shape:
    """The shape of a call from the shapes of its arguments."""
    if node.func in _OF_COUNTERS:
        _check_counter(context, node, args[0])
    special = _SPECIAL.get(node.func)
    if special is not None:
        return special(context, node, args)
    if node.kind == "scalar":
        return Shape()
    vectors = [shape for shape, arg in zip(args, node.args, strict=True) if kind(arg) in ("instant", "range")]
    return Shape(vectors[0].labels, vectors[0].exact) if vectors else Shape()


def _check_counter(context: Context, node: Call, inner: Shape) -> None:
    series = inner.series
    if series is not None and series.kind == "gauge":
        message = f"{node.func}() is for counters, and {series.name} is a gauge: each fall would count as a reset"
        remedy = f"use {_INSTEAD[node.func]}()"
        context.report("rate-of-gauge", message, remedy, node.args[0].start, node.args[0].end)
    elif series is not None and series.kind == "summary":
        message = f"{node.func}() is for counters, and {series.name} is the quantiles of a summary"
        remedy = f"use {node.func}({series.name}_sum[5m]) / {node.func}({series.name}_count[5m]) for the mean"
        context.report("rate-of-gauge", message, remedy, node.args[0].start, node.args[0].end)


def _quantile(context: Context, node: Call, args: Sequence[Shape]) -> Shape:
    """histogram_quantile and histogram_fraction take the label le away."""
    inner, arg = args[-1], node.args[-1]
    if lacks(inner, "le") and not _native(context, arg):
        message = f"{node.func}() needs the label le, which its argument does not have"
        remedy = "keep it: sum by (le, ...) (rate(x_bucket[5m]))"
        context.report("quantile-without-le", message, remedy, arg.start, arg.end)
    return Shape({name: values for name, values in inner.labels.items() if name != "le"}, inner.exact)


def _native(context: Context, arg: Expr) -> bool:
    """Whether native histograms are read, which have their buckets inside."""
    read = [context.registry.series(selector.name) for selector in selectors(arg) if selector.name]
    return any(series is not None and series.kind == "histogram" for series in read)


def _quantiles(context: Context, node: Call, args: Sequence[Shape]) -> Shape:
    """histogram_quantiles takes le away and adds a label with the quantile, as OpenMetrics prints numbers."""
    inner = _quantile(context, replace(node, args=(node.args[0],)), args[:1])
    numbers = [unwrap(arg) for arg in node.args[2:]]
    known = [number.value for number in numbers if isinstance(number, NumberLiteral) and number.value is not None]
    values = tuple(dict.fromkeys(open_metrics(value) for value in known)) if len(known) == len(numbers) else None
    return _with(inner, _text(node.args[1]), values)


def open_metrics(value: float) -> str:
    """A quantile as OpenMetrics writes it. Source: prometheus/model/labels, FormatOpenMetricsFloat."""
    return repr(value) if math.isfinite(value) else {math.inf: "+Inf", -math.inf: "-Inf"}.get(value, "NaN")


def _absent(context: Context, node: Call, args: Sequence[Shape]) -> Shape:
    """The labels of equality matchers, each only if nothing else is asked of it."""
    selector = unwrap(node.args[0])
    labels: dict[str, Values] = {}
    if not isinstance(selector, Selector):
        return Shape()
    seen: set[str] = {"__name__"}
    for matcher in selector.matchers:
        if matcher.op == "=" and matcher.label not in seen:
            labels[matcher.label] = None if matcher.variable else (matcher.value,)
            seen.add(matcher.label)
        else:
            labels.pop(matcher.label, None)
    return Shape({name: values for name, values in labels.items() if values != ("",)})


def _text(arg: Expr) -> str | None:
    """The text of a string argument; None when a Grafana variable is part of it."""
    literal = unwrap(arg)
    return literal.value if isinstance(literal, StringLiteral) and not literal.variable else None


def _check_source(context: Context, inner: Shape, arg: Expr) -> None:
    name = _text(arg)
    if name and lacks(inner, name):
        message = f"the series here have no label {name}"
        context.report("unknown-label", message, known_labels(inner, name), arg.start, arg.end)


def _with(inner: Shape, label: str | None, values: Values) -> Shape:
    """The shape with one label set; a label that can only be empty is gone."""
    if label is None:
        return Shape(inner.labels, exact=False)
    labels: dict[str, Values] = {**inner.labels, label: values}
    if values == ("",):
        del labels[label]
    return Shape(labels, inner.exact)


def _label_replace(context: Context, node: Call, args: Sequence[Shape]) -> Shape:
    inner = args[0]
    destination, replacement, source, pattern = (_text(arg) for arg in node.args[1:])
    expression = None if pattern is None else regexes.compiled(pattern)
    if expression is not None and not expression.fullmatch(""):
        _check_source(context, inner, node.args[3])
    before = _values(inner, destination)
    reads = _values(inner, source)
    if expression is None or replacement is None or reads is None:
        return _with(inner, destination, None)
    made: list[str] = []
    for value in reads:
        match = expression.fullmatch(value)
        new = (expand_replacement(match, replacement),) if match else before
        if new is None or None in new:
            return _with(inner, destination, None)
        made += [text for text in new if text is not None]
    return _with(inner, destination, tuple(dict.fromkeys(made)))


def _values(shape: Shape, label: str | None) -> Values:
    """The values of a label; one that is certainly missing has the empty value."""
    if label is None:
        return None
    return ("",) if lacks(shape, label) or not label else shape.labels.get(label)


def expand_replacement(match: re.Match[str], replacement: str) -> str | None:
    """The replacement with `$1` and `${1}` filled in; None for anything else with a dollar."""
    parts: list[str] = []
    at = 0
    for reference in _REFERENCE.finditer(replacement):
        number = reference[1] or reference[2]
        following = replacement[reference.end() : reference.end() + 1]
        if number is None or (reference[1] and (following.isalnum() or following == "_")):
            return None
        group = match[int(number)] if int(number) <= (match.re.groups) else ""
        parts += (replacement[at : reference.start()], group or "")
        at = reference.end()
    return "".join((*parts, replacement[at:]))


def _label_join(context: Context, node: Call, args: Sequence[Shape]) -> Shape:
    inner = args[0]
    for arg in node.args[3:]:
        _check_source(context, inner, arg)
    destination, separator = _text(node.args[1]), _text(node.args[2])
    every = [_values(inner, _text(arg)) for arg in node.args[3:]]
    closed = [values for values in every if values is not None]
    size = 1
    for values in closed:
        size *= len(values)
    if separator is None or len(closed) < len(every) or size > _MOST_JOINED:
        return _with(inner, destination, None)
    joined = (separator.join(combination) for combination in itertools.product(*closed))
    return _with(inner, destination, tuple(dict.fromkeys(joined)))


def _info(context: Context, node: Call, args: Sequence[Shape]) -> Shape:
    """info() adds labels that only a server knows."""
    return Shape(args[0].labels, exact=False)


_SPECIAL: dict[str, Infer] = {
    "absent": _absent,
    "absent_over_time": _absent,
    "histogram_fraction": _quantile,
    "histogram_quantile": _quantile,
    "histogram_quantiles": _quantiles,
    "info": _info,
    "label_join": _label_join,
    "label_replace": _label_replace,
}
