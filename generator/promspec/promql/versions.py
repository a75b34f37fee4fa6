"""What an expression needs that a given version of Prometheus does not have."""

from __future__ import annotations

from collections.abc import Iterator

from promspec.promql.functions import AGGREGATORS, FUNCTIONS
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

Version = tuple[int, int]
_QUOTED_NAMES: Version = (3, 0)
_SECONDS_AS_NUMBERS: Version = (3, 0)


def unsupported(expr: Expr, version: Version) -> tuple[Finding, ...]:
    """Findings `promql/version` for everything that Prometheus `version`, such as `(2, 42)`, would reject.

    Functions that a version has behind its experimental feature flag count as there.
    """
    found = [finding for node in walk(expr) for finding in _needs(node, version)]
    return tuple(sorted(found, key=lambda finding: (finding.start, finding.end)))


def _needs(node: Expr, version: Version) -> Iterator[Finding]:
    if isinstance(node, Call):
        function = FUNCTIONS[node.func]
        if version < function.since:
            yield _newer(f"{node.func}()", function.since, node)
        elif function.until is not None and version > function.until:
            yield _gone(node.func, function.until, node)
    elif isinstance(node, Aggregate):
        since = AGGREGATORS[node.op].since
        if version < since:
            yield _newer(f"{node.op}()", since, node)
        yield from _quoted_labels(node.grouping, version)
    elif isinstance(node, Binary) and node.matching is not None:
        yield from _quoted_labels((*node.matching.labels, *node.matching.include), version)
    elif isinstance(node, NumberLiteral) and version < _SECONDS_AS_NUMBERS:
        if "_" in node.text or (node.text[-1] in "smhdwy" and node.value is not None):
            yield _newer(f"the number `{node.text}`", _SECONDS_AS_NUMBERS, node)
    elif isinstance(node, (Selector, Subquery)):
        yield from _selector_needs(node, version)


def _selector_needs(node: Selector | Subquery, version: Version) -> Iterator[Finding]:
    if version < _SECONDS_AS_NUMBERS:
        ranges = [node.range, node.step if isinstance(node, Subquery) else None]
        for duration in ranges:
            if duration is not None and duration.text[-1] not in "smhdwy" and duration.seconds is not None:
                yield _newer(f"the duration `{duration.text}` without a unit", _SECONDS_AS_NUMBERS, duration)
        if node.offset is not None and _newer_offset(node.offset):
            yield _newer(f"the offset `{node.offset.text}`", _SECONDS_AS_NUMBERS, node.offset)
    if isinstance(node, Selector) and version < _QUOTED_NAMES:
        if node.name is not None and node.braces is not None and node.name_start > node.braces[0]:
            yield _newer("a quoted metric name", _QUOTED_NAMES, Node(node.name_start, node.name_end))
        labels = tuple(Label(m.start, m.label_end, m.label) for m in node.matchers)
        yield from _quoted_labels(labels, version)


def _newer_offset(offset: Duration) -> bool:
    """Whether the offset is zero, has no unit or a plus sign."""
    if offset.seconds is None:
        return False
    return offset.seconds == 0 or offset.text[-1] not in "smhdwy" or offset.text[0] == "+"


def _quoted_labels(labels: tuple[Label, ...], version: Version) -> Iterator[Finding]:
    for label in labels:
        if version < _QUOTED_NAMES and label.end - label.start != len(label.name):
            yield _newer("a quoted label name", _QUOTED_NAMES, label)


def _newer(what: str, since: Version, place: Node) -> Finding:
    message = f"{what} needs Prometheus {since[0]}.{since[1]} or later"
    return Finding("promql/version", message, "write it in the older way, or target a newer version", *_span(place))


def _gone(name: str, until: Version, place: Node) -> Finding:
    message = f"{name}() is gone after Prometheus {until[0]}.{until[1]}"
    instead = "use double_exponential_smoothing()" if name == "holt_winters" else "use another function"
    return Finding("promql/version", message, instead, *_span(place))


def _span(place: Node) -> tuple[int, int]:
    return place.start, place.end
