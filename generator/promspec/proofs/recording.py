"""The proof of one recording rule: uneven inputs, silent ones and missing ones, and the values that must come out."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from promspec.evaluation import Labels, NotEvaluated, Rule, Store, reads, result_labels, rounded, run_alone
from promspec.promql import Binary, Call, NumberLiteral, selectors, walk
from promspec.proofs import inputs, notation
from promspec.proofs.closure import Closure, agree
from promspec.proofs.inputs import Inputs, InputSeries
from promspec.proofs.leaves import leaves
from promspec.proofs.model import Case, Check, Proof, TestedRule, braces, selector
from promspec.proofs.notation import Gap, Line, Segment, Stale
from promspec.proofs.programs import tidy
from promspec.proofs.shapes import Shapes
from promspec.proofs.timing import STEPS, Clock
from promspec.quantities import number

_MOST_LISTED = 60
ENDED = "the series end"
RETURNED = "the series end and return"
_LINES = 24
"""Beyond `_MOST_LISTED` scrapes a series is so many straight lines instead of single values."""


@dataclass(frozen=True, slots=True)
class _Grid:
    interval: int
    scrapes: int
    left_open: bool
    oldest: float = 0.0
    """The largest number of the rule, if it may be an age in seconds."""

    @property
    def end(self) -> int:
        return self.interval * self.scrapes

    @property
    def last_alive(self) -> int:
        """The scrape after which the series of one story are gone."""
        return max(2, self.scrapes // 4)


def recording_proof(rule: Rule, shapes: Shapes, clock: Clock) -> Proof:
    """The proof of a rule against what it reads itself; NotEvaluated where its values cannot be worked out."""
    closure = Closure(rule.expr, ())
    read = [leaf for leaf in leaves(closure) if leaf.name != rule.record or not agree(leaf.matchers, rule)]
    made = inputs.build(read, shapes, shapes.result_labels(rule))
    grid = _grid(rule, clock)
    cases = [_case(rule, name, series, grid) for name, series in _stories(rule, made, grid)]
    if not any(check.samples for check in cases[0].checks):
        raise NotEvaluated("no result for any of the series that were tried")
    subject = f"{rule.record}{braces(tuple(rule.labels))}" if rule.labels else rule.record
    return Proof(subject, (TestedRule(rule.record, rule.expr, rule.labels),), grid.interval, tuple(cases))


def _grid(rule: Rule, clock: Clock) -> _Grid:
    """Four scrapes or more in the shortest range, and twice as far back as the rule reads."""
    spans = [(offset + length, length) for offset, length, _ in reads(rule.expr)]
    numbers = [n.value for n in walk(rule.tree) if isinstance(n, NumberLiteral) and n.value is not None]
    oldest = max((number for number in numbers if math.isfinite(number) and number >= 60), default=0.0)
    itself = any(name == rule.record for _, _, name in reads(rule.expr))
    ranges = [length for _, length in spans if length]
    if not ranges:
        furthest = max((span for span, _ in spans), default=0)
        interval = _nice(max(clock.evaluation, furthest // 4)) if furthest else clock.evaluation
        return _Grid(interval, max(3, math.ceil(2 * furthest / interval)), clock.left_open, oldest)
    interval = _nice(min(ranges) // 4)
    times = 3 if itself else 2.2
    scrapes = math.ceil(times * max(span for span, _ in spans) / interval) + 2
    return _Grid(interval, scrapes, clock.left_open, oldest)


def _nice(length: int) -> int:
    return next((step for step in reversed(STEPS) if step <= length), max(1, length))


Series = list[tuple[InputSeries, tuple[Segment, ...]]]


def _stories(rule: Rule, made: Inputs, grid: _Grid) -> Iterator[tuple[str, Series]]:
    """Everything uneven, small, or gone in the end; nothing happening; and each of several inputs missing."""
    uneven = [(series, _uneven(made, series, grid)) for series in made.series]
    yield "values", uneven
    if not made.series:
        return
    flat = [(series, _flat(made, series, grid)) for series in made.series]
    yield "nothing happens", flat
    if any(source.kind != "clock" and (source.kind != "counter" or source.bucket >= 0) for source in made.sources):
        yield "small values", [(series, _uneven(made, series, grid, small=True)) for series in made.series]
    if any(isinstance(part, Call) and part.func.startswith("clamp") for part in walk(rule.tree)):
        yield "out of step", _out_of_step(made, grid)
    ended = [(series, _cut_off(segments, grid)) for series, segments in uneven]
    ranges = any(length for _, length, _ in reads(rule.expr))
    if ranges:
        yield ENDED, ended
    if any(name == rule.record for _, _, name in reads(rule.expr)):
        yield RETURNED, [(series, _returning(segments, grid)) for series, segments in uneven]
    for name, gone in _left_out(rule, made):
        for story, series in (("", uneven), ("nothing happens, ", flat), (f"{ENDED}, ", ended if ranges else [])):
            rest = [pair for pair in series if pair[0] not in gone]
            if rest:
                yield f"{story}without {name}", rest


def _left_out(rule: Rule, made: Inputs) -> Iterator[tuple[str, list[InputSeries]]]:
    """What can be missing while the rest is there: the series of one name, or those that one selector selects."""
    names = dict.fromkeys(series.name for series in made.series)
    if len(names) == 1 and not any(
        isinstance(part, Binary) and part.op in ("or", "unless") for part in walk(rule.tree)
    ):
        return
    for name in names:
        yield name, [series for series in made.series if series.name == name]
    seen: set[str] = set()
    for found in selectors(rule.tree):
        same = [series for series in made.series if series.name == found.name]
        matched = [series for series in same if inputs.passes(found.matchers, series.labels)]
        text = rule.expr[found.start : found.end].split("[")[0]
        if found.matchers and matched and len(matched) < len(same) and text not in seen:
            seen.add(text)
            yield text, matched


def _out_of_step(made: Inputs, grid: _Grid) -> Series:
    """Every series on its own, those that are mentioned later smaller: parts may exceed their whole."""
    found: Series = []
    for place, series in enumerate(made.series):
        step = tidy(60.0 / (1 + place))
        counted = made.sources[series.parts[0][0]].kind == "counter"
        line = Line(0.0, step, grid.scrapes + 1) if counted else Line(step, 0.0, grid.scrapes + 1)
        found.append((series, (line,)))
    return found


def _cut_off(segments: Sequence[Segment], grid: _Grid) -> tuple[Segment, ...]:
    """The first quarter of a series."""
    left, found = grid.last_alive + 1, list[Segment]()
    for segment in segments:
        if isinstance(segment, Line) and left > 0:
            found.append(Line(segment.start, segment.step, min(left, segment.count)))
            left -= segment.count
    return (*found, Stale())


def _returning(segments: Sequence[Segment], grid: _Grid) -> tuple[Segment, ...]:
    """There from the third scrape on, gone for less than the longest range, back, gone for longer, and back."""
    alive, away = 3, grid.scrapes // 4
    first = next(segment for segment in segments if isinstance(segment, Line))
    line = Line(first.start, 1.0, alive)
    found: list[Segment] = [Gap(2), line]
    for gap in (away, 2 * away):
        found += [Stale(), Gap(gap - 1), line]
    return tuple(found)


def _uneven(made: Inputs, series: InputSeries, grid: _Grid, small: bool = False) -> tuple[Segment, ...]:
    """Values whose steps differ at every scrape and between series; a counter of a second instance starts anew."""
    kind = made.sources[series.parts[0][0]].kind
    lengths = _lengths(grid)
    if kind == "clock":
        return _ageing(series.parts[0][0], grid, grid.oldest)
    if kind != "counter":
        return _moving(series.parts[0][0], lengths, 1000.0 if small else 10.0)
    found: list[Segment] = []
    total, restarts = 0.0, all(index not in made.primary for index, _ in series.parts)
    for place, count in enumerate(lengths):
        step = sum(weight * _step(index, place) * _share(made, index, small) for index, weight in series.parts)
        if not found or (restarts and place == len(lengths) // 2 + 1):
            total = 0.0 if not found else step
            found.append(Line(total, tidy(step), count))
        else:
            found.append(Line(tidy(total + step), tidy(step), count))
            total += step
        total = tidy(total + step * (count - 1))
    return tuple(found)


def _lengths(grid: _Grid) -> list[int]:
    """How many scrapes each straight line lasts; one each for few scrapes."""
    total = grid.scrapes + 1
    if total <= _MOST_LISTED:
        return [1] * total
    return [total // _LINES + (1 if place < total % _LINES else 0) for place in range(_LINES)]


def _step(source: int, place: int) -> float:
    return float((source + 2) * (3 + (place * place + 5 * place + 3 * source) % 7))


def _share(made: Inputs, source: int, small: bool) -> float:
    """With small values nearly everything falls into the lowest bucket of a histogram."""
    return 500.0 if small and made.sources[source].bucket == 0 else 1.0


def _ageing(source: int, grid: _Grid, oldest: float) -> tuple[Segment, ...]:
    """A time whose age grows from a tenth of the rule's largest number of seconds to half as much again."""
    oldest = oldest or grid.end / 1000
    first, last = 0.1 * oldest, (1.4 - 0.03 * (source % 5)) * oldest
    slope = (grid.end / 1000 - last + first) / grid.scrapes
    return (Line(tidy(-first), tidy(slope), grid.scrapes + 1),)


