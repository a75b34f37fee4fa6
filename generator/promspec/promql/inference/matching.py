"""Matchers against the values a label can have: what remains, and what is wrong with them."""

from __future__ import annotations

from collections.abc import Sequence

from promspec.promql import regexes
from promspec.promql.inference.model import Context, Series, Values, did_you_mean, listed
from promspec.promql.syntax import Matcher

_META = frozenset("\\.+*?()[]{}^$")
_MOST_REPORTED = 10
"""Values of one matcher that are told of; whoever wrote hundreds knows what they are by then."""


def accepts(matcher: Matcher, value: str) -> bool | None:
    """Whether the matcher lets a value pass; None if nobody can tell."""
    if matcher.variable:
        return None
    if matcher.op in ("=", "!="):
        return (matcher.op == "=") == (value == matcher.value)
    expression = regexes.compiled(matcher.value)
    if expression is None:
        return None
    return (matcher.op == "=~") == bool(expression.fullmatch(value))


def narrow(matchers: Sequence[Matcher], values: Values) -> Values:
    """The values that pass every matcher of one label; an open set is closed by `=` and by `=~"a|b"`."""
    if values is None:
        values = next((found for found in map(_named_values, matchers) if found is not None), None)
    if values is None:
        return None
    return tuple(value for value in values if all(accepts(matcher, value) is not False for matcher in matchers))


def _named_values(matcher: Matcher) -> Values:
    """The values a positive matcher spells out."""
    if matcher.variable or matcher.op not in ("=", "=~"):
        return None
    return (matcher.value,) if matcher.op == "=" else alternatives(matcher.value)


def alternatives(pattern: str) -> Values:
    """The values of a regular expression that is nothing but words with `|` between them, else None."""
    return None if _META & set(pattern) else tuple(dict.fromkeys(pattern.split("|")))


def check_values(context: Context, series: Series, matchers: Sequence[Matcher], values: Values) -> None:
    """Report values that the label never has, and matchers that exclude each other."""
    reported = False
    for matcher in matchers:
        if values is not None and not matcher.variable:
            reported = _check_one(context, series, matcher, values) or reported
    if len(matchers) > 1 and not reported and narrow(matchers, values) == ():
        label = matchers[0].label
        written = " and ".join(f'{m.op}"{m.value}"' for m in matchers)
        message = f"no series can match: the matchers of {label} contradict each other ({written})"
        context.report("empty-selector", message, "keep one of them", matchers[0].start, matchers[-1].end)


def _check_one(context: Context, series: Series, matcher: Matcher, values: tuple[str, ...]) -> bool:
    """Whether a value of this matcher was reported as one the label never has."""
    if matcher.op in ("=", "!="):
        unknown = [] if matcher.value in values else [matcher.value]
    else:
        unknown = [branch for branch in _branches(matcher.value) if not _matches_any(branch, values)]
    if matcher.op in ("!=", "!~"):
        unknown = [value for value in unknown if value]  # l!="" only says that the label is there
    for value in unknown[:_MOST_REPORTED]:
        _report(context, series, matcher, value, values)
    return bool(unknown)


def _branches(pattern: str) -> list[str]:
    """The parts of a regular expression between its `|`, if it is certain that they stand on the top level."""
    return [pattern] if set("()[]\\") & set(pattern.replace("\\.", "")) else pattern.split("|")


def _matches_any(pattern: str, values: Sequence[str]) -> bool:
    if not _META & set(pattern):
        return pattern in values
    expression = regexes.compiled(pattern)
    return expression is None or any(expression.fullmatch(value) for value in values)


def _report(context: Context, series: Series, matcher: Matcher, value: str, values: tuple[str, ...]) -> None:
    start, end = matcher.value_start, matcher.value_end
    if matcher.label == "le" and series.kind == "histogram_bucket":
        remedy = _near_bound(value, values) or f"its bounds are {listed(values)}"
        context.report("bucket-not-declared", f'{series.name} has no bucket le="{value}"', remedy, start, end)
        return
    what = f"label {matcher.label} of {series.name}"
    if value and matcher.op in ("=~", "!~") and _META & set(value):
        message = f'no value of {what} matches "{value}"'
    elif value:
        message = f'{what} never has the value "{value}"'
    else:
        message = f"{what} is never missing or empty"
    remedy = did_you_mean(value, values, f"its values are {listed(values)}") if values else "it has no values"
    context.report("unknown-label-value", message, remedy, start, end)


def _near_bound(value: str, bounds: Sequence[str]) -> str:
    """The bucket bound that is the same number written otherwise."""
    try:
        number = float(value)
        return next((f"did you mean {bound}?" for bound in bounds if float(bound) == number), "")
    except ValueError:
        return ""
