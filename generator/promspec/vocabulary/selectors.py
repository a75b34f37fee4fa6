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
from promspec.quantities import bound, bound_spellings
from promspec.vocabulary.base import SpecValueError, caller, report
from promspec.vocabulary.complaints import shown

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
    strange: str = ""
    """What was given that is no value of a label."""


if TYPE_CHECKING:
    Value = str | int | float | Enum | Code
    Matchable = Value | Sequence[Value] | Condition


def not_(*values: Value) -> Condition:
    """Anything but these values: `where(code=not_("input_error"))` is `{code!="input_error"}`."""
    flat = [item for value in values for item in (value if isinstance(value, (list, tuple)) else [value])]
    return _of("!=", flat)


def matches(pattern: str) -> Condition:
    """A regular expression that must match the whole value: `where(code=matches("5.."))`."""
    return _of("=~", [pattern])


def not_matches(pattern: str) -> Condition:
    """A regular expression that must not match the whole value."""
    return _of("!~", [pattern])


def _of(operator: str, values: Sequence[object]) -> Condition:
    """A condition on these values; texts, numbers, members of an Enum and codes are values."""
    strange = [value for value in values if not _is_value(value) or ("~" in operator and not isinstance(value, str))]
    return Condition(operator, tuple(_text(value) for value in values), shown(strange[0]) if strange else "")  # type: ignore[arg-type]


def _is_value(value: object) -> bool:
    number = isinstance(value, (int, float)) and not isinstance(value, bool)
    return number or isinstance(value, (str, Enum)) or type(value).__name__ == "Code"


def escape(value: str) -> str:
    """A value as a regular expression of Prometheus (RE2) that matches only itself."""
    return "".join(f"\\{char}" if char in _SPECIAL else char for char in value)


def select(
    series: str,
    labels: Sequence[Label] | None,
    wanted: Mapping[str, Matchable],
    bounds: tuple[Decimal, ...] | None = None,
    more: Sequence[str] = (),
    external: bool = False,
) -> tuple[str, ...]:
    """The matchers for the wanted labels; one that the series cannot have is reported and left out.

    `bounds` are the buckets of a histogram, if `le` may be asked for; those of an `external` one are printed in the
    ways of all clients. `more` are further labels. Without `labels` nothing is known, and everything may be asked for.
    """
    if labels is None:
        return tuple(_matcher(name, _condition(value)) for name, value in wanted.items() if LABEL_NAME.fullmatch(name))
    known = {label.name: label.known_values for label in labels} | dict.fromkeys((*TARGET_LABELS, *more), ())
    if bounds is not None:
        known["le"] = tuple(text for value in (*bounds, Decimal("Infinity")) for text in _spellings(value, external))
    made = []
    for name, value in wanted.items():
        condition = _condition(value)
        if name == "le" and bounds is not None:
            condition = _printed(condition, external)
        wrong = _wrong_label(series, name, known) or _wrong_value(series, name, condition, known)
        if wrong is None:
            try:
                made.append(_matcher(name, condition))
                continue
            except ValueError as error:
                text = f"{series}: {name}: {error}"
                wrong = Problem("promql/regex", Level.ERROR, text, caller(), "mend the pattern", series)
        if not report(wrong):
            raise SpecValueError([wrong])
    return tuple(made)


def _condition(value: object) -> Condition:
    if isinstance(value, Condition):
        return value
    if isinstance(value, (set, frozenset)):
        return _of("=", sorted(value, key=str))
    return _of("=", value if isinstance(value, (list, tuple)) else [value])


def _printed(condition: Condition, external: bool) -> Condition:
    """The condition with bounds of buckets as the client prints them: `le=2` asks for `2.0`, elsewhere also for `2`."""
    if condition.operator in ("=~", "!~"):
        return condition
    values = dict.fromkeys(text for value in condition.values for text in _le(value, external))
    return Condition(condition.operator, tuple(values), condition.strange)


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
    if condition.strange:
        text = f"{series}: {condition.strange} is no value of the label {name}"
        remedy = f"its values are {one_of(allowed)}" if allowed else "give a text, a list of texts, or not_(…)"
        return Problem("promql/unknown-label-value", Level.ERROR, text, caller(), remedy, series)
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


def _le(value: str, external: bool) -> tuple[str, ...]:
    try:
        return _spellings(Decimal(value), external)
    except ArithmeticError:
        return (value,)


def _spellings(value: Decimal, external: bool) -> tuple[str, ...]:
    """A bucket's bound as prometheus_client prints it; what something else exposes may be in another language."""
    return bound_spellings(value) if external and value.is_finite() else (bound(value),)
