"""Texts of a spec as safe HTML: the Markdown that Grafana and runbooks read, without raw HTML and unsafe links."""

from __future__ import annotations

import re
from collections.abc import Iterator

from markupsafe import Markup, escape

_INLINE = re.compile(
    r"(?P<ticks>`+)(?P<code>.+?)(?P=ticks)"
    r"|\*\*(?P<strong>[^*]+)\*\*|(?<!\w)[*_](?P<em>[^*_\s][^*_]*)[*_](?!\w)"
    r"|\[(?P<text>[^\]\[]+)\]\(<?(?P<address>[^)\s>]+)>?\)"
)
_SAFE = re.compile(r"(?:https?://|mailto:|[#?./]|[\w-]+(?:[/#?.]|$))", re.IGNORECASE)
_SCHEME = re.compile(r"[a-z][a-z0-9+.-]*:", re.IGNORECASE)
_HEADING = re.compile(r"(#{1,6})\s+(.*?)\s*#*$")
_ITEM = re.compile(r"\s*(?:[-*+]|\d{1,9}[.)])\s+(.*)$")
_NUMBERED = re.compile(r"\s*\d{1,9}[.)]\s")
_FENCE = re.compile(r"\s*(`{3,}|~{3,})")


def inline(text: str) -> Markup:
    """A sentence: code, bold, emphasis and links; everything else as it is written.

    >>> str(inline("see `up` <b>"))
    'see <code>up</code> &lt;b&gt;'
    """
    parts: list[Markup] = []
    end = 0
    for found in _INLINE.finditer(text):
        parts += [escape(text[end : found.start()]), _part(found)]
        end = found.end()
    return Markup("").join([*parts, escape(text[end:])])


def safe_address(address: str) -> bool:
    """Whether a link may lead there: to http, https, mail, or a place beside it; never to a script."""
    return bool(_SAFE.match(address)) and (
        not _SCHEME.match(address) or address.lower().startswith(("http://", "https://", "mailto:"))
    )


def link(text: str, address: str) -> Markup:
    """A link, or its text where the address is not one to be followed."""
    if not safe_address(address):
        return Markup("{} ({})").format(text, address) if text != address else escape(text)
    return Markup('<a href="{}" rel="noreferrer">{}</a>').format(address, text)


def _part(found: re.Match[str]) -> Markup:
    if found["code"] is not None:
        return Markup("<code>{}</code>").format(found["code"].strip() or found["code"])
    if found["address"] is not None:
        return link(found["text"], found["address"])
    tag = Markup("strong") if found["strong"] is not None else Markup("em")
    return Markup("<{0}>{1}</{0}>").format(tag, inline(found["strong"] or found["em"]))


def blocks(text: str) -> Markup:
    """Paragraphs, headings, lists and fenced code."""
    return Markup("\n").join(_blocks(text.strip("\n").splitlines()))


def _blocks(lines: list[str]) -> Iterator[Markup]:
    paragraph: list[str] = []
    place = 0
    while place < len(lines):
        line = lines[place]
        begins = _FENCE.match(line) or _HEADING.match(line) or _ITEM.match(line)
        if paragraph and (begins or not line.strip()):
            yield Markup("<p>{}</p>").format(inline(" ".join(paragraph)))
            paragraph = []
        if fence := _FENCE.match(line):
            stop = next((n for n in range(place + 1, len(lines)) if lines[n].strip().startswith(fence[1])), len(lines))
            yield Markup("<pre><code>{}</code></pre>").format("\n".join(lines[place + 1 : stop]))
            place = stop
        elif heading := _HEADING.match(line):
            yield Markup("<h{0}>{1}</h{0}>").format(min(6, len(heading[1]) + 3), inline(heading[2]))
        elif _ITEM.match(line):
            count = _items(lines, place)
            tag = Markup("ol" if _NUMBERED.match(line) else "ul")  # nosec B704 - one of two words
            items = Markup("").join(
                Markup("<li>{}</li>").format(inline(item[1]))
                for each in lines[place : place + count]
                if (item := _ITEM.match(each))
            )
            yield Markup("<{0}>{1}</{0}>").format(tag, items)
            place += count - 1
        elif line.strip():
            paragraph.append(line.strip())
        place += 1
    if paragraph:
        yield Markup("<p>{}</p>").format(inline(" ".join(paragraph)))


def _items(lines: list[str], place: int) -> int:
    """How many lines from `place` on are items of one list."""
    return next((n for n in range(place, len(lines)) if not _ITEM.match(lines[n])), len(lines)) - place
