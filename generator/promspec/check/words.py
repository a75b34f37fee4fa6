"""Where in the source of a declaration a word of it is written."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace

from promspec.problems import Place


def written(sources: Mapping[str, Sequence[str]], place: Place, word: str) -> Place | None:
    """The place of a string literal that is the word; of a variable such as `$job`, that of the word inside of one.

    None where there is none or more than one: then it is not certain which was meant.
    """
    lines = sources.get(place.file, ())[place.line - 1 : max(place.end_line, place.line)]
    inside = rf"{re.escape(word)}(?![\w])" if word.startswith("$") else rf"(?<=['\"]){re.escape(word)}(?=['\"])"
    hits = [(number, match) for number, line in enumerate(lines) for match in re.finditer(inside, line)]
    if len(hits) != 1:
        return None
    number, match = hits[0]
    at = Place(place.file, place.line + number, match.start() + 1, len(word))
    return replace(at, related=place.related, relation=place.relation)
