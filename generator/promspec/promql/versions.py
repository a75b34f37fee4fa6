"""What an expression needs that a given version of Prometheus, with given feature flags, does not have."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator

from promspec.promql.functions import AGGREGATORS, FUNCTIONS, TRIMS, Need, Version
from promspec.promql.inference.model import Finding
from promspec.promql.syntax import (
    Aggregate,
    Binary,
    Call,
    Duration,
    Expr,
    Label,
    Node,
    NumberLiteral,
    Selector,
    Subquery,
    walk,
)

_UNITS = "smhdwy"
"""What a duration ends in."""
_QUOTED_NAMES = Need((3, 0))
_ANY_GROUPING_LABEL = Need((3, 4))
_SECONDS_AS_NUMBERS = Need((2, 54))
_ANY_OFFSET = Need((3, 4))
_NOTHING_WITH_UNIT = Need((3, 4))
_ARITHMETIC = ("promql-duration-expr",)
_STABLE_ARITHMETIC = (3, 14)
_DURATIONS: dict[str, Need] = {
    "step": Need((3, 6), _ARITHMETIC, _STABLE_ARITHMETIC),
    "range": Need((3, 10), _ARITHMETIC, _STABLE_ARITHMETIC),
    "max_of": Need((3, 13), _ARITHMETIC, _STABLE_ARITHMETIC),
    "min_of": Need((3, 13), _ARITHMETIC, _STABLE_ARITHMETIC),
}
_RANGE_ANYWHERE = Need((3, 12), _ARITHMETIC, _STABLE_ARITHMETIC)
"""Until then `range` was not read behind a number in the same brackets."""
_RANGE_BEHIND_NUMBER = re.compile(r"[0-9].*range", re.IGNORECASE | re.DOTALL)
_RANGE = re.compile("range", re.IGNORECASE)
_NOTHING = re.compile(r"(?!)")
_SIGNED_PARENTHESIS = Need((3, 13), _ARITHMETIC, _STABLE_ARITHMETIC)
"""Until then Prometheus failed on it."""
_OF_DURATIONS = Need((3, 4), _ARITHMETIC, _STABLE_ARITHMETIC)
_EXTENDED = Need((3, 7), ("promql-extended-range-selectors",))
_FILL = Need((3, 10), ("promql-binop-fill-modifiers",))
_TRIM = Need((3, 11))
_PLAIN_LABEL = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")

_Need = tuple[str, Need, Node]
"""What is written, what it needs, and where it stands."""


def unsupported(expr: Expr, version: Version, features: Collection[str] = ()) -> tuple[Finding, ...]:
    """Findings `promql/version` for all that Prometheus `version`, started with feature flags, would reject.

    `unsupported(parse("limitk(3, x)"), (3, 5), ["promql-experimental-functions"])` is empty.
    """
    found = [finding for node in walk(expr) for finding in _lacking(node, version, features)]
    return tuple(sorted(found, key=lambda finding: (finding.start, finding.end)))


def _lacking(node: Expr, version: Version, features: Collection[str]) -> Iterator[Finding]:
    for what, need, place in _needs(node):
        missing = [flag for flag in _flags(need, version) if flag not in features]
        if version < need.since:
            message = f"{what} needs {_wanted(need)}"
            remedy = "write it in the older way, or target a newer version"
            yield Finding("promql/version", message, remedy, place.start, place.end)
        elif missing:
            message = f"{what} needs {_enabled(missing)}"
            remedy = "start Prometheus with that flag and tell promspec of it, or write it in another way"
            yield Finding("promql/version", message, remedy, place.start, place.end)
    if isinstance(node, Call) and (until := FUNCTIONS[node.func].until) is not None and version > until:
        yield _gone(node, until)


def _flags(need: Need, version: Version) -> tuple[str, ...]:
    return () if need.stable is not None and version >= need.stable else need.flags


def _enabled(flags: Collection[str]) -> str:
    return f"--enable-feature={','.join(flags)}"


def _wanted(need: Need) -> str:
    first = f"Prometheus {need.since[0]}.{need.since[1]} or later"
    if not need.flags:
        return first
    if need.stable is None:
        return f"{first} and {_enabled(need.flags)}"
    since = f"{need.since[0]}.{need.since[1]}"
    return f"Prometheus {need.stable[0]}.{need.stable[1]} or later, or {since} and {_enabled(need.flags)}"


def _gone(node: Call, until: Version) -> Finding:
    message = f"{node.func}() is gone after Prometheus {until[0]}.{until[1]}"
    instead = "use double_exponential_smoothing()" if node.func == "holt_winters" else "use another function"
    return Finding("promql/version", message, instead, node.start, node.end)


def _needs(node: Expr) -> Iterator[_Need]:
    """Everything in a node, without those below it, that not every version has."""
    if isinstance(node, Call):
        yield f"{node.func}()", FUNCTIONS[node.func].need, node
    elif isinstance(node, Aggregate):
        yield f"{node.op}()", AGGREGATORS[node.op].need, node
        yield from _labels(node.grouping)
    elif isinstance(node, Binary):
        yield from _of_operator(node)
    elif isinstance(node, NumberLiteral):
        if node.value is not None and ("_" in node.text or node.text[-1] in _UNITS):
            nothing = node.value == 0 and node.text[-1] in _UNITS
            yield f"the number `{node.text}`", _NOTHING_WITH_UNIT if nothing else _SECONDS_AS_NUMBERS, node
    elif isinstance(node, (Selector, Subquery)):
        yield from _of_times(node)
        if isinstance(node, Selector):
            yield from _of_selector(node)


def _of_operator(node: Binary) -> Iterator[_Need]:
    if node.op in TRIMS:
        yield f"the operator `{node.op}`", _TRIM, Node(node.op_start, node.op_end)
    if node.fill is not None:
        yield "fill()", _FILL, node.fill
    if node.matching is not None:
        yield from _labels((*node.matching.labels, *node.matching.include))


def _of_selector(node: Selector) -> Iterator[_Need]:
    if node.extended is not None:
        yield f"`{node.extended.word}`", _EXTENDED, node.extended
    if node.name is not None and node.braces is not None and node.name_start > node.braces[0]:
        yield "a quoted metric name", _QUOTED_NAMES, Node(node.name_start, node.name_end)
    for matcher in node.matchers:
        if matcher.label_end - matcher.start != len(matcher.label):
            yield "a quoted label name", _QUOTED_NAMES, Node(matcher.start, matcher.label_end)


def _of_times(node: Selector | Subquery) -> Iterator[_Need]:
    if node.range is not None:
        yield from _of_duration(node.range, "duration", _RANGE_BEHIND_NUMBER)
    if isinstance(node, Subquery) and node.step is not None:
        yield from _of_duration(node.step, "duration", _RANGE)
    if node.offset is not None:
        yield from _of_offset(node.offset)
    if node.at is not None and node.at.text and node.at.text[-1] in _UNITS:
        yield "a time with a unit", _NOTHING_WITH_UNIT if node.at.seconds == 0 else _SECONDS_AS_NUMBERS, node.at


def _of_duration(duration: Duration, what: str, misread: re.Pattern[str]) -> Iterator[_Need]:
    if duration.op:
        yield *_newest(duration, misread), duration
    elif duration.seconds is not None and duration.text[0] in "+-":
        yield f"a sign before the {what} `{duration.text}`", _ANY_OFFSET, duration
    elif duration.seconds is not None and duration.text[-1] not in _UNITS:
        yield f"the {what} `{duration.text}` without a unit", _SECONDS_AS_NUMBERS, duration


def _newest(duration: Duration, misread: re.Pattern[str]) -> tuple[str, Need]:
    """Of all that is in a duration what the newest version brought, for that brought the rest as well."""
    parts, needs = [duration], [("arithmetic of durations", _OF_DURATIONS)]
    for part in parts:
        if part.op in _DURATIONS:
            mended = part.op == "range" and misread.search(duration.text)
            needs.append((f"{part.op}() in a duration", _RANGE_ANYWHERE if mended else _DURATIONS[part.op]))
        parts += part.operands
    return max(needs[::-1], key=lambda each: each[1].since)


def _of_offset(offset: Duration) -> Iterator[_Need]:
    inner = offset.operands[0] if offset.op in ("+", "-") and len(offset.operands) == 1 else None
    if inner is not None and inner.op == "(" and not inner.operands[0].op:
        yield f"the offset `{offset.text}`", _SIGNED_PARENTHESIS, offset
    elif offset.op:
        yield *_newest(offset, _NOTHING), offset
    elif offset.seconds is not None and _unusual(offset):
        yield f"the offset `{offset.text}`", _ANY_OFFSET, offset
    elif offset.seconds is not None and offset.text[-1] not in _UNITS:
        yield f"the offset `{offset.text}` without a unit", _SECONDS_AS_NUMBERS, offset


def _unusual(offset: Duration) -> bool:
    """Whether it is nothing, or has a plus sign or two signs."""
    signed = offset.text[0] == "+" or offset.text[1:2] in ("+", "-")
    return signed or (offset.seconds == 0 and offset.text[-1] in _UNITS)


def _labels(labels: tuple[Label, ...]) -> Iterator[_Need]:
    for label in labels:
        if not _PLAIN_LABEL.fullmatch(label.name):
            yield f"a label such as `{label.name}` in a list", _ANY_GROUPING_LABEL, label
        elif label.end - label.start != len(label.name):
            yield "a quoted label name", _QUOTED_NAMES, label
