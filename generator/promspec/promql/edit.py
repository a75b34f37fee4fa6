"""Write matchers, add them to selectors, shorten durations: without touching the rest of an expression's text."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence

from promspec.promql import regexes
from promspec.promql.lexer import tokens
from promspec.promql.parser import parse
from promspec.promql.strings import quote, unquote
from promspec.promql.syntax import Duration, Selector, Subquery, selectors, walk

_PLAIN_LABEL = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_OPERATORS = ("=", "!=", "=~", "!~")


def matcher(label: str, op: str, value: str) -> str:
    """The text of a matcher: `matcher("code", "=", "timeout")` is `code="timeout"`; other names come out quoted."""
    if op not in _OPERATORS:
        raise ValueError(f"`{op}` is no operator of a matcher: use one of {' '.join(_OPERATORS)}")
    if op in ("=~", "!~") and (problem := regexes.problem(value)):
        raise ValueError(f"`{value}` is no regular expression: {problem}")
    if not label:
        raise ValueError("a matcher needs a label name")
    return f"{label if _PLAIN_LABEL.fullmatch(label) else quote(label)}{op}{quote(value)}"


def add_matchers(text: str, choose: Callable[[Selector], Sequence[str]], *, templated: bool = False) -> str:
    """The expression with the matchers that `choose` names for each selector added to it.

    A matcher whose label the selector already matches is left out; everything else keeps its place.
    `add_matchers("rate(x[5m])", lambda s: ['job="a"'])` is `rate(x{job="a"}[5m])`.
    """
    pieces: list[str] = []
    copied = 0
    for selector in selectors(parse(text, templated=templated)):
        present = {matcher.label for matcher in selector.matchers}
        new = [added for added in choose(selector) if _label(added) not in present]
        if new:
            at, written = _insertion(selector, ",".join(new))
            pieces += (text[copied:at], written)
            copied = at
    return "".join((*pieces, text[copied:]))


def edit_durations(text: str, change: Callable[[Duration], str]) -> str:
    """The expression with each of its durations (ranges, steps, offsets) written as `change` says.

    Seconds that are plain numbers, such as those of `predict_linear` or `@`, are no durations and stay.
    `edit_durations("rate(x[5m] offset 1h)", lambda d: "1s")` is `rate(x[1s] offset 1s)`.
    """
    found = [duration for node in walk(parse(text)) for duration in _durations(node)]
    pieces: list[str] = []
    copied = 0
    for duration in sorted(found, key=lambda each: each.start):
        pieces += (text[copied : duration.start], change(duration))
        copied = duration.end
    return "".join((*pieces, text[copied:]))


def _durations(node: object) -> Iterator[Duration]:
    if isinstance(node, (Selector, Subquery)):
        step = node.step if isinstance(node, Subquery) else None
        yield from (each for each in (node.range, step, node.offset) if each is not None)


def _insertion(selector: Selector, added: str) -> tuple[int, str]:
    """Where the text goes and what is written there."""
    if selector.braces is None:
        return selector.name_end, "{" + added + "}"
    opening, _ = selector.braces
    ends = [matcher.end for matcher in selector.matchers]
    if selector.name is not None and selector.name_start > opening:
        ends.append(selector.name_end)
    return (max(ends), "," + added) if ends else (opening + 1, added)


def _label(written: str) -> str:
    """The label of a matcher's text; ValueError when it is not one matcher."""
    parts = tokens("{" + written + "}")[1:-2]
    kinds = [part.kind for part in parts]
    if kinds not in (["id", "op", "string"], ["string", "op", "string"]) or parts[1].text not in _OPERATORS:
        raise ValueError(f'`{written}` is no matcher such as job="api"')
    return unquote(parts[0].text, 0) if kinds[0] == "string" else parts[0].text
