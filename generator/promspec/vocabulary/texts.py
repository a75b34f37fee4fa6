"""The texts of a spec: durations, expressions, labels, and what no text may hold."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterator, Mapping
from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator
from pydantic_core import PydanticCustomError

from promspec.naming import LABEL_NAME
from promspec.quantities import milliseconds

_UNWRITABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff]")
"""Control characters but tab and line ends, and halves of characters, which UTF-8 does not have."""


class Unwritable(ValueError):
    """A text holds a character that no file or terminal should get."""


def check_characters(named: Mapping[str, Any]) -> None:
    """Raise `Unwritable` if one of the texts holds such a character."""
    for name, value in named.items():
        for text in _texts(value):
            found = _UNWRITABLE.search(text)
            if found is not None:
                raise Unwritable(f"{name} holds the character {found.group(0)!r}")


def _texts(value: object) -> Iterator[str]:
    """The texts of an argument: itself, or what a list or mapping holds, however deep."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        yield from (text for item in value.items() for each in item for text in _texts(each))
    elif isinstance(value, (list, tuple)):
        yield from (text for item in value for text in _texts(item))


def wrong(id: str, message: str, remedy: str) -> PydanticCustomError:
    """A validation error with one of our IDs; raise it in a field's validator."""
    text = {"message": message, "remedy": remedy}
    return PydanticCustomError(id, "{message}", text)


def _as_text(value: object) -> object:
    if isinstance(value, str):
        return value
    meant = f'"{value}s"' if isinstance(value, int) and not isinstance(value, bool) and value > 0 else "30s, 5m, 30d"
    raise wrong("value/duration", f"{value!r} is not a duration", f"write it as a text, with its unit: {meant}")


def _lasting(text: str) -> str:
    if milliseconds(text) == 0:
        raise wrong("value/duration", "an interval of zero would never pause", "write a duration such as 30s or 1m")
    return text


def _label_names(given: Mapping[str, str]) -> Mapping[str, str]:
    strange = next((name for name in given if not LABEL_NAME.fullmatch(name) or name.startswith("__")), None)
    if strange is not None:
        remedy = "use letters, digits and _, not a digit first, not two _ first"
        raise wrong("label/name", f"{strange!r} is not a name that Prometheus accepts", remedy)
    return given


def _duration(text: str) -> str:
    try:
        milliseconds(text)
    except ValueError as error:
        remedy = "write it as Prometheus does: 30s, 5m, 1h30m, 30d"
        raise wrong("value/duration", str(error).split(": write")[0], remedy) from None
    return text.strip()


def _filled(text: str) -> str:
    if not text.strip():
        raise wrong("value/empty", "this text is empty", "write a sentence that helps the person who reads it")
    return text


def _printed(value: object) -> object:
    """What stands for itself in PromQL as its text: metrics, their series and selectors, recording rules."""
    known = getattr(type(value), "in_promql", False)
    return str(value) if known else value


def _dedented(text: str) -> str:
    if not text.strip():
        raise wrong("promql/syntax", "the expression is empty", "write a query, such as sum(rate(x_total[5m]))")
    return textwrap.dedent(text).strip()


DurationText = Annotated[str, BeforeValidator(_as_text), AfterValidator(_duration)]
"""A Prometheus duration such as `30s`, `5m`, `1h30m`, `30d`."""
IntervalText = Annotated[DurationText, AfterValidator(_lasting)]
"""A duration that is not zero."""
LabelTexts = Annotated[Mapping[str, str], AfterValidator(_label_names)]
"""Names of labels or annotations, and their texts."""
Filled = Annotated[str, AfterValidator(_filled)]
"""A text that says something."""
ExprText = Annotated[
    str, BeforeValidator(lambda value: value if isinstance(value, str) else _printed(value)), AfterValidator(_dedented)
]
"""PromQL; a metric, a selector or a recording rule stands for itself. Common indentation is taken away."""
