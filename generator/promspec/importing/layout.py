"""Python source laid out as a formatter would: nested calls and lists, long texts as several literals."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from promspec.render.python import WIDTH, literal, width

_WORD = 40


@dataclass(frozen=True, slots=True)
class Raw:
    """Code that is not divided."""

    text: str


@dataclass(frozen=True, slots=True)
class Text:
    """A string: literal parts, and code that an f-string evaluates."""

    parts: tuple[str | Raw, ...]


@dataclass(frozen=True, slots=True)
class Call:
    """Something in brackets: `head`, items with what stands before each (`name=`, `"key": `, or nothing), `tail`."""

    head: str
    items: tuple[tuple[str, Node], ...]
    tail: str = ")"


Node = Raw | Text | Call


def text(value: str) -> Text:
    """A plain string."""
    return Text((value,))


def call(function: str, *positional: Node, **named: Node | None) -> Call:
    """A call; what is None is left out."""
    given = [(f"{name}=", node) for name, node in named.items() if node is not None]
    return Call(f"{function}(", (*(("", node) for node in positional), *given))


def listed(nodes: Iterable[Node]) -> Call:
    """A list."""
    return Call("[", tuple(("", node) for node in nodes), "]")


def mapping(values: Mapping[str, str], shared: str = "") -> Call:
    """A dict of texts, that of the name `shared` taken over first."""
    before = [("**", Raw(shared))] if shared else []
    return Call("{", (*before, *((f"{literal(key)}: ", text(value)) for key, value in values.items())), "}")


def assigned(name: str, node: Node) -> str:
    """`name = node`, a whole statement."""
    return f"{name} = {written(node, 0, width(name) + 3)}"


def written(node: Node, indent: int, before: int = 0, after: int = 0) -> str:
    """The code of a node on one line if it fits between what stands before and after it, else on several."""
    line = _flat(node)
    if indent + before + width(line) + after <= WIDTH or isinstance(node, Raw):
        return line
    margin = " " * (indent + 4)
    if isinstance(node, Text):
        chunks = list(_chunks(node, WIDTH - indent - 4))
        return (
            line if len(chunks) == 1 else "(\n" + "".join(f"{margin}{chunk}\n" for chunk in chunks) + margin[4:] + ")"
        )
    items = (f"{margin}{name}{written(item, indent + 4, width(name), 1)},\n" for name, item in node.items)
    return f"{node.head}\n{''.join(items)}{margin[4:]}{node.tail}"


def _flat(node: Node) -> str:
    if isinstance(node, Raw):
        return node.text
    if isinstance(node, Text):
        return _string(node.parts)
    return f"{node.head}{', '.join(name + _flat(item) for name, item in node.items)}{node.tail}"


def _string(parts: Sequence[str | Raw]) -> str:
    """A literal; an f-string if it evaluates something."""
    plain = "".join(part for part in parts if isinstance(part, str))
    code = "".join(part.text for part in parts if isinstance(part, Raw))
    if not any(isinstance(part, Raw) for part in parts):
        return literal(plain)
    quote = '"' if "'" in code or plain.count('"') <= plain.count("'") else "'"
    shown = (f"{{{part.text}}}" if isinstance(part, Raw) else _braced(part, quote) for part in parts)
    return f"f{quote}{''.join(shown)}{quote}"


def _braced(plain: str, quote: str) -> str:
    escaped = "".join(literal(char)[1:-1] for char in plain)
    return escaped.replace("{", "{{").replace("}", "}}").replace(quote, f"\\{quote}")


def _chunks(node: Text, most: int) -> Iterator[str]:
    """The string as literals that are at most so wide, cut after a space where there is one."""
    current: list[str | Raw] = []
    for word in _words(node):
        fits = width(_string(word)) <= most
        for piece in [word] if fits else [[part] for part in word]:
            if current and width(_string([*current, *piece])) > most:
                yield _string(current)
                current = []
            current += piece
    if current:
        yield _string(current)


def _words(node: Text) -> Iterator[list[str | Raw]]:
    """The pieces of the string up to each space, those without one cut; code is never cut."""
    word: list[str | Raw] = []
    for part in node.parts:
        if isinstance(part, Raw):
            word.append(part)
            continue
        *before, last = part.split(" ")
        for text in before:
            yield [*word, *_cut(f"{text} ")]
            word = []
        word += _cut(last)
    if word:
        yield word


def _cut(text: str) -> list[str | Raw]:
    return [text[start : start + _WORD] for start in range(0, len(text), _WORD)]
