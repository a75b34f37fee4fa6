"""Configurations of Alertmanager out of nodes: routes, receivers, inhibitions, matchers."""

from __future__ import annotations

import re
from collections.abc import Iterator

from promspec.linting.model import Alertmanager, Condition, Found, Inhibition, Route, Subject, found
from promspec.linting.nodes import Node
from promspec.problems import Level
from promspec.promql import regex

_MATCHER = re.compile(
    r'\s*\{?\s*(?:([a-zA-Z_:][\w:]*)|"((?:[^"\\]|\\.)*)")\s*(=~|!~|!=|=)\s*(?:"((?:[^"\\]|\\.)*)"|([^",{}=~!]*?))\s*(?:,|\}?\s*$)'
)
_SIDES = ("source", "target")


class AlertmanagerReader:
    """Reads configurations; matchers that cannot be read are in `found`."""

    def __init__(self) -> None:
        self.found: list[Found] = []

    def read(self, node: Node) -> Alertmanager:
        """What lint needs of a configuration."""
        receivers = tuple(Subject("receiver", each.string("name"), each) for each in node.each("receivers"))
        inhibitions = tuple(self._inhibition(each) for each in node.each("inhibit_rules") if each.kind == "mapping")
        named = [each.string("name") for key in ("time_intervals", "mute_time_intervals") for each in node.each(key)]
        return Alertmanager(node, tuple(self._routes(node)), receivers, inhibitions, tuple(named))

    def _routes(self, node: Node) -> Iterator[Route]:
        top = node.get("route")
        waiting: list[tuple[Node, bool, bool, tuple[Condition, ...]]] = []
        waiting += [(top, True, False, ())] if top is not None else []
        seen: set[int] = set()
        while waiting:
            route, root, shadowed, above = waiting.pop(0)
            if id(route) in seen or route.kind != "mapping":
                continue
            seen.add(id(route))
            conditions = tuple(self._conditions(route, "match", "match_re", "matchers", "route"))
            receiver = route.get("receiver")
            named = receiver.text if receiver is not None else ""
            subject = Subject("route", named or "(root)" if root else named, route)
            keys = ("mute_time_intervals", "active_time_intervals")
            intervals = tuple(each for key in keys for each in route.each(key))
            yield Route(subject, receiver, conditions, intervals, root, shadowed, above)
            waiting = [*((*child, above + conditions) for child in _children(route)), *waiting]

    def _inhibition(self, node: Node) -> Inhibition:
        sides = [
            tuple(self._conditions(node, f"{side}_match", f"{side}_match_re", f"{side}_matchers", "inhibition"))
            for side in _SIDES
        ]
        name = " -> ".join(", ".join(f"{c.label}{c.op}{c.value}" for c in side) or "everything" for side in sides)
        return Inhibition(Subject("inhibition", name, node), sides[0] + sides[1], sides[0])

    def _conditions(self, node: Node, equal: str, like: str, listed: str, kind: str) -> Iterator[Condition]:
        for key, op in ((equal, "="), (like, "=~")):
            mapping = node.get(key)
            for label, value in mapping.pairs if mapping is not None else ():
                yield Condition(label.text, op, value.text, value)
        matchers = node.get(listed)
        texts = [matchers] if matchers is not None and matchers.scalar else list(node.each(listed))
        for text in texts:
            yield from self._matchers(text, Subject(kind, node.string("receiver"), node))

    def _matchers(self, text: Node, subject: Subject) -> Iterator[Condition]:
        at = 0
        while at < len(text.text.rstrip()) and text.scalar:
            match = _MATCHER.match(text.text, at)
            if match is None or match.end() == at:
                self._say(subject, f"{text.text!r} is no matcher", 'write label="value", with =, !=, =~ or !~', text)
                return
            value = match[4] if match[4] is not None else match[5]
            if match[3] in ("=~", "!~") and regex(value) is None:
                self._say(subject, f"{value!r} is no regular expression", "mend the expression", text)
            yield Condition(match[1] or match[2], match[3], value, text)
            at = match.end()

    def _say(self, subject: Subject, summary: str, remedy: str, node: Node) -> None:
        self.found.append(found("route/matcher", Level.ERROR, summary, remedy, subject, node.place()))


def _children(route: Node) -> list[tuple[Node, bool, bool]]:
    """The routes below; those behind one that takes everything and does not continue are shadowed."""
    children: list[tuple[Node, bool, bool]] = []
    taken = False
    for child in route.each("routes"):
        children.append((child, False, taken))
        conditioned = any(child.get(key) is not None for key in ("match", "match_re", "matchers"))
        taken = taken or not (conditioned or child.string("continue") == "true")
    return children
