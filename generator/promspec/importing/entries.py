"""A value of a YAML document with its line: asked for by key and type, and complaining where it does not fit."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from functools import cached_property

import yaml

from promspec.problems import Level, Place, Problem, near_miss, one_of
from promspec.vocabulary.texts import Unwritable, check_characters

_TAG = "tag:yaml.org,2002:"
_KINDS = {"str": "a text", "int": "a number", "float": "a number", "bool": "true or false", "null": "empty"}
_NUMBER = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d{1,3})?", re.ASCII)


@dataclass(frozen=True, slots=True)
class Findings:
    """The problems found until now."""

    problems: list[Problem] = field(default_factory=list)

    def add(self, id: str, text: str, file: str, line: int, remedy: str, level: Level = Level.ERROR) -> None:
        """Note a problem at a line; 0 where there is none."""
        self.problems.append(Problem(id, level, text, Place(file, line), remedy))


class Entry:
    """A node of a document. Asked for a key of the wrong type, it notes a problem and gives what is empty."""

    def __init__(self, node: yaml.Node, file: str, findings: Findings, name: str = "") -> None:
        self.node, self.file, self.findings, self.name = node, file, findings, name

    @property
    def line(self) -> int:
        """The line it begins at, from 1."""
        return int(self.node.start_mark.line) + 1

    @property
    def kind(self) -> str:
        """What it is, in words."""
        if isinstance(self.node, yaml.MappingNode):
            return "a mapping"
        if isinstance(self.node, yaml.SequenceNode):
            return "a list"
        return _KINDS.get(str(self.node.tag).removeprefix(_TAG), "a text")

    @property
    def empty(self) -> bool:
        """Whether nothing was written."""
        return isinstance(self.node, yaml.ScalarNode) and (self.node.tag == f"{_TAG}null")

    def say(self, id: str, text: str, remedy: str, level: Level = Level.ERROR) -> None:
        """Note a problem at its line."""
        self.findings.add(id, text, self.file, self.line, remedy, level)

    def line_after(self, newlines: int) -> int:
        """The line of its text after so many line ends: a block begins in the line after its mark."""
        block = getattr(self.node, "style", None) in ("|", ">")
        return self.line + newlines + (1 if block else 0)

    @property
    def is_mapping(self) -> bool:
        """Whether it has keys."""
        return isinstance(self.node, yaml.MappingNode)

    @cached_property
    def fields(self) -> dict[str, Entry]:
        """Its keys and values, those of `<<` included, without those that were left empty."""
        found = self._pairs(self.node, {}) if isinstance(self.node, yaml.MappingNode) else {}
        return {key: entry for key, entry in found.items() if not entry.empty}

    def _pairs(self, node: yaml.MappingNode, done: dict[int, dict[str, Entry]]) -> dict[str, Entry]:
        """The pairs of a mapping. Each is read once, so that mappings that merge each other, or themselves, end."""
        if id(node) in done:
            return done[id(node)]
        done[id(node)] = {}
        own: dict[str, Entry] = {}
        merged: dict[str, Entry] = {}
        for key, value in node.value:
            if key.tag == f"{_TAG}merge":
                for part in value.value if isinstance(value, yaml.SequenceNode) else [value]:
                    if isinstance(part, yaml.MappingNode):
                        merged = {**self._pairs(part, done), **merged}
                continue
            name = str(key.value) if isinstance(key, yaml.ScalarNode) else ""
            if name in own:
                place = int(key.start_mark.line) + 1
                text = f"the key {name} stands twice, first in line {own[name].line}"
                self.findings.add("import/duplicate-key", text, self.file, place, "keep one of the two")
            own[name] = Entry(value, self.file, self.findings, name)
        done[id(node)] = {**merged, **own}
        return done[id(node)]

    def known(self, *keys: str) -> None:
        """Say of each key that is none of these."""
        for key, entry in self.fields.items():
            if key not in keys:
                remedy = near_miss(key, keys) or f"the keys here are {one_of(keys)}"
                entry.say("import/unknown-key", f"there is no key {key!r}", remedy, Level.WARNING)

    def get(self, *keys: str) -> Entry | None:
        """The value of the first of these keys that is there."""
        return next((self.fields[key] for key in keys if key in self.fields), None)

    def require(self, *keys: str) -> Entry | None:
        """The value of the first of these keys; without any, a problem."""
        found = self.get(*keys)
        if found is None:
            what = self.name or "the document"
            near = next((near for near in (near_miss(keys[0], self.fields),) if near), "")
            remedy = f"write {keys[0]}: …" + (f" ({near})" if near else "")
            self.say("import/missing", f"{what} has no {keys[0]}", remedy)
        return found

    def text(self, *keys: str) -> str | None:
        """The required text of a key, which says something."""
        found = self.require(*keys)
        text = found.as_text() if found is not None else None
        if found is not None and text is not None and not text.strip():
            found.say("import/missing", f"{keys[0]} is empty", f"write {keys[0]}: …")
            return None
        return text

    def optional(self, *keys: str) -> str:
        """The text of a key, empty where there is none."""
        found = self.get(*keys)
        return (found.as_text() or "") if found is not None else ""

    def as_text(self) -> str | None:
        """Its text; numbers and flags as they are written."""
        if not isinstance(self.node, yaml.ScalarNode):
            self._wrong_type("a text")
            return None
        text = str(self.node.value)
        try:
            check_characters({self.name or "this": text})
        except Unwritable as error:
            self.say("import/characters", str(error), "leave it out: files, terminals and metrics cannot carry it")
            return None
        return text

    def as_number(self) -> Decimal | None:
        """Its number, exact."""
        text = str(self.node.value).strip() if isinstance(self.node, yaml.ScalarNode) else ""
        try:
            if _NUMBER.fullmatch(text):
                return Decimal(text)
        except InvalidOperation:
            pass
        self._wrong_type("a number")
        return None

    def flag(self, key: str) -> bool | None:
        """Whether a key is true; None where it is not given."""
        found = self.get(key)
        if found is None:
            return None
        text = str(found.node.value).lower() if isinstance(found.node, yaml.ScalarNode) else ""
        if text not in ("true", "false", "yes", "no", "on", "off"):
            found._wrong_type("true or false")
            return None
        return text in ("true", "yes", "on")

    def mapping(self, *keys: str, required: bool = False) -> Entry | None:
        """The mapping of a key."""
        found = self.require(*keys) if required else self.get(*keys)
        if found is not None and not isinstance(found.node, yaml.MappingNode):
            found._wrong_type("a mapping")
            return None
        return found

    def items(self, *keys: str, required: bool = False) -> tuple[Entry, ...]:
        """The items of the list of a key."""
        found = self.require(*keys) if required else self.get(*keys)
        if found is None:
            return ()
        if not isinstance(found.node, yaml.SequenceNode):
            found._wrong_type("a list")
            return ()
        name = found.name.removesuffix("s")
        return tuple(Entry(node, self.file, self.findings, name) for node in found.node.value)

    def items_or_self(self) -> tuple[Entry, ...]:
        """The items of a list, or the one value that stands for a list of one."""
        if isinstance(self.node, yaml.SequenceNode):
            return tuple(Entry(node, self.file, self.findings, self.name) for node in self.node.value)
        return (self,)

    def mappings(self, *keys: str, required: bool = False) -> Iterator[Entry]:
        """The items of the list of a key that are mappings; the others are problems."""
        for item in self.items(*keys, required=required):
            if isinstance(item.node, yaml.MappingNode):
                yield item
            else:
                item._wrong_type("a mapping")

    def texts(self, key: str) -> dict[str, Entry]:
        """The values of a mapping of texts, such as labels."""
        found = self.mapping(key)
        if found is None:
            return {}
        kept = {}
        for name, entry in found.fields.items():
            if isinstance(entry.node, yaml.ScalarNode):
                kept[name] = entry
            else:
                entry._wrong_type("a text")
        return kept

    def _wrong_type(self, wanted: str) -> None:
        shown = f"{self.name} is {self.kind}" if self.name else f"this is {self.kind}"
        self.say("import/type", f"{shown}, not {wanted}", f"write {wanted}")
