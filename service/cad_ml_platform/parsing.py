"""From a provider's raw answer to typed items: dimensions, threads, symbols, the title block."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal, TypeVar

from pydantic import BaseModel, Field, ValidationError

from service.cad_ml_platform.body import loads
from service.cad_ml_platform.errors import AnswerNotUnderstood

ItemType = Literal["text", "dimension", "tolerance", "symbol", "title_block"]
Answered = TypeVar("Answered", bound=BaseModel)

_TITLE = re.compile(r"\s*(part|material|rev(?:ision)?|drawing(?: no)?|scale|company)\.?\s*[:=]\s*(.+)", re.IGNORECASE)
_TOLERANCE = re.compile(r"±\s*\d|\d\s*[+-]0?\.\d|\b[HhGgKkFf]\d{1,2}\b")
_DIMENSION = re.compile(r"(?:[ØøR⌀]\s*\d)|(?:\d\s*(?:mm\b|°))|(?:\bM\d+(?:\s*[x\u00d7]\s*\d)?)")
_SYMBOL = re.compile(r"(?:\bR[az]\s*\d)|[⌖⏊∥⊥◎⌭⏥]")


class Line(BaseModel):
    """A line of text as an engine reports it."""

    text: str = Field(max_length=10_000)
    confidence: float = Field(ge=0, le=1)


class Lines(BaseModel):
    """An OCR engine's answer."""

    lines: list[Line] = Field(max_length=10_000)


class Description(BaseModel):
    """A vision model's answer."""

    summary: str
    objects: list[str] = []


@dataclass(frozen=True, slots=True)
class Item:
    """One thing read off the drawing; `confidence` is 0-1."""

    text: str
    type: ItemType
    confidence: float


def _checked(raw: str, model: type[Answered]) -> Answered:
    try:
        return model.model_validate(loads(raw))
    except ValidationError as error:
        raise AnswerNotUnderstood(f"the provider's answer has {error.error_count()} faults") from None


def item_type(text: str) -> ItemType:
    """What a line of a drawing is.

    >>> item_type("Ø20"), item_type("20 ±0.02"), item_type("Ra 1.6"), item_type("Material: Q235")
    ('dimension', 'tolerance', 'symbol', 'title_block')
    """
    if _TITLE.fullmatch(text):
        return "title_block"
    if _SYMBOL.search(text):
        return "symbol"
    if _TOLERANCE.search(text):
        return "tolerance"
    return "dimension" if _DIMENSION.search(text) else "text"


def items(raw: str) -> tuple[Item, ...]:
    """The items of an OCR answer. Raises json.JSONDecodeError or `AnswerNotUnderstood`."""
    return tuple(Item(line.text, item_type(line.text), line.confidence) for line in _checked(raw, Lines).lines)


def description(raw: str) -> Description:
    """A vision answer. Raises json.JSONDecodeError or `AnswerNotUnderstood`."""
    return _checked(raw, Description)


def title_block(found: tuple[Item, ...]) -> dict[str, str]:
    """The title block's fields in lower case; the first of each name counts."""
    block: dict[str, str] = {}
    for item in found:
        match = _TITLE.fullmatch(item.text)
        if match:
            block.setdefault(match[1].lower(), match[2].strip())
    return block
