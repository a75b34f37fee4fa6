"""Reads the text format and OpenMetrics with prometheus_client's parser, within bounds of lines and of time."""

from __future__ import annotations

import io
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TextIO, cast

from prometheus_client.core import Metric
from prometheus_client.parser import text_fd_to_metric_families

from promspec.fetching.words import plain
from promspec.live.openmetrics import END, Translation

MOST_LINES = 500_000
LONGEST_LINE = 65_536
MOST_SECONDS = 30.0

LabelSet = tuple[tuple[str, str], ...]


class Unreadable(ValueError):
    """Not an exposition: the line (0 is unknown), and why."""

    def __init__(self, line: int, why: str) -> None:
        super().__init__(why)
        self.line = line


@dataclass(frozen=True, slots=True)
class Sample:
    """One sample. `le` and `quantile` are labels like the others."""

    name: str
    labels: LabelSet
    value: float

    def label(self, name: str) -> str | None:
        """The value of a label, if it has it."""
        return next((value for key, value in self.labels if key == name), None)

    def without(self, name: str) -> LabelSet:
        """The labels without one of them."""
        return tuple(pair for pair in self.labels if pair[0] != name)


@dataclass(slots=True)
class Family:
    """A family under the name that Prometheus gives its series: counters end in `_total`, facts in `_info`."""

    name: str
    type: str
    help: str
    unit: str = ""
    samples: list[Sample] = field(default_factory=list)

    def series(self) -> dict[LabelSet, list[Sample]]:
        """The samples by series: those of one histogram or summary together."""
        found: dict[LabelSet, list[Sample]] = {}
        apart = "le" if self.type == "histogram" else "quantile" if self.type == "summary" else ""
        for sample in self.samples:
            if not sample.name.endswith("_created") or self.name.endswith("_created"):
                found.setdefault(sample.without(apart), []).append(sample)
        return found


@dataclass(frozen=True, slots=True)
class Exposition:
    """One scrape. `repeated` are the families that have two headings."""

    families: dict[str, Family]
    repeated: tuple[str, ...]
    samples: int

    def value(self, name: str) -> float | None:
        """The value of the only series of that name; None where there is none, or more than one."""
        family = self.families.get(name)
        return family.samples[0].value if family is not None and len(family.samples) == 1 else None


def read(body: bytes, openmetrics: bool | None = None) -> Exposition:
    """Read a page; raises Unreadable. Without being told, the end mark `# EOF` means OpenMetrics."""
    try:
        text = body.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = body.count(b"\n", 0, error.start) + 1
        raise Unreadable(line, f"this is no UTF-8 text: byte {error.start} is 0x{body[error.start]:02x}") from None
    ended = text.rstrip().endswith(END)
    lines = _Lines(text, ended if openmetrics is None else openmetrics)
    families: dict[str, Family] = {}
    try:
        for metric in text_fd_to_metric_families(cast(TextIO, lines)):
            _add(families, metric, lines)
    except Unreadable:
        raise
    except Exception as error:  # the parser raises whatever it stumbles over
        said = plain(" ".join(str(error).split()), 100)
        raise Unreadable(lines.number, f"this is no line of an exposition{f': {said}' if said else ''}") from None
    if openmetrics and not ended:
        raise Unreadable(lines.number, f"this is OpenMetrics, and ends without {END}: a part of it is missing")
    repeated = tuple(name for name, count in lines.headings.items() if count > 1)
    return Exposition(families, repeated, sum(len(family.samples) for family in families.values()))


class _Lines:
    """The lines of a text, counted and in the text format; too many, too long, or too slow to read are the end."""

    def __init__(self, text: str, openmetrics: bool) -> None:
        self._text = text
        self._ends = time.monotonic() + MOST_SECONDS
        self.translation = Translation(text) if openmetrics else None
        self.number = 0
        self.types: dict[str, str] = {}
        self.headings: dict[str, int] = {}

    def __iter__(self) -> Iterator[str]:
        for line in io.StringIO(self._text):
            self.number += 1
            if len(line) > LONGEST_LINE:
                raise Unreadable(self.number, f"this line has more than {LONGEST_LINE:,} characters")
            if self.number > MOST_LINES:
                raise Unreadable(self.number, f"there are more than {MOST_LINES:,} lines")
            if self.number % 64 == 1 and time.monotonic() > self._ends:
                raise Unreadable(self.number, f"this takes more than {MOST_SECONDS:g} s to read")
            if self.translation is not None:
                line = self.translation.line(line)
            if line.startswith("# TYPE "):
                self._heading(line.split())
            yield line

    def _heading(self, words: list[str]) -> None:
        if len(words) == 4:
            self.types[words[2]] = words[3]
            self.headings[words[2]] = self.headings.get(words[2], 0) + 1


def _add(families: dict[str, Family], metric: Metric, lines: _Lines) -> None:
    """Add what the parser made of a family, under the name that it has in Prometheus."""
    name, bare = metric.name, ""
    if metric.type == "counter":
        if lines.types.get(name) == "counter" and f"{name}_total" not in lines.types:
            bare = f"{name}_total"  # the parser adds the suffix that the exposition does not have
        else:
            name += "_total"
    unit = lines.translation.units.get(name, "") if lines.translation is not None else ""
    found = families.setdefault(name, Family(name, metric.type, metric.documentation, unit))
    if found.type == "unknown" and not found.help:
        found.type, found.help = metric.type, metric.documentation  # samples before their heading
    for sample in metric.samples:
        labels = tuple(sorted(sample.labels.items()))
        found.samples.append(Sample(name if sample.name == bare else sample.name, labels, _number(sample.value)))


def _number(value: float) -> float:
    try:
        return float(value)
    except OverflowError:  # the parser reads digits as an integer of any size
        return float("inf") if value > 0 else float("-inf")
