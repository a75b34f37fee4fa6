"""`without_secrets`: a text without credentials in URLs, headers, assignments, options, pairs and the like."""

from __future__ import annotations

import re
from urllib.parse import unquote_plus

from .sensitive import Sensitive

SANITIZED = "[SANITIZED]"
"""What stands in place of a secret."""

_TRIGGER = re.compile(
    r"[=:@]|bearer|basic|digest|negotiate|['\"]\s*,|->|(?:^|[\s'\"\[(])--?\w|</|%3d|%40|eyJ|gh[pousr]_|sk-|PRIVATE KEY",
    re.IGNORECASE,
)
_USER = re.compile(
    # A bare name is no secret for ssh. A password may hold slashes, though none of them belongs there.
    r"(://)(?:(?:(?<!ssh://)|(?=[^\s/?#@]*:))[^\s/?#\"'<>]*@|[^\s/?#@:\"'<>]*:(?!\d{1,5}(?:[/?#]|$))[^\s\"'<>]{0,200}?@)"
)
_CUT_USER = re.compile(r"(://)[^\s/?#@\"'<>]*:[^\s/?#@\"'<>]*\Z")
_ENCODED_USER = re.compile(r"(%3A%2F%2F)(?:(?!%2F|%3F|%23)[^\s/?#\"'<>&=])*%40", re.IGNORECASE)
_ENCODED_PAIR = re.compile(r"((?:%3F|%26)([\w.-]+)%3D)(?:(?!%26|%23)[^\s&\"'<>#])+", re.IGNORECASE)
_SPACE = r"((?:\s|%20|\+)+)"
_SCHEME = re.compile(
    rf"\b(bearer){_SPACE}(?!(?:tokens?|auth\w*|of|is|and|or|in|scheme|header)\b)[^\s,;\"'&]+"
    # Words of prose follow these, too: what is hidden looks like no word.
    rf"|\b(basic|digest|negotiate){_SPACE}(?=[^\s,;\"'&]*(?-i:\d|[=+/]|[a-z][A-Z]|[A-Z]{{2}})|[^\s,;\"'&]{{16}})"
    r"[^\s,;\"'&]+",
    re.IGNORECASE,
)
_HEADER = re.compile(
    r"((?:authorization|cookie2?)[\"']?\s*[:=]\s*)(\"(?:[^\"\\]|\\.)*+\"?|'(?:[^'\\]|\\.)*+'?|[^\r\n]+)", re.IGNORECASE
)
_BLOCK = re.compile(r"(-----BEGIN [A-Z ]*PRIVATE KEY-----).*?(?:-----END [A-Z ]*PRIVATE KEY-----|\Z)", re.DOTALL)
_SHAPES = re.compile(r"\beyJ[\w-]{5,1000}\.[\w-]{5,}+\.[\w-]*+|\bgh[pousr]_\w{20,}|\bsk-[\w-]{20,}")
"""Tokens that tell by themselves what they are: JSON Web Tokens, GitHub's, and those of some vendors."""
_ELEMENT = re.compile(r"(<([\w.:-]{2,100})(?:\s[^<>]*)?>)[^<>]+(?=</)")
_OPTION = re.compile(r"(?<![\w.-])(--?([\w-]{2,100})\s+)(?=[^\s-])(\"[^\"]*\"?|'[^']*'?|[^\s\"']+)")
_QUOTED = r"""\"(?:[^\"\\]|\\.)*+(?:\"|\Z)|'(?:[^'\\]|\\.)*+(?:'|\Z)"""
# In JSON inside a text: it ends at a quote with as many backslashes as it began with.
_ESCAPED = r"""(?P<marks>\\+)(?P<quote>["'])(?:(?!(?<!\\)(?P=marks)(?P=quote)).)*+(?:(?P=marks)(?P=quote)|\Z)"""
_KEY = re.compile(
    r"(?<![\w.%\[\]$-])([\w.%\[\]$-]{2,}+)"
    r"(\\*[\"']?\]?\s*+(?:=>|->|:=|=|:(?!//))\s*+(?:[bruf](?=[\\\"']))?(?=\S)|[\"']\s*+,\s*+b?(?=[\"']))",
    re.IGNORECASE,
)
_VALUE = re.compile(rf"{_ESCAPED}|{_QUOTED}|[\[{{(].*|[^\s&;,}}\])]+", re.DOTALL)
_INDENTED = r"[|>][-+]?[ \t]*\r?\n(?:[ \t]+[^\n]*(?:\n|\Z))+"
_REST = re.compile(rf"{_ESCAPED}|{_QUOTED}|{_INDENTED}|[\[{{(].*|[^\r\n]+", re.DOTALL)
_OPENING = re.compile(r"\\*[\"']")
_DONE = re.compile(r"\\*[\"']?\[SANITIZED\]")
_PAIR_END = re.compile(r"\s*[\])]|\Z")
_CLASSES = ("error", "exception", "warning")
_SIGNATURES = ("sig", "signature")
"""In the query of a URL these open what is signed."""


