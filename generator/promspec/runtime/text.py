"""The words of the text formats (0.0.4 and OpenMetrics 1.0): numbers, escapes, label sets, headings."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from typing import TypeAlias

from prometheus_client import utils
from prometheus_client.samples import Exemplar

TEXT = "text/plain; version=0.0.4; charset=utf-8"
OPENMETRICS = "application/openmetrics-text; version=1.0.0; charset=utf-8"

LONGEST_VALUE = 256
"""Characters of a label value; a longer one is cut, and ends in an ellipsis."""

LONGEST_EXEMPLAR = 128
"""Characters of the names and values of an exemplar's labels (OpenMetrics 1.0, "Exemplars")."""

# A lone surrogate is no UTF-8 and would break the scrape of the whole process; NUL ends the input for Prometheus.
_UNFIT = {code: f"\\u{code:04x}" for code in range(0xD800, 0xE000)} | {0: "\\x00"}

Labels: TypeAlias = Mapping[str, str]

_printed: Callable[[float], str] = utils.floatToGoString

_TEXT_TYPES = {"info": "gauge", "unknown": "untyped"}
_SUFFIXES = {"counter": "_total", "info": "_info"}


def clean(value: str) -> str:
    """A label value that can be written: cut to `LONGEST_VALUE`, what is no text shown by its code.

    >>> clean("a" + chr(0xdc80))
    'a\\\\udc80'
    """
    text = str.__str__(value)
    if len(text) > LONGEST_VALUE:
        text = text[: LONGEST_VALUE - 1] + "…"
    return text.translate(_UNFIT) if not text.isascii() or "\0" in text else text


def number(value: float) -> str:
    """A value as Prometheus prints it."""
    return _printed(value)


def digits(ones: str) -> str:
    """The same of a natural number that is given by its digits."""
    return f"{ones}.0" if len(ones) < 7 else number(float(ones))


def quoted(value: str) -> str:
    """A label value with its escapes."""
    return value.replace("\\", "\\\\").replace("\n", "\\n").replace('"', '\\"')


def label_set(names: Iterable[str], values: Iterable[str], *more: tuple[str, str]) -> str:
    """`{a="x",b="y"}`, sorted by name; nothing for no labels."""
    pairs = sorted([*zip(names, values, strict=True), *more])
    return "{" + ",".join(f'{name}="{quoted(value)}"' for name, value in pairs) + "}" if pairs else ""


def family_name(name: str, kind: str) -> str:
    """OpenMetrics names a family without the suffix of its samples."""
    return name.removesuffix(_SUFFIXES.get(kind, "\0"))


def heading(name: str, kind: str, help: str, openmetrics: bool) -> str:
    """The lines above the series of a family."""
    if openmetrics:
        shown, type_, text = family_name(name, kind), kind, quoted(help)
    else:
        shown, type_ = name, _TEXT_TYPES.get(kind, kind)
        text = help.replace("\\", "\\\\").replace("\n", "\\n")
    return f"# HELP {shown} {text}\n# TYPE {shown} {type_}\n"


def exemplar_text(exemplar: Exemplar) -> str:
    """What follows the value in OpenMetrics."""
    labels = label_set(exemplar.labels.keys(), exemplar.labels.values()) or "{}"
    return f" # {labels} {number(exemplar.value)} {exemplar.timestamp}"


def accepts_openmetrics(accept: str) -> bool:
    """Whether a header of HTTP asks for OpenMetrics."""
    for part in accept.lower().split(","):
        kind, *more = (word.strip() for word in part.split(";"))
        if kind == "application/openmetrics-text":
            return not any(re.fullmatch(r"q=0(\.0*)?", word) for word in more)  # It may be refused, too.
    return False
