"""The input series of a proof: which label sets a metric has in it, and what moves each series."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from promspec.evaluation import Labels, NotEvaluated, labelset
from promspec.promql import Matcher, Series, accepts
from promspec.proofs.choosing import Values, spelled
from promspec.proofs.leaves import Leaf
from promspec.proofs.shapes import Shapes
from promspec.quantities import bound

SourceKind = Literal["counter", "gauge", "clock", "events"]
"""Events are what a rule has counted of a counter: a value for each evaluation, which is zero without traffic."""
_MOST_BUCKETS = 6


@dataclass(frozen=True, slots=True)
class Source:
    """What moves series: the events of a counter, those in one bucket of a histogram, the level of a gauge."""

    metric: str
    labels: Labels
    kind: SourceKind
    bucket: int = -1
    """Which bucket of a histogram its events fall into; -1 where there is no histogram."""
    value: float = 0.0
    """What one of its events adds to a histogram's sum."""


@dataclass(frozen=True, slots=True)
class InputSeries:
    """One input series: a weighted sum of sources, by their indices."""

    name: str
    labels: Labels
    parts: tuple[tuple[int, float], ...]


@dataclass(slots=True)
class Inputs:
    """All series of a proof and the sources that move them; a `primary` one satisfies all matchers of a reading."""

    series: list[InputSeries] = field(default_factory=list)
    sources: list[Source] = field(default_factory=list)
    primary: set[int] = field(default_factory=set)
    readers: dict[int, list[Leaf]] = field(default_factory=dict)
    """For each source, who reads a series that it moves."""


_SUFFIXES = {"histogram_bucket": "_bucket", "histogram_count": "_count", "histogram_sum": "_sum"}


def build(leaves: Sequence[Leaf], shapes: Shapes, grouped: frozenset[str], several: int = 2) -> Inputs:
    """The inputs that these readings need; `grouped` are the labels of the result, which get a second value.

    For each reading there is a series that satisfies it, one for each matcher that misses that matcher alone, one for
    each alternative of a regular expression, and a second instance; of what is counted there are `several`.
    """
    known = {leaf: shapes.of(leaf) for leaf in leaves}
    values = Values([series for found in known.values() for series in found], leaves)
    made = Inputs()
    families: dict[str, list[Leaf]] = {}
    for leaf in leaves:
        families.setdefault(_family(known[leaf][0]), []).append(leaf)
    for family, members in families.items():
        sets: dict[Labels, bool] = {}
        for leaf in members:
            for number, series in enumerate(known[leaf]):
                for labels, primary in _one_each(leaf, _label_sets(leaf, series, values, grouped, several)):
                    sets[labels] = sets.get(labels, False) or (primary and not number)
        kinds = {leaf.name: known[leaf][0] for leaf in members}
        for labels, primary in sets.items():
            if any(series.kind in _SUFFIXES or _are_buckets(series) for series in kinds.values()):
                _add_histogram(made, family, labels, members, kinds, primary)
            else:
                counting = not any(leaf.counts for leaf in members) and shapes.counts(members[0])
                kind = "events" if counting else _kind(known[members[0]][0], members)
                _add_plain(made, family, labels, kind, primary)
    _note_readers(made, leaves)
    return made


def _family(series: Series) -> str:
    return series.name.removesuffix(_SUFFIXES.get(series.kind, ""))


def _label_sets(
    leaf: Leaf, series: Series, values: Values, grouped: frozenset[str], several: int
) -> Iterable[tuple[Labels, bool]]:
    names = [name for name in series.labels if name != "le"]
    names += [m.label for m in leaf.matchers if m.label not in (*names, "le", "__name__") and not series.exact]
    by_label = {name: [m for m in leaf.matchers if m.label == name] for name in dict.fromkeys(names)}
    try:
        first = {name: values.passing(series, name, matchers)[0] for name, matchers in by_label.items()}
    except NotEvaluated:
        return  # another of the rules that record this name has such labels
    yield labelset(first), True
    if leaf.counted:
        name = _told_apart(leaf, series, by_label)
        counted = values.several(series, name, by_label.get(name, ()), several)
        yield from ((labelset({**first, name: value}), True) for value in counted)
    if leaf.aggregated and series.kind == "recorded" and series.exact and "instance" not in by_label:
        yield labelset({**first, _beside(series, by_label, grouped): "another"}), False
    elif leaf.aggregated and "instance" in grouped:
        free = (name for name, matchers in by_label.items() if not matchers and name not in grouped and name != "job")
        for name in itertools.islice(free, 1):
            yield from ((labelset({**first, name: value}), False) for value in values.several(series, name, (), 2))
    for name, matchers in by_label.items():
        passing = values.passing(series, name, matchers)
        alternatives = {word for m in matchers if m.op == "=~" for word in spelled(m)}
        others = [value for value in passing[1:] if value in alternatives]
        beside = name == "instance" or ("instance" not in by_label and not matchers)
        if (name in grouped or beside) and len(passing) > 1 and not others:
            others = passing[1:2]
        another = _elsewhere(leaf, series, values, by_label, name)
        if another is not None:
            yield from ((labelset({**first, **another, name: value}), False) for value in others)
        for value in values.missing(series, name, matchers) if matchers else ():
            yield labelset({**first, name: value}), False
        words = {word for m in matchers if m.op == "!~" for word in spelled(m)}
        yield from ((labelset({**first, name: word}), False) for word in sorted(words))


def _told_apart(leaf: Leaf, series: Series, by_label: Mapping[str, Sequence[Matcher]]) -> str:
    """The label by which counted series differ: an open one if there is any, for it has as many values as it takes."""
    free = [name for name in leaf.apart or by_label if name not in by_label or not by_label[name]]
    own = [name for name in free if name not in ("job", "instance")]
    return next((name for name in own if series.labels.get(name) is None), next(iter(leaf.apart), "instance"))


