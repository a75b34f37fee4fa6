"""Which parts of a Python file are the text of a literal; what stands in the braces of an f-string is not."""

from __future__ import annotations

import io
import tokenize
from collections.abc import Iterator

Span = tuple[int, int]


def literal_spans(source: str) -> list[Span]:
    """The offsets of the texts of all literals, without prefixes, quotes and replacement fields; [] if it is no Python.

    >>> literal_spans("x = f'a{b}c'")
    [(6, 7), (10, 11)]
    """
    starts = [0]
    for line in source.splitlines(keepends=True):
        starts.append(starts[-1] + len(line))
    try:
        tokens = list(tokenize.generate_tokens(io.StringIO(source).readline))
    except (tokenize.TokenError, SyntaxError, IndentationError):
        return []
    found: list[Span] = []
    for token in tokens:
        begin = starts[token.start[0] - 1] + token.start[1]
        end = starts[token.end[0] - 1] + token.end[1]
        if token.type == tokenize.STRING:
            found += _of_string(source[begin:end], begin)
        elif tokenize.tok_name[token.type] == "FSTRING_MIDDLE":  # Python 3.12 and later tell the parts themselves
            found.append((begin, end))
    return found


def _of_string(written: str, begin: int) -> Iterator[Span]:
    prefix = written[: min(written.find(quote) for quote in "'\"" if quote in written)]
    quotes = 3 if written[len(prefix) :][:3] in ('"""', "'''") else 1
    first, last = len(prefix) + quotes, len(written) - quotes
    if "f" not in prefix.lower():
        yield begin + first, begin + last
        return
    depth, at, since = 0, first, first
    while at < last:
        if depth == 0 and written[at : at + 2] in ("{{", "}}"):
            at += 2
            continue
        if written[at] == "{":
            if depth == 0:
                yield begin + since, begin + at
            depth += 1
        elif written[at] == "}" and depth:
            depth -= 1
            since = at + 1
        at += 1
    yield begin + since, begin + last
