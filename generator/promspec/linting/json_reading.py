"""Read JSON into nodes that know where they stand, without recursion."""

from __future__ import annotations

import json
import re

from promspec.linting.nodes import Kind, Node, Source

_TOKEN = re.compile(
    r'[ \t\r\n]*(?:(?P<text>"[^"\\\x00-\x1f]*(?:\\.[^"\\\x00-\x1f]*)*")'
    r"|(?P<number>-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][-+]?[0-9]+)?)"
    r"|(?P<bool>true|false)|(?P<null>null)|(?P<mark>[{}\[\]:,])|(?P<end>\Z))"
)
_KINDS: dict[str, Kind] = {"text": "text", "number": "number", "bool": "bool", "null": "null"}


class BrokenJson(ValueError):
    """A text that is not JSON: why, and from which offset on."""

    def __init__(self, message: str, offset: int) -> None:
        super().__init__(message)
        self.offset = offset


def document(source: Source) -> Node:
    """The one value of a JSON text; raises BrokenJson."""
    return _Reader(source).whole()


class _Reader:
    """Tokens, one at a time, with what is open on a stack."""

    def __init__(self, source: Source) -> None:
        self._source = source
        self._at = 0
        self._stack: list[Node] = []
        self._keys: list[Node | None] = []

    def whole(self) -> Node:
        """The value, and nothing after it."""
        root = self._value(self._token())
        while self._stack:
            self._step()
        kind, _, start, _ = self._token()
        if kind != "end":
            raise BrokenJson("there is more after the end of the JSON value", start)
        return root

    def _token(self) -> tuple[str, str, int, int]:
        match = _TOKEN.match(self._source.text, self._at)
        if match is None:
            start = self._at + len(self._source.text[self._at :]) - len(self._source.text[self._at :].lstrip(" \t\r\n"))
            raise BrokenJson("this is no JSON value", start)
        kind = str(match.lastgroup)
        self._at = match.end()
        return kind, match.group(kind), match.start(kind), match.end(kind)

    def _value(self, token: tuple[str, str, int, int]) -> Node:
        kind, text, start, end = token
        if kind in _KINDS:
            return Node(_KINDS[kind], self._source, start, end, self._text(kind, text, start), '"' * (kind == "text"))
        if text in ("{", "["):
            node = Node("mapping" if text == "{" else "sequence", self._source, start, end)
            self._stack.append(node)
            self._keys.append(None)
            return node
        raise BrokenJson(
            "the text ends too early" if kind == "end" else f"there is a value missing before {text}", start
        )

    def _text(self, kind: str, text: str, start: int) -> str:
        if kind == "null":
            return ""
        try:
            return str(json.loads(text)) if kind == "text" else text
        except ValueError:
            raise BrokenJson("this text has an escape that JSON does not know", start) from None

    def _step(self) -> None:
        """Read the next member of the innermost open collection, or its end."""
        node = self._stack[-1]
        token = self._token()
        closing = "}" if node.kind == "mapping" else "]"
        if token[1] == closing and token[0] == "mark":
            node.end = token[3]
            self._stack.pop()
            self._keys.pop()
            return
        if node.pairs or node.items:
            if token[1] != "," or token[0] != "mark":
                raise BrokenJson(f"a comma or {closing} is missing", token[2])
            token = self._token()
        if node.kind == "sequence":
            node.items.append(self._value(token))
            return
        if token[0] != "text":
            raise BrokenJson("a key in double quotes is missing", token[2])
        key = Node("text", self._source, token[2], token[3], self._text("text", token[1], token[2]), '"')
        colon = self._token()
        if colon[1] != ":" or colon[0] != "mark":
            raise BrokenJson("a colon is missing after the key", colon[2])
        node.pairs.append((key, self._value(self._token())))
