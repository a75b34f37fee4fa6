"""Binary operators whose sides match ambiguously, or by luck; alerts that `ALERTS` is asked for and nobody has."""

from __future__ import annotations

from collections.abc import Iterator

from promspec.judging.model import Asked, Facts, judgement
from promspec.problems import Level, near_miss, one_of
from promspec.promql import Aggregate, Binary, Finding, Selector, accepts, infer_labels, kind, selectors, unwrap, walk

_SETS = ("and", "or", "unless")


@judgement("promql/ambiguous-match", Level.WARNING)
def ambiguous_matches(asked: Asked, facts: Facts) -> Iterator[Finding]:
    """Each series of an operator's side matches one series of the other, or group_left says otherwise."""
    nodes = [node for node in walk(asked.expr) if isinstance(node, Binary) and node.matching]
    labels_of = infer_labels(asked.expr, facts.seen) if nodes else {}
    for node in nodes:
        if node.op in _SETS or node.matching is None or node.matching.group:
            continue
        if "scalar" in (kind(node.lhs), kind(node.rhs)):
            continue
        names = {label.name for label in node.matching.labels}
        for side, word in ((node.lhs, "left"), (node.rhs, "right")):
            labels = labels_of[id(side)]
            loose = [label for label in labels if (label in names) != node.matching.on]
            several = [label for label in loose if len(labels[label] or ()) > 1]
            if several:
                message = f"several series of the {word} side differ only in {several[0]}, and match the same one"
                remedy = f"write group_{word} (), or aggregate {several[0]} away first"
                yield Finding("promql/ambiguous-match", message, remedy, node.op_start, node.op_end)
                break


@judgement("promql/fragile-match", Level.INFO)
def fragile_match(asked: Asked, facts: Facts) -> Iterator[Finding]:
    """Sides of different metrics name the labels they keep: after without() one more label ends the match."""
    for node in walk(asked.expr):
        if not isinstance(node, Binary) or node.op in _SETS or node.matching is not None:
            continue
        sides = [unwrap(side) for side in (node.lhs, node.rhs)]
        if not all(isinstance(side, Aggregate) and side.without for side in sides):
            continue
        names = [{selector.name for selector in selectors(side)} for side in sides]
        if names[0] != names[1]:
            message = f"the sides of `{node.op}` match as long as both metrics have the same further labels"
            remedy = "aggregate with by (…), or write on (…)"
            yield Finding("promql/fragile-match", message, remedy, node.op_start, node.op_end)


@judgement("promql/unknown-alert", Level.WARNING)
def unknown_alert(asked: Asked, facts: Facts) -> Iterator[Finding]:
    """An alert that `ALERTS` is asked for is one of the rules'."""
    for node in walk(asked.expr) if facts.alerts else ():
        if not isinstance(node, Selector) or node.name not in ("ALERTS", "ALERTS_FOR_STATE"):
            continue
        for matcher in node.matchers:
            if matcher.label != "alertname" or matcher.op not in ("=", "=~") or matcher.variable:
                continue
            if not any(accepts(matcher, name) is not False for name in facts.alerts):
                remedy = near_miss(matcher.value, facts.alerts) or f"the alerts are {one_of(facts.alerts)}"
                message = f"there is no alert {matcher.value!r}"
                yield Finding("promql/unknown-alert", message, remedy, matcher.value_start, matcher.value_end)
