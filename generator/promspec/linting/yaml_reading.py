"""Compose YAML into nodes without recursion: libyaml's events, so that no depth of nesting can exhaust the stack."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

import yaml

from promspec.linting.nodes import Kind, Node, Source

_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_NULL = re.compile(r"~|null|Null|NULL|")
_BOOL = re.compile(r"true|True|TRUE|false|False|FALSE")
_NUMBER = re.compile(r"[-+]?(?:\.[0-9]+|[0-9][0-9_]*(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?|0x[0-9a-fA-F]+|[-+]?\.inf|\.nan")
_MERGE = "<<"
_BRACKET = re.compile(r"[\[\]{}]")
_DEEPEST = 1000

Say = Callable[[str, str, str, int], None]
"""Takes an ID, what is wrong, a remedy and the offset of a mistake that does not stop the reading."""


class BrokenYaml(ValueError):
    """A text that is not YAML: why, from which offset on, and what to write instead."""

    def __init__(self, message: str, offset: int, remedy: str) -> None:
        super().__init__(message)
        self.offset = offset
        self.remedy = remedy


def documents(source: Source, say: Say) -> list[Node]:
    """The documents of a text; raises BrokenYaml."""
    _refuse_depth(source.text)
    try:
        return list(_composed(source, say))
    except BrokenYaml:
        raise
    except yaml.MarkedYAMLError as error:
        mark: Any = error.problem_mark or error.context_mark
        text = " ".join((error.problem or error.context or "this cannot be read").split())
        remedy = "mend the YAML; a text with `: ` or ` #` in it needs quotes"
        if "'\\t'" in text or "tab" in text:
            remedy = "indent with spaces: YAML takes no tabs"
        raise BrokenYaml(f"this is no YAML: {text}", int(getattr(mark, "index", 0)), remedy) from None
    except yaml.reader.ReaderError as error:
        shown = f"the character U+{int(error.character):04X} may not stand in YAML"
        offset = min(max(0, int(error.position)), max(0, len(source.text) - 1))
        raise BrokenYaml(shown, offset, "leave it out, or write it as an escape in double quotes") from None
    except (yaml.YAMLError, ValueError, RecursionError, OverflowError) as error:
        text = " ".join(str(error).split()) or "this cannot be read"
        raise BrokenYaml(f"this is no YAML: {text}", 0, "mend the YAML") from None


def _refuse_depth(text: str) -> None:
    """libyaml takes quadratic time for open brackets; nobody opens so many."""
    if text.count("[") + text.count("{") <= _DEEPEST:
        return
    depth = 0
    for found in _BRACKET.finditer(text):
        depth = depth + 1 if found.group(0) in "[{" else max(0, depth - 1)
        if depth > _DEEPEST:
            raise BrokenYaml("this is nested too deeply", found.start(), "write fewer levels")


def _composed(source: Source, say: Say) -> Iterator[Node]:
    """Build the nodes; `stack` holds the open collections, `keys` the keys that wait for their value."""
    stack: list[Node] = []
    keys: list[Node | None] = []
    anchors: dict[str, Node] = {}
    events: Iterator[Any] = yaml.parse(source.text, Loader=_LOADER)
    for event in events:
        if isinstance(event, yaml.DocumentStartEvent):
            anchors.clear()
        elif isinstance(event, (yaml.SequenceEndEvent, yaml.MappingEndEvent)):
            closed = stack.pop()
            keys.pop()
            closed.end = int(getattr(event.start_mark, "index", 0))
            if closed.kind == "mapping":
                _finish(closed, say)
            if not stack:
                yield closed
        elif isinstance(event, yaml.NodeEvent):
            node = _node(event, source, anchors, stack)
            if stack:
                _attach(stack[-1], keys, node)
            if isinstance(event, yaml.CollectionStartEvent):
                stack.append(node)
                keys.append(None)
            elif not stack:
                yield node


def _node(event: Any, source: Source, anchors: dict[str, Node], stack: list[Node]) -> Node:
    start, end = event.start_mark.index, event.end_mark.index
    if isinstance(event, yaml.AliasEvent):
        known = anchors.get(str(event.anchor))
        if known is None:
            raise BrokenYaml(f"this is no YAML: there is no anchor &{event.anchor}", start, f"write &{event.anchor}")
        if any(known is opened for opened in stack):
            raise BrokenYaml(f"the alias *{event.anchor} stands inside what it names", start, "write the value out")
        return known
    if isinstance(event, yaml.ScalarEvent):
        kind = _resolved(event) if event.implicit[0] and not event.style else "text"
        node = Node(kind, source, start, end, event.value, event.style or "")
    else:
        node = Node("mapping" if isinstance(event, yaml.MappingStartEvent) else "sequence", source, start, end)
    if event.anchor is not None:
        anchors[event.anchor] = node
    return node


def _resolved(event: Any) -> Kind:
    text = event.value
    if _NULL.fullmatch(text):
        return "null"
    if _BOOL.fullmatch(text):
        return "bool"
    return "number" if _NUMBER.fullmatch(text) else "text"


def _attach(parent: Node, keys: list[Node | None], node: Node) -> None:
    if parent.kind == "sequence":
        parent.items.append(node)
        return
    key = keys[-1]
    if key is None:
        keys[-1] = node
    else:
        parent.pairs.append((key, node))
        keys[-1] = None


def _finish(mapping: Node, say: Say) -> None:
    """Say which keys stand twice, and fill in what `<<` takes from elsewhere."""
    seen: set[str] = set()
    merged: list[tuple[Node, Node]] = []
    for key, value in mapping.pairs:
        if key.text == _MERGE and not key.style:
            for other in [value, *value.items] if value.kind == "sequence" else [value]:
                merged += other.pairs
        elif key.scalar and key.text in seen:
            text = f"the key {key.text} stands twice in one mapping"
            say("file/duplicate-key", text, "keep one of them", key.start)
        seen.add(key.text)
    if merged:
        own = [(key, value) for key, value in mapping.pairs if key.text != _MERGE]
        first = {key.text: (key, value) for key, value in reversed(merged) if key.text not in seen}
        mapping.pairs = [*first.values(), *own]
