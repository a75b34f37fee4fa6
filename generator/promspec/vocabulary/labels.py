"""`Label`: a dimension of a metric, closed (its values are listed) or open (bounded by a maximum)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import KW_ONLY
from enum import Enum
from typing import Annotated

from pydantic import AfterValidator, BeforeValidator, model_validator

from promspec.naming import LABEL_NAME, OVERFLOW
from promspec.vocabulary.base import Declaration
from promspec.vocabulary.texts import wrong


def _name(text: str) -> str:
    if not LABEL_NAME.fullmatch(text):
        raise wrong("label/name", f"{text!r} is not a label name", "use letters, digits and _, not a digit first")
    if text.startswith("__"):
        raise wrong("label/name", f"{text!r} begins with __, which Prometheus keeps for itself", "drop the underscores")
    return text


def _plain(values: object) -> object:
    """Members of an Enum stand for their values."""
    if isinstance(values, type) and issubclass(values, Enum):
        return tuple(str(member.value) for member in values)
    if isinstance(values, str) or not isinstance(values, Sequence):
        return values
    return tuple(value.value if isinstance(value, Enum) else value for value in values)


def _values(values: Sequence[str] | None) -> Sequence[str] | None:
    if values is None:
        return None
    if not values:
        raise wrong(
            "label/values", "the list of values is empty", "list the values, or write max_values=… for an open label"
        )
    doubled = next((value for index, value in enumerate(values) if value in values[:index]), None)
    if doubled is not None:
        raise wrong("label/values", f"the value {doubled!r} stands twice", "list each value once")
    if "" in values:
        raise wrong(
            "label/values", "an empty value is the same as no label in Prometheus", 'write a word such as "none"'
        )
    return tuple(values)


class Label(Declaration):
    """A label and its values.

    Closed: `values` lists all of them, so that queries, types and zero series can be checked and laid out. Open: any
    value, at most `max_values` of them; what comes beyond is counted under `overflow`.

    >>> provider = Label("provider", "The OCR engine.", values=["paddle", "tesseract"])
    >>> f"sum by ({provider}) (x)"
    'sum by (provider) (x)'
    """

    name: Annotated[str, AfterValidator(_name)]
    help: str = ""
    _: KW_ONLY
    values: Annotated[Sequence[str] | type[Enum] | None, BeforeValidator(_plain), AfterValidator(_values)] = None
    max_values: int | None = None
    overflow: str = OVERFLOW

    @model_validator(mode="after")
    def _closed_or_open(self) -> Label:
        if (self.values is None) == (self.max_values is None):
            raise wrong(
                "label/open-or-closed",
                "a label is closed (values=…) or open (max_values=…), and this one is "
                + ("neither" if self.values is None else "both"),
                "write values=[…] if you know them all, else max_values=100",
            )
        if self.max_values is not None and not 1 <= self.max_values <= 100_000:
            raise wrong("label/max-values", f"max_values={self.max_values} is no useful bound", "write 1 to 100,000")
        return self

    def __str__(self) -> str:
        return self.name

    def __format__(self, spec: str) -> str:
        return format(self.name, spec)

    @property
    def closed(self) -> bool:
        """Whether all values are known."""
        return self.values is not None

    @property
    def known_values(self) -> tuple[str, ...]:
        """The values of a closed label, in order; empty for an open one."""
        return tuple(str(value) for value in self.values or ())
