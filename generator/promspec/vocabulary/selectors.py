"""Series selectors written in Python: `metric.where(code="a")`, checked against the metric's labels where it stands."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import Enum
from typing import TYPE_CHECKING

from promspec.naming import LABEL_NAME
from promspec.problems import Level, Problem, near_miss, one_of
from promspec.promql import matcher
from promspec.quantities import bound
from promspec.vocabulary.base import SpecValueError, caller, report

if TYPE_CHECKING:
    from promspec.vocabulary.error_codes import Code
    from promspec.vocabulary.labels import Label

TARGET_LABELS = ("job", "instance")
"""The labels that Prometheus adds to every series it scrapes."""

_SPECIAL = set("\\.+*?()|[]{}^$")


@dataclass(frozen=True, slots=True)
class Condition:
    """What a label must satisfy: an operator of PromQL and its values."""

    operator: str
    values: tuple[str, ...]


if TYPE_CHECKING:
    Value = str | int | float | Enum | Code
    Matchable = Value | Sequence[Value] | Condition


def not_(*values: Value) -> Condition:
    """Anything but these values: `where(code=not_("input_error"))` is `{code!="input_error"}`."""
    return Condition("!=", tuple(_text(value) for value in values))


def matches(pattern: str) -> Condition:
    """A regular expression that must match the whole value: `where(code=matches("5.."))`."""
    return Condition("=~", (pattern,))


def not_matches(pattern: str) -> Condition:
    """A regular expression that must not match the whole value."""
    return Condition("!~", (pattern,))


def escape(value: str) -> str:
    """A value as a regular expression of Prometheus (RE2) that matches only itself."""
    return "".join(f"\\{char}" if char in _SPECIAL else char for char in value)


def select(
    series: str,
    labels: Sequence[Label] | None,
    wanted: Mapping[str, Matchable],
    bounds: tuple[Decimal, ...] | None = None,
) -> tuple[str, ...]:
    """The matchers for the wanted labels; one that the series cannot have is reported and left out.

    `bounds` are the buckets of a histogram, if `le` may be asked for. Without `labels` nothing is known of the series,
    and everything may be asked for.
    """
    if labels is None:
        return tuple(_matcher(name, _condition(value)) for name, value in wanted.items() if LABEL_NAME.fullmatch(name))
    known = {label.name: label.known_values for label in labels} | dict.fromkeys(TARGET_LABELS, ())
    if bounds is not None:
        known["le"] = tuple(bound(value) for value in (*bounds, Decimal("Infinity")))
    made = []
    for name, value in wanted.items():
        condition = _printed(name, _condition(value), bounds)
        wrong = _wrong_label(series, name, known) or _wrong_value(series, name, condition, known)
        if wrong is None:
            made.append(_matcher(name, condition))
            continue
        if not report(wrong):
            raise SpecValueError([wrong])
    return tuple(made)


def _condition(value: Matchable) -> Condition:
    if isinstance(value, Condition):
        return value
    if isinstance(value, (list, tuple, set, frozenset)):
        return Condition("=", tuple(_text(item) for item in value))
    return Condition("=", (_text(value),))  # type: ignore[arg-type]


def _printed(name: str, condition: Condition, bounds: tuple[Decimal, ...] | None) -> Condition:
    """The condition with bounds of buckets as the client prints them: `le=2` asks for `2.0`."""
    if name != "le" or bounds is None or condition.operator in ("=~", "!~"):
        return condition
    return Condition(condition.operator, tuple(_le(value) for value in condition.values))


def _text(value: Value) -> str:
    if isinstance(value, Enum):
        return str(value.value)
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return bound(value) if isinstance(value, float) else str(value)
    return str(value)


def _matcher(name: str, condition: Condition) -> str:
    operator, values = condition.operator, condition.values
    if operator in ("=~", "!~"):
        return matcher(name, operator, values[0])
    if len(values) == 1:
        return matcher(name, operator, values[0])
    return matcher(name, {"=": "=~", "!=": "!~"}[operator], "|".join(escape(value) for value in values))


def _wrong_label(series: str, name: str, known: Mapping[str, Sequence[str]]) -> Problem | None:
    if name in known and LABEL_NAME.fullmatch(name):
        return None
    remedy = near_miss(name, known) or f"its labels are {one_of(known)}"
    return Problem("promql/unknown-label", Level.ERROR, f"{series} has no label {name}", caller(), remedy, series)


def _wrong_value(series: str, name: str, condition: Condition, known: Mapping[str, Sequence[str]]) -> Problem | None:
    allowed = known.get(name, ())
    if not condition.values:
        text = f"{series}: the list of values for {name} is empty, so it would match nothing"
        return Problem("promql/empty-selector", Level.ERROR, text, caller(), "give at least one value", series)
    if not allowed or condition.operator in ("=~", "!~"):
        return None
    for value in condition.values:
        if value not in allowed:
            remedy = near_miss(value, allowed) or f"its values are {one_of(allowed)}"
            text = f"{series}: the label {name} has no value {value!r}"
            id = "promql/bucket-not-declared" if name == "le" else "promql/unknown-label-value"
            return Problem(id, Level.ERROR, text, caller(), remedy, series)
    return None


def _le(value: str) -> str:
    try:
        return bound(float(value))
    except ValueError:
        return value
