"""Reads a page as a browser would: its elements with their places, its links, its anchors, its text."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from html.parser import HTMLParser

_VOID = {"meta", "link", "input", "br", "hr", "img"}


@dataclass(slots=True)
class Node:
    """An element; `text` is all text inside, also that of its children."""

    tag: str
    attributes: dict[str, str]
    parent: Node | None = None
    content: list[str | Node] = field(default_factory=list)

    @property
    def text(self) -> str:
        """The words inside, with single spaces."""
        return " ".join(" ".join(self._pieces()).split())

    def _pieces(self) -> Iterator[str]:
        for item in self.content:
            if isinstance(item, str):
                yield item
            elif item.tag not in ("style", "script"):
                yield from item._pieces()

    @property
    def children(self) -> list[Node]:
        """The elements right inside."""
        return [item for item in self.content if isinstance(item, Node)]

    @property
    def written(self) -> str:
        """What stands right inside, as it is."""
        return "".join(item for item in self.content if isinstance(item, str))

    def all(self, tag: str = "", **wanted: str) -> list[Node]:
        """Every element below with that tag and those attributes; `class_` is one of its classes."""
        found = []
        for child in self.children:
            if (not tag or child.tag == tag) and all(child._has(key, value) for key, value in wanted.items()):
                found.append(child)
            found += child.all(tag, **wanted)
        return found

    def _has(self, key: str, value: str) -> bool:
        if key == "class_":
            return value in self.attributes.get("class", "").split()
        return self.attributes.get(key.replace("_", "-")) == value


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.root = Node("document", {})
        self.at = self.root

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        names = [name for name, _ in attrs]
        assert len(names) == len(set(names)), f"<{tag}> has an attribute twice: {names}"
        node = Node(tag, {name: value or "" for name, value in attrs}, self.at)
        self.at.content.append(node)
        if tag not in _VOID:
            self.at = node

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        if tag not in _VOID:
            self.at = self.at.parent or self.root

    def handle_endtag(self, tag: str) -> None:
        assert self.at.tag == tag, f"</{tag}> closes <{self.at.tag}> at line {self.getpos()[0]}"
        self.at = self.at.parent or self.root

    def handle_data(self, data: str) -> None:
        self.at.content.append(data)


def read(text: str) -> Node:
    """The page; every element that is opened must be closed, in order."""
    reader = _Reader()
    reader.feed(text)
    reader.close()
    assert reader.at is reader.root, f"<{reader.at.tag}> is never closed"
    return reader.root
