"""The metrics that imported queries select: kind, labels, values and buckets, as far as these show."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from promspec.importing.indicators import Counted, selection_text
from promspec.importing.measures import Selection
from promspec.importing.queries import query
from promspec.naming import LABEL_NAME, METRIC_NAME
from promspec.promql import Aggregate, Call, Expr, Matcher, Selector, children
from promspec.series import STANDARD
from promspec.vocabulary.selectors import TARGET_LABELS

_OF_COUNTERS = ("rate", "irate", "increase", "resets")
_MEASURED = re.compile(r"_(seconds|milliseconds|ms|bytes|size|duration|latency|time)$")
_PARTS = ("_bucket", "_count", "_sum")
_SHOWN, _LONGEST = 6, 60


@dataclass(slots=True)
class Seen:
    """What the queries show of the series of one name."""

    counter: bool = False
    labels: dict[str, dict[str, None]] = field(default_factory=dict)
    """Label -> the values that are asked for, as they are written."""
    slos: dict[str, None] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Family:
    """A metric to declare: the name, the word for its kind, labels with values, buckets, the SLOs that use it."""

    name: str
    word: str
    labels: tuple[tuple[str, tuple[str, ...]], ...]
    buckets: tuple[str, ...]
    slos: tuple[str, ...]


class Metrics:
    """Every series of the queries, and the family each belongs to."""

    def __init__(self, used: Iterable[tuple[str, Counted]]) -> None:
        self._seen: dict[str, Seen] = {}
        for slo, counted in used:
            text = selection_text(counted) if isinstance(counted, Selection) else counted.text
            for selector, counter, by in _selected(query(text).expr, False, ()):
                self._add(slo, selector, counter, by)
        self._bases = _histograms(self._seen)
        self.families = tuple(self._families())
        self._known = {family.name: family for family in self.families}

    def family(self, series: str) -> tuple[Family, str] | None:
        """The family of a series that is declared, and the series' suffix in it."""
        base, suffix = self._split(series)
        found = self._known.get(base)
        return (found, suffix) if found is not None else None

    def values(self, label: str) -> tuple[str, ...]:
        """What the queries ask for of a label, whatever metric has it."""
        asked = (seen for family in self.families for name, seen in family.labels if name == label)
        return tuple(dict.fromkeys(value for seen in asked for value in seen))

    def _add(self, slo: str, selector: Selector, counter: bool, by: tuple[str, ...]) -> None:
        name = series_name(selector)
        if name is None or not METRIC_NAME.fullmatch(name):
            return
        seen = self._seen.setdefault(name, Seen())
        seen.counter |= counter
        seen.slos[slo] = None
        for label in by:
            seen.labels.setdefault(label, {})
        for matcher in selector.matchers:
            if matcher.label != "__name__":
                seen.labels.setdefault(matcher.label, {})[_shown(matcher)] = None

    def _split(self, series: str) -> tuple[str, str]:
        base, suffix = _base(series)
        return (base, suffix) if base in self._bases else (series, "")

    def _families(self) -> Iterator[Family]:
        members: dict[str, list[str]] = {}
        for series in self._seen:
            members.setdefault(self._split(series)[0], []).append(series)
        for base, every in members.items():
            seen = [self._seen[series] for series in every]
            labels = _labels(seen)
            if base in STANDARD and not labels:
                continue  # Prometheus' own series are known without being declared
            slos = tuple(dict.fromkeys(slo for item in seen for slo in item.slos))
            word = "Histogram" if base in self._bases else "Counter" if seen[0].counter else "Gauge"
            yield Family(base, word, labels, _buckets(seen) if word == "Histogram" else (), slos)


def series_name(selector: Selector) -> str | None:
    """The one name whose series are selected, if there is one."""
    if selector.name is not None:
        return selector.name
    named = [matcher for matcher in selector.matchers if matcher.label == "__name__" and matcher.op == "="]
    return named[0].value if named else None


def _selected(expr: Expr, counter: bool, by: tuple[str, ...]) -> Iterator[tuple[Selector, bool, tuple[str, ...]]]:
    """Each selector, whether what it selects is read as a counter, and the labels by which it is aggregated."""
    if isinstance(expr, Selector):
        yield expr, counter, by
        return
    if isinstance(expr, Call):
        counter = expr.func in _OF_COUNTERS
        by = () if expr.func in ("label_replace", "label_join") else by
    elif isinstance(expr, Aggregate) and not expr.without:
        by = (*by, *(label.name for label in expr.grouping))
    for child in children(expr):
        yield from _selected(child, counter, by)


def _histograms(seen: Mapping[str, Seen]) -> frozenset[str]:
    """The bases that are histograms: with buckets, or a number of something measured."""
    found = set()
    for name, item in seen.items():
        base, suffix = _base(name)
        if not suffix or base in seen or not item.counter:
            continue
        if (suffix == "_bucket" and _has_bounds(item)) or (suffix == "_count" and _MEASURED.search(base)):
            found.add(base)
    return frozenset(found)


def _has_bounds(item: Seen) -> bool:
    """Whether there is a label `le` that is asked for bounds, if it is asked for anything."""
    asked = item.labels.get("le")
    return asked is not None and all(_is_bound(text) for written in asked for text in _alternatives(written))


def _base(series: str) -> tuple[str, str]:
    suffix = next((suffix for suffix in _PARTS if series.endswith(suffix) and series != suffix), "")
    return series.removesuffix(suffix) if suffix else series, suffix


def _labels(seen: list[Seen]) -> tuple[tuple[str, tuple[str, ...]], ...]:
    found: dict[str, dict[str, None]] = {}
    for item in seen:
        for label, values in item.labels.items():
            if label not in (*TARGET_LABELS, "le") and LABEL_NAME.fullmatch(label) and not label.startswith("__"):
                found.setdefault(label, {}).update(values)
    return tuple((label, tuple(values)) for label, values in found.items())


def _buckets(seen: list[Seen]) -> tuple[str, ...]:
    """The bounds that are asked for, as they are written, in order."""
    bounds: dict[float, str] = {}
    for item in seen:
        for written in item.labels.get("le", ()):
            for text in _alternatives(written):
                value = float(text)
                if math.isfinite(value):
                    bounds[value] = text
    return tuple(repr(value) for value in sorted(bounds))


def _alternatives(written: str) -> list[str]:
    """The values that a matcher's value names: `0.1|0.5` names two."""
    return [text.replace("\\.", ".") for text in written.removeprefix("not ").strip("()").split("|")]


def _is_bound(text: str) -> bool:
    try:
        return not math.isnan(float(text)) and text.isascii() and "_" not in text
    except ValueError:
        return False


def _shown(matcher: Matcher) -> str:
    return ("not " if matcher.op.startswith("!") else "") + matcher.value


def asked_for(values: tuple[str, ...]) -> str:
    """The values of a label in words, a few short ones; empty where none is worth a word."""
    asked = [value for value in values if value and value != ".+"]
    shown = [value for value in asked if len(value) <= _LONGEST][:_SHOWN]
    more = f" and {len(asked) - len(shown)} more" if len(asked) > len(shown) else ""
    return f"Asked for: {', '.join(shown)}{more}" if shown else ""
