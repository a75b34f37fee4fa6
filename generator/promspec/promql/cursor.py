"""A place in the token list, and the wording of every "this is not what belongs here"."""

from __future__ import annotations

import re
from typing import NoReturn

from promspec.promql.errors import PromQLError
from promspec.promql.lexer import STRING, VARIABLE, Token, tokens

_VARIABLE = re.compile(VARIABLE)
MOST_NESTING = 64
_OTHER_LANGUAGES = {"<>": "write `!=`", "**": "write `^`", "//": "write floor(a / b)"}


class Cursor:
    """Reads tokens one by one; `token` is the next one.

    With `any_series` the next selector may select every series: it only adds labels to others, as in info().
    """

    __slots__ = ("_index", "_tokens", "any_series", "depth", "templated", "text", "token")

    def __init__(self, text: str, *, templated: bool) -> None:
        self.text = text
        self.templated = templated
        self.depth = 0
        self.any_series = False
        self._tokens = tokens(text, templated=templated)
        self._index = 0
        self.token = self._tokens[0]

    def take(self) -> Token:
        """The next token, which is left behind."""
        taken = self.token
        if taken.kind not in ("end", "error"):
            self._index += 1
            self.token = self._tokens[self._index]
        return taken

    def following(self) -> Token:
        """The token after the next one."""
        return self._tokens[min(self._index + 1, len(self._tokens) - 1)]

    def previous_end(self) -> int:
        """Where the token that was taken last ends."""
        return self._tokens[self._index - 1].end if self._index else 0

    def at_op(self, text: str) -> bool:
        """Whether the next token is this punctuation."""
        return self.token.kind == "op" and self.token.text == text

    def at_word(self, *words: str) -> bool:
        """Whether the next token is one of these keywords, in any case."""
        return self.token.kind == "id" and self.token.text.lower() in words

    def accept(self, text: str) -> bool:
        """Take the next token if it is this punctuation."""
        if self.at_op(text):
            self.take()
            return True
        return False

    def expect(self, text: str, purpose: str) -> Token:
        """Take this punctuation, or fail: `purpose` says what it is needed for."""
        if not self.at_op(text):
            self.unexpected(f"`{text}` {purpose}")
        return self.take()

    def deeper(self) -> None:
        """Count one level of nesting; the caller takes it off again."""
        self.depth += 1
        if self.depth > MOST_NESTING:
            message = f"the expression is nested more than {MOST_NESTING} deep"
            raise PromQLError(message, self.token.start, self.token.end, "record the inner part under a name")

    def unexpected(self, wanted: str) -> NoReturn:
        """Fail at the next token: `wanted` says what belongs there."""
        token = self.token
        if token.kind == "error":
            raise _unreadable(self.text, token, f"{wanted} belongs here")
        if token.kind == "malformed":
            raise _malformed(token)
        if token.kind == "end":
            raise PromQLError("the expression ends too early", token.start, token.end, f"{wanted} is missing")
        if token.kind == "variable":
            message = f"the Grafana variable `{token.text}` cannot stand here"
            remedy = f"{wanted} belongs here; a variable may stand for a duration, a number, or inside a string"
            raise PromQLError(message, token.start, token.end, remedy)
        remedy = _OTHER_LANGUAGES.get(self.text[token.start - 1 : token.end], f"{wanted} belongs here")
        raise PromQLError(f"unexpected {_shown(token)}", token.start, token.end, remedy)


def has_variable(text: str) -> bool:
    """Whether a Grafana variable is written somewhere in the text."""
    return _VARIABLE.search(text) is not None


def _shown(token: Token) -> str:
    text = token.text if len(token.text) <= 30 else token.text[:27] + "..."
    return f"{token.kind if token.kind in ('number', 'duration', 'string') else ''} `{text}`".lstrip()


def _malformed(token: Token) -> PromQLError:
    remedy = ""
    if re.fullmatch(r"[0-9]*\.[0-9]+(?:ms|[smhdwy])", token.text):
        remedy = "write whole units, such as 1h30m for 1.5h"
    return PromQLError(f"`{token.text}` is neither a number nor a duration", token.start, token.end, remedy)


def _unreadable(text: str, token: Token, remedy: str) -> PromQLError:
    """The error for text that is no token; `remedy` is the one for lack of a better."""
    start, character = token.start, token.text
    literal = STRING.match(text, start)
    if literal:
        return PromQLError(f"unexpected string {literal[0]}", start, literal.end(), remedy)
    if character in "\"'`":
        line_end = len(text) if character == "`" else (text.find("\n", start) % (len(text) + 1))
        return PromQLError("this string is not closed", start, line_end, f"close it with {character}")
    if re.match(r"\$[A-Za-z_{]", text[start : start + 2]):
        remedy = "Grafana replaces variables; in a rule write what is meant, such as 5m"
        return PromQLError("a Grafana variable cannot stand here", start, start + 1, remedy)
    if text.startswith(("=~", "!~"), start):
        return PromQLError(f"`{text[start : start + 2]}` belongs into braces", start, start + 2, 'write {label=~"..."}')
    if text.startswith("&&", start) or text.startswith("||", start):
        word = "and" if character == "&" else "or"
        return PromQLError(f"`{text[start : start + 2]}` is not PromQL", start, start + 2, f"write `{word}`")
    if character == "!":
        return PromQLError("`!` is not PromQL", start, start + 1, "write `!=`, `unless` or `== 0`")
    if character == "." and re.match(r"\w", text[max(start - 1, 0)]):
        remedy = 'names have no dots; Prometheus 3 reads {"a.name"} with quotes'
    return PromQLError(f"unexpected character `{character}`", start, start + 1, remedy)