def _elsewhere(
    leaf: Leaf, series: Series, values: Values, by_label: Mapping[str, Sequence[Matcher]], name: str
) -> dict[str, str] | None:
    """What else a second series must differ in, so that many match only one of them; None if it can be nothing."""
    if leaf.joined is None or name in leaf.joined:
        return {}
    for label in leaf.joined:
        found = values.passing(series, label, by_label[label]) if label in by_label else []
        if len(found) > 1:
            return {label: found[1]}
    return None


def _one_each(leaf: Leaf, label_sets: Iterable[tuple[Labels, bool]]) -> Iterable[tuple[Labels, bool]]:
    """Where many match one: of those selected one alone for each value of the labels that they match by."""
    if leaf.joined is None:
        return label_sets
    found: dict[Labels, tuple[Labels, bool]] = {}
    for labels, primary in label_sets:
        selected = passes(leaf.matchers, labels)
        key = tuple(pair for pair in labels if pair[0] in leaf.joined) if selected else labels
        if key not in found or not found[key][1]:
            found[key] = labels, primary
    return found.values()


def _beside(series: Series, by_label: Mapping[str, Sequence[Matcher]], grouped: frozenset[str]) -> str:
    """A label by which a second series can differ: one that is aggregated away, else one that a second server adds."""
    free = (name for name, matchers in by_label.items() if not matchers and name not in grouped)
    return next((name for name in free if len(series.labels.get(name) or ()) == 1), "replica")


def _kind(series: Series, members: Sequence[Leaf]) -> SourceKind:
    if any(leaf.mode == "age" for leaf in members):
        return "clock"
    if series.kind in ("gauge", "info", "summary"):
        return "gauge"
    if series.kind in ("recorded", "unknown"):
        return "counter" if any(leaf.counts for leaf in members) else "gauge"
    return "counter"


def _are_buckets(series: Series) -> bool:
    """Whether it is what a rule records of buckets, one value for each of them."""
    return series.kind == "histogram_bucket" or (series.kind == "recorded" and "le" in series.labels)


def _add_plain(made: Inputs, name: str, labels: Labels, kind: SourceKind, primary: bool) -> None:
    index = len(made.sources)
    made.sources.append(Source(name, labels, kind))
    made.series.append(InputSeries(name, labels, ((index, 1.0),)))
    if primary:
        made.primary.add(index)


def _add_histogram(
    made: Inputs, family: str, labels: Labels, members: Sequence[Leaf], known: dict[str, Series], primary: bool
) -> None:
    """A histogram's series, moved by one source for each bucket that events fall into."""
    wanted = {_SUFFIXES.get(known[leaf.name].kind, "") for leaf in members}
    bounds = _bounds(members, known)
    first = len(made.sources)
    kind: SourceKind = "counter" if wanted - {""} else "gauge"
    for index in range(len(bounds)):
        made.sources.append(Source(family, labels, kind, index, _inside(bounds, index)))
    parts = tuple((first + index, 1.0) for index in range(len(bounds)))
    if primary:
        made.primary.update(range(first, first + len(bounds)))
    if "_bucket" in wanted or kind == "gauge":
        name = family if kind == "gauge" else f"{family}_bucket"
        for index, limit in enumerate(bounds):
            made.series.append(InputSeries(name, labelset({**dict(labels), "le": bound(limit)}), parts[: index + 1]))
    if "_count" in wanted:
        made.series.append(InputSeries(f"{family}_count", labels, parts))
    if "_sum" in wanted:
        sums = tuple((number, made.sources[number].value) for number, _ in parts)
        made.series.append(InputSeries(f"{family}_sum", labels, sums))


def _bounds(members: Sequence[Leaf], known: dict[str, Series]) -> list[float]:
    """The bounds of the buckets that take part: all of few, else those asked for with some of the others."""
    buckets = [leaf for leaf in members if _are_buckets(known[leaf.name])]
    if not buckets:
        return [0.1, 10.0]
    known_bounds = known[buckets[0].name].labels.get("le")
    every = sorted(float(value) for value in known_bounds or ("0.1", "1.0", "10.0", "+Inf"))
    asked = {float(m.value) for leaf in buckets for m in leaf.matchers if m.label == "le" and _is_number(m.value)}
    if any(m.label == "le" for leaf in buckets for m in leaf.matchers) and all(
        any(m.label == "le" for m in leaf.matchers) for leaf in buckets
    ):
        near = {every.index(value) + step for value in asked if value in every for step in (-1, 0, 1)}
        return [every[index] for index in sorted(near | {len(every) - 1}) if 0 <= index < len(every)]
    return every


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def _inside(bounds: Sequence[float], index: int) -> float:
    """A value that falls into a bucket."""
    low = bounds[index - 1] if index else 0.0
    if bounds[index] == float("inf"):
        return 2 * low if low else 1.0
    return (low + bounds[index]) / 2 if bounds[index] > 0 else bounds[index]


def _note_readers(made: Inputs, leaves: Sequence[Leaf]) -> None:
    for series in made.series:
        for leaf in leaves:
            if leaf.name == series.name and passes(leaf.matchers, series.labels):
                for source, _ in series.parts:
                    known = made.readers.setdefault(source, [])
                    if leaf not in known:
                        known.append(leaf)


def passes(matchers: Sequence[Matcher], labels: Labels) -> bool:
    """Whether a series with these labels is selected; a label that it lacks is empty."""
    given = dict(labels)
    return all(accepts(matcher, given.get(matcher.label, "")) for matcher in matchers)