def without_secrets(text: str, sensitive: Sensitive, *, cut: bool = False) -> str:
    """The text with `[SANITIZED]` for every credential; `cut` says that its end is missing.

    >>> without_secrets("GET https://ada:pw@host/?q=1&token=abc", Sensitive())
    'GET https://[SANITIZED]@host/?q=1&token=[SANITIZED]'
    >>> without_secrets("Authorization: Bearer abc", Sensitive())
    'Authorization: [SANITIZED]'
    """
    if _TRIGGER.search(text) is None:
        return text
    if "PRIVATE KEY-----" in text:
        text = _BLOCK.sub(rf"\1{SANITIZED}", text)
    text = _in_urls(text, sensitive, cut)
    text = _HEADER.sub(lambda found: found[1] + _hidden(found[2]), text)
    text = _SCHEME.sub(lambda found: f"{found[1] or found[3]}{found[2] or found[4]}{SANITIZED}", text)
    text = _SHAPES.sub(SANITIZED, text)
    if "</" in text:
        text = _ELEMENT.sub(lambda found: f"{found[1]}{SANITIZED}" if sensitive(found[2]) else found[0], text)
    if "-" in text:
        text = _OPTION.sub(lambda found: found[1] + _hidden(found[3]) if sensitive(found[2]) else found[0], text)
    return _without_values(text, sensitive)


def _in_urls(text: str, sensitive: Sensitive, cut: bool) -> str:
    if "://" in text:
        text = _USER.sub(rf"\1{SANITIZED}@", text)
        if cut:
            text = _CUT_USER.sub(rf"\1{SANITIZED}", text)
    if "%" in text:  # A URL that is a value in another one.
        text = _ENCODED_USER.sub(rf"\1{SANITIZED}%40", text)
        text = _ENCODED_PAIR.sub(lambda found: found[1] + SANITIZED if sensitive(found[2]) else found[0], text)
    return text


def _hidden(value: str) -> str:
    """What stands in place of a value; the quotes stay, so that JSON in a text is still JSON."""
    opening = _OPENING.match(value)
    return f"{opening[0]}{SANITIZED}{opening[0]}" if opening else SANITIZED


def _without_values(text: str, sensitive: Sensitive) -> str:
    """The text without the values of `key=value`, `key: value` and the like. After a key that hides nothing the search
    goes on right behind it: its value may hold another pair.
    """
    made, kept, at = [], 0, 0
    while (found := _KEY.search(text, at)) is not None:
        at = found.end()
        key, between = found.groups()
        name = unquote_plus(key) if "%" in key else key
        signed = text[max(0, found.start() - 1)] in "?&" and name.lower().endswith(_SIGNATURES)
        if not (signed or sensitive(name)) or name.lower().endswith(_CLASSES) or _DONE.match(text, at):
            continue
        # Prose such as `password: two words` has no other end than that of its line.
        value = (_REST if between.strip() == ":" else _VALUE).match(text, at)
        if value is not None and ("," not in between or _pairs(text, found.start(), key, value.end())):
            made += [text[kept:at], _hidden(value[0])]
            kept = at = value.end()
    return "".join([*made, text[kept:]])


def _pairs(text: str, start: int, key: str, end: int) -> bool:
    """Whether `'key', 'value'` belong together: in a tuple, in a list of two, or as an option and what it is given."""
    before = max(text.rfind("(", 0, start), text.rfind("[", 0, start), 0)
    alone = text[before + 1 : start].strip("b\"' ") == ""
    return key.startswith("-") or text[before] == "(" or (alone and _PAIR_END.match(text, end) is not None)
