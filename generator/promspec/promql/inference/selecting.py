"""Infer a selector: which series it reads, and which labels with which values they have."""

from __future__ import annotations

from functools import reduce

from promspec.promql import regexes
from promspec.promql.inference.matching import check_values, narrow
from promspec.promql.inference.model import Context, Series, Shape, Values, did_you_mean, known_labels, lacks, union
from promspec.promql.syntax import Matcher, Selector

_UNKNOWN = Shape(exact=False)


def infer_selector(context: Context, selector: Selector) -> Shape:
    """The shape of a selector; every series it may read is checked."""
    by_label = _by_label(selector)
    names = by_label.pop("__name__", [])
    found = _series(context, selector, names)
    if not found:
        return _absorb(_UNKNOWN, by_label)
    if len(found) == 1:
        shape = Shape(found[0].labels, found[0].exact, found[0])
        _check_labels(context, shape, found[0], by_label)
        return _absorb(shape, by_label)
    return _absorb(reduce(union, (Shape(series.labels, series.exact) for series in found)), by_label)


def _by_label(selector: Selector) -> dict[str, list[Matcher]]:
    grouped: dict[str, list[Matcher]] = {}
    for matcher in selector.matchers:
        grouped.setdefault(matcher.label, []).append(matcher)
    return grouped


def _absorb(shape: Shape, by_label: dict[str, list[Matcher]]) -> Shape:
    """The shape after the matchers: values narrowed, labels that can only be empty gone."""
    if not by_label:
        return shape
    labels: dict[str, Values] = dict(shape.labels)
    for label, matchers in by_label.items():
        if label in labels or not shape.exact:
            labels[label] = narrow(matchers, labels.get(label))
            if labels[label] == ("",):
                del labels[label]
    return Shape(labels, shape.exact, shape.series)


def _check_labels(context: Context, shape: Shape, series: Series, by_label: dict[str, list[Matcher]]) -> None:
    for label, matchers in by_label.items():
        if lacks(shape, label) and len(matchers) > 1 and any(m.op == "=" and not m.value for m in matchers):
            continue  # it says itself that the label is missing, and asks whether something else lets that pass
        if lacks(shape, label):
            for matcher in matchers:
                message = f"{series.name} has no label {label}"
                remedy = known_labels(shape, label)
                context.report("unknown-label", message, remedy, matcher.start, matcher.label_end)
        else:
            check_values(context, series, matchers, shape.labels.get(label))


def _series(context: Context, selector: Selector, names: list[Matcher]) -> list[Series]:
    """The series the selector's name, or its matchers of `__name__`, stand for; none are found for a variable."""
    if selector.name is not None:
        return _named(context, selector.name, selector.name_start, selector.name_end)
    if len(names) != 1 or names[0].variable or names[0].op in ("!=", "!~"):
        return []
    matcher = names[0]
    if matcher.op == "=":
        return _named(context, matcher.value, matcher.value_start, matcher.value_end)
    expression = regexes.compiled(matcher.value)
    if expression is None:
        return []
    found = [context.registry.series(name) for name in context.registry.names() if expression.fullmatch(name)]
    if not found:
        message = f'no series has a name that matches "{matcher.value}"'
        context.report("unknown-metric", message, "name a series", matcher.value_start, matcher.value_end)
    return [series for series in found if series is not None]


def _named(context: Context, name: str, start: int, end: int) -> list[Series]:
    series = context.registry.series(name)
    if series is not None:
        return [series]
    if name in context.registry.histograms():
        message = f"{name} is a histogram: no series has that name"
        remedy = f"use {name}_bucket, {name}_sum or {name}_count"
    else:
        message = f"there is no series {name}"
        otherwise = "declare it, with external=True if something else exposes it"
        remedy = did_you_mean(name, context.registry.names(), otherwise)
    context.report("unknown-metric", message, remedy, start, end)
    return []
