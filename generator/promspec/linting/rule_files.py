"""Rule files: groups and rules out of nodes, and what is wrong with their form."""

from __future__ import annotations

import re
from collections.abc import Iterator

from promspec.linting.model import Found, Query, Rule, Subject, found
from promspec.linting.nodes import Node
from promspec.problems import Level, near_miss, one_of
from promspec.quantities import milliseconds

_GROUP = ("name", "interval", "limit", "query_offset", "labels", "rules")
_ALSO = ("partial_response_strategy", "source_tenants", "evaluation_delay", "align_evaluation_time_on_interval")
_VICTORIA = ("concurrency", "type", "params", "headers", "tenant", "eval_offset", "eval_delay", "eval_alignment")
"""Source: prometheus/model/rulefmt, prometheus-operator, Thanos, Mimir, and vmalert's groups."""
_RULE = ("record", "alert", "expr", "for", "keep_firing_for", "labels", "annotations", "debug", "update_entries_limit")
_NAME = re.compile(r"[a-zA-Z_:][a-zA-Z0-9_:]*")
_LABEL = re.compile(r"[a-zA-Z_][a-zA-Z0-9_]*")
_ZERO = re.compile(r"0+(?:\.0*)?|0+(?:ms|[smhdwy])")


class RuleReader:
    """Reads the groups of documents; what is wrong with their form is in `found`."""

    def __init__(self) -> None:
        self.found: list[Found] = []

    def rules(self, document: Node) -> Iterator[Rule]:
        """The rules of a document whose `groups` is a list."""
        groups = document.get("groups")
        if groups is not None and groups.kind != "sequence":
            self._say(Subject("file", "groups", groups), "file/field", "groups is no list", "write - name: …")
            return
        names: set[str] = set()
        for group in _once(document.each("groups")):
            subject = Subject("group", group.string("name"), group)
            if group.kind != "mapping":
                self._say(subject, "file/field", "this group is no mapping", "write - name: …")
                continue
            self._group(subject, names)
            for rule in _once(group.each("rules")):
                yield from self._rule(rule, subject)

    def _group(self, subject: Subject, names: set[str]) -> None:
        group = subject.node
        self._known(subject, (*_GROUP, *_ALSO, *_VICTORIA), "a group")
        if not subject.name:
            self._say(subject, "file/field", "the group has no name", "write name: …")
        elif subject.name in names:
            text = f"two groups of this file are called {subject.name}"
            self._say(subject, "rule/duplicate-group", text, "give each a name of its own", group.get("name"))
        names.add(subject.name)
        self._duration(subject, "interval")
        rules = group.get("rules")
        if rules is not None and rules.kind != "sequence":
            self._say(subject, "file/field", "rules is no list", "write - alert: … or - record: …", rules)

    def _rule(self, node: Node, group: Subject) -> Iterator[Rule]:
        kind = "alert" if node.get("alert") is not None else "record"
        name, expr = node.get(kind), node.get("expr")
        subject = Subject(kind, name.text if name is not None else "", node)
        if node.kind != "mapping":
            self._say(Subject("rule", "", node), "file/field", "this rule is no mapping", "write - alert: … expr: …")
            return
        self._known(subject, _RULE, "a rule")
        if name is None or not name.scalar or not name.text:
            self._say(subject, "file/field", "the rule has neither record nor alert", "name what it records or alerts")
            return
        self._names(subject, name)
        if expr is None or not expr.scalar:
            self._say(subject, "file/field", f"{subject.name} has no expr", "write expr: and the PromQL", name)
            return
        waits = node.get("for")
        self._duration(subject, "for")
        self._duration(subject, "keep_firing_for")
        labels, annotations = self._pairs(subject, "labels"), self._pairs(subject, "annotations")
        query, interval = Query(subject, expr, expr.text), group.node.get("interval")
        yield Rule(subject, name, query, group, labels, annotations, waits, interval)

    def _names(self, subject: Subject, name: Node) -> None:
        node = subject.node
        if node.get("record") is not None and node.get("alert") is not None:
            self._say(subject, "file/field", "a rule either records or alerts", "make two rules of it", name)
        if subject.kind == "record":
            if not _NAME.fullmatch(name.text):
                text = f"{name.text!r} is no name of a series"
                self._say(subject, "rule/name", text, "write letters, digits, _ and :", name)
            for key in ("for", "keep_firing_for", "annotations"):
                if node.get(key) is not None:
                    self._say(subject, "file/field", f"a recording rule has no {key}", "take it out", node.key(key))

    def _pairs(self, subject: Subject, key: str) -> tuple[tuple[Node, Node], ...]:
        mapping = subject.node.get(key)
        if mapping is None:
            return ()
        if mapping.kind != "mapping":
            self._say(subject, "file/field", f"{key} is no mapping", "write name: value", mapping)
            return ()
        for name, value in mapping.pairs:
            if not _LABEL.fullmatch(name.text) or name.text == "__name__":
                self._say(subject, "rule/name", f"{name.text!r} is no name of a label", "write a-z, 0-9 and _", name)
            elif not value.scalar:
                self._say(subject, "file/field", f"the value of {name.text} is no text", "write a text", value)
        return tuple((name, value) for name, value in mapping.pairs if value.scalar)

    def _duration(self, subject: Subject, key: str) -> None:
        value = subject.node.get(key)
        if value is None or _ZERO.fullmatch(value.text):
            return
        try:
            milliseconds(value.text)
        except (ValueError, ArithmeticError):
            remedy = "write such as 5m or 1h30m"
            self._say(subject, "rule/duration", f"{key}: {value.text!r} is no duration", remedy, value)

    def _known(self, subject: Subject, known: tuple[str, ...], what: str) -> None:
        for key, _ in subject.node.pairs:
            if key.text not in known:
                remedy = near_miss(key.text, known) or f"{what} has {one_of(known[:7])}"
                self._say(subject, "file/field", f"{what} has no field {key.text}", remedy, key)

    def _say(self, subject: Subject, id: str, summary: str, remedy: str, at: Node | None = None) -> None:
        place = at.place() if at is not None else None
        self.found.append(found(id, Level.ERROR, summary, remedy, subject, place))


def _once(nodes: Iterator[Node]) -> Iterator[Node]:
    """Each node, though aliases may name it often."""
    seen: set[int] = set()
    for node in nodes:
        if id(node) not in seen:
            seen.add(id(node))
            yield node