def _moving(source: int, lengths: Sequence[int], parts: float) -> tuple[Segment, ...]:
    found: list[Segment] = []
    for place, count in enumerate(lengths):
        start = (source + 1) * (1 + (7 * place + 3 * source) % 11)
        step = 0 if count == 1 else ((place + source) % 5 - 2) * (source + 1) / 10
        found.append(Line(tidy(start / parts), tidy(step / parts), count))
    return tuple(found)


def _flat(made: Inputs, series: InputSeries, grid: _Grid) -> tuple[Segment, ...]:
    kind = made.sources[series.parts[0][0]].kind
    level = 5.0 * sum(weight for _, weight in series.parts) if kind == "counter" else 0.0
    return (Line(tidy(level), 0.0, grid.scrapes + 1),)


def _case(rule: Rule, name: str, series: Series, grid: _Grid) -> Case:
    store = Store(grid.left_open)
    for one, segments in series:
        store.add(one.name, one.labels, notation.samples(segments, grid.interval, grid.left_open))
    moments = [grid.end]
    if name == "values":
        moments = sorted({grid.end, grid.end - grid.interval, grid.interval * (grid.scrapes * 3 // 5)})
    elif name == RETURNED:
        away = grid.scrapes // 4
        moments = [grid.interval * index for index in (4, away + 7, 3 * away + 10) if index <= grid.scrapes]
    elif name.startswith(ENDED):
        gone = grid.last_alive * grid.interval
        ranges = {length for _, length, _ in reads(rule.expr) if length}
        # Where half the range would see nothing any more, and where only twice the range would still see something.
        after = {-(-int(length * 0.6) // grid.interval) for length in ranges}
        after |= {length // grid.interval + 1 for length in ranges}
        moments = sorted({min(grid.end, gone + steps * grid.interval) for steps in after})
    times = range(0, grid.end + 1, grid.interval)
    result = run_alone(rule, store, times)
    written = tuple((selector(one.name, one.labels), notation.text(segments)) for one, segments in series)
    checks = []
    for at in moments:
        there = {result_labels(labels, rule.labels): c[times.index(at)] for labels, c in result.items()}
        checks.append(value_check(selector(rule.record, tuple(rule.labels)), at, there))
    return Case(name, grid.interval, written, tuple(checks))


def value_check(expr: str, at: int, values: Mapping[Labels, float | None]) -> Check:
    """A check of values, rounded so that the order of additions does not matter; what is not a number is left out."""
    given = {labels: value for labels, value in values.items() if value is not None}
    real = {labels: value for labels, value in given.items() if value == value}
    if len(real) < len(given):
        expr = f"({expr} == {expr})"
    if not real:
        return Check(expr, at, ())
    to = _precision([abs(value) for value in real.values() if value and not math.isinf(value)])
    samples = tuple(sorted((braces(labels), rounded(value, to) + 0.0) for labels, value in real.items()))
    return Check(f"round({expr}, {number(to)})", at, samples)


def _precision(sizes: Sequence[float]) -> float:
    """A power of ten that leaves six or more digits of the smallest value, and no value near a half of it."""
    if not sizes:
        return 1e-6
    for digits in (6, 7, 5, 8, 4, 9):
        to = float(f"1e{math.floor(math.log10(min(sizes))) - digits}")
        shares = [(size / to) % 1 for size in sizes]
        if all(abs(share - 0.5) > 0.02 for share in shares):
            return to
    return 1e-9
