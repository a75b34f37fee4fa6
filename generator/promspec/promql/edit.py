"""Write matchers, and add them to the selectors of an expression without touching the rest of its text."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from promspec.promql import regexes
from promspec.promql.lexer import tokens
from promspec.promql.parser import parse
from promspec.promql.strings import quote, unquote
from promspec.promql.syntax import Selector, selectors

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
