"""Who is told of which alert, and which alert silences which: the routes and inhibitions, as edges."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import suppress

from promspec.lineage.building import Builder
from promspec.lineage.model import Node
from promspec.plan.alertmanager import InhibitionPlan, MatcherPlan, RoutePlan, plan_alertmanager
from promspec.plan.rules import AlertRule
from promspec.promql import Inference, PromQLError, infer, parse, regex
from promspec.vocabulary.spec import Spec

Placed = Sequence[tuple[Node, AlertRule]]
Known = dict[str, tuple[str, ...] | None]
"""An alert's labels with the values they can have; None where nobody can tell."""
_ANY_OTHER = ""
"""Stands for the labels that an expression may have beside those that are known."""


def notifications(spec: Spec, builder: Builder, alerts: Placed) -> None:
    """An edge from each receiver to the alerts it is told of, and between alerts where one silences another."""
    planned = plan_alertmanager(spec)
    known = [(node, _labels(builder, rule)) for node, rule in alerts]
    receivers = {item.name: item for item in (spec.routing.receivers if spec.routing is not None else ())}
    nodes = {name: builder.add("receiver", name, item.place, of=item) for name, item in receivers.items()}
    for node, labels in known:
        for name in _told(labels, planned.routes, planned.default):
            builder.link(nodes.get(name), node, "is told of")
    for inhibition in planned.inhibitions:
        for node, labels in known:
            for other, others in known:
                if node is not other and _silences(inhibition, labels, others):
                    builder.link(other, node, "is silenced by", quiet=True, ends=True)


def _labels(builder: Builder, rule: AlertRule) -> Known:
    found: Inference | None = None
    with suppress(PromQLError):
        found = infer(parse(rule.expr), builder.registry)
    labels: Known = dict(found.labels) if found is not None else {}
    if found is None or not found.exact:
        labels[_ANY_OTHER] = None
    fixed: Known = {name: None if "{{" in value else (value,) for name, value in rule.labels}
    return {**labels, "alertname": (rule.alert,), **fixed}


def _told(labels: Known, routes: Sequence[RoutePlan], default: str) -> Iterator[str]:
    """The receivers that an alert can reach: the first route that takes all of it ends the search."""
    for route in routes:
        if not _can(labels, route.matchers):
            continue
        yield route.receiver
        if not route.continue_ and _must(labels, route.matchers):
            return
    if not any(_must(labels, route.matchers) for route in routes):
        yield default


def _can(labels: Known, matchers: Sequence[MatcherPlan]) -> bool:
    return all(any(_fits(m, value) for value in values) for m in matchers if (values := _values(labels, m)) is not None)


def _must(labels: Known, matchers: Sequence[MatcherPlan]) -> bool:
    return all(
        (values := _values(labels, m)) is not None and all(_fits(m, value) for value in values) for m in matchers
    )


def _values(labels: Known, matcher: MatcherPlan) -> tuple[str, ...] | None:
    return _value(labels, matcher.label)


def _value(labels: Known, name: str) -> tuple[str, ...] | None:
    return labels.get(name, labels.get(_ANY_OTHER, ("",)))


def _fits(matcher: MatcherPlan, value: str) -> bool:
    if matcher.operator == "=":
        return value == matcher.value
    pattern = regex(matcher.value)
    return pattern is None or pattern.fullmatch(value) is not None


def _silences(inhibition: InhibitionPlan, source: Known, target: Known) -> bool:
    """Whether the first alert can silence the second; two that could silence each other never do."""
    if not _can(source, inhibition.source) or not _can(target, inhibition.target):
        return False
    if _must(target, inhibition.source) and _must(source, inhibition.target):
        return False
    return all(_may_equal(_value(source, name), _value(target, name)) for name in inhibition.equal)


def _may_equal(one: tuple[str, ...] | None, other: tuple[str, ...] | None) -> bool:
    return one is None or other is None or bool(set(one) & set(other))
