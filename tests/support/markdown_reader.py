"""Reads Markdown the CommonMark way, with GitHub's tables: an independent judge of what a reader sees."""

from __future__ import annotations

import re
from typing import Any

from markdown_it import MarkdownIt

_PARSER = MarkdownIt("commonmark").enable("table")


def _seen(token: Any) -> str:
    """What a reader sees of inline content: code and text, HTML tags gone."""
    parts = [
        child.content if child.type in ("text", "code_inline", "text_special") else "" for child in token.children or ()
    ]
    return "".join(parts)


def tables(text: str) -> list[list[list[str]]]:
    """Every table as rows of cells, the header first."""
    found: list[list[list[str]]] = []
    row: list[str] = []
    tokens = _PARSER.parse(text)
    for index, token in enumerate(tokens):
        if token.type == "table_open":
            found.append([])
        elif token.type == "tr_open":
            row = []
            found[-1].append(row)
        elif token.type in ("th_open", "td_open"):
            row.append(_seen(tokens[index + 1]))
    return found


def headings(text: str) -> list[tuple[int, str]]:
    """Every heading of the document itself (not inside a list) with its level."""
    tokens = _PARSER.parse(text)
    return [
        (int(token.tag[1]), _seen(tokens[index + 1]))
        for index, token in enumerate(tokens)
        if token.type == "heading_open" and token.level == 0
    ]


def blocks(text: str, language: str) -> list[str]:
    """The contents of the fenced blocks in a language."""
    return [t.content for t in _PARSER.parse(text) if t.type == "fence" and t.info == language]


def raw_html(text: str) -> list[str]:
    """Every HTML tag that a browser would act on, except our own comments and `code`."""
    tokens = _PARSER.parse(text)
    inline = [child.content for token in tokens for child in token.children or () if child.type == "html_inline"]
    block = [token.content for token in tokens if token.type == "html_block"]
    return [tag for tag in inline + block if not re.match(r"</?code>$|<!-- Generated", tag)]
