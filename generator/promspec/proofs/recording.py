"""The proof of one recording rule: uneven inputs, silent ones and missing ones, and the values that must come out."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence

from promspec.evaluation import Labels, NotEvaluated, Rule, Store, reads, result_labels, rounded, run_alone
from promspec.promql import Binary, Call, Selector, selectors, unwrap, walk
from promspec.proofs import inputs, notation
from promspec.proofs.closure import Closure, agree
from promspec.proofs.inputs import Inputs, InputSeries
from promspec.proofs.leaves import leaves
from promspec.proofs.model import Case, Check, Proof, TestedRule, braces, selector
from promspec.proofs.motions import Grid, Series, cut_off, flat, grid_of, late, out_of_step, returning, uneven
from promspec.proofs.shapes import Shapes
from promspec.proofs.timing import Clock
from promspec.quantities import number

ENDED = "the series end"
RETURNED = "the series end and return"
NEW = "the series are new"


def recording_proof(rule: Rule, shapes: Shapes, clock: Clock) -> Proof:
    """The proof of a rule against what it reads itself; NotEvaluated where its values cannot be worked out."""
    closure = Closure(rule.expr, ())
    read = [leaf for leaf in leaves(closure) if leaf.name != rule.record or not agree(leaf.matchers, rule)]
    made = inputs.build(read, shapes, shapes.result_labels(rule))
    grid = grid_of(rule, clock)
    cases = [_case(rule, name, series, grid) for name, series in _stories(rule, made, grid)]
    if not any(check.samples for check in cases[0].checks):
        raise NotEvaluated("no result for any of the series that were tried")
    subject = f"{rule.record}{braces(tuple(rule.labels))}" if rule.labels else rule.record
    return Proof(subject, (TestedRule(rule.record, rule.expr, rule.labels),), grid.interval, tuple(cases))


def _stories(rule: Rule, made: Inputs, grid: Grid) -> Iterator[tuple[str, Series]]:
    """Everything uneven, small, or gone in the end; nothing happening; and each of several inputs missing."""
    moving = [(series, uneven(made, series, grid)) for series in made.series]
    yield "values", moving
    if not made.series:
        return
    still = [(series, flat(made, series, grid)) for series in made.series]
    yield "nothing happens", still
    if any(source.kind != "clock" for source in made.sources):
        yield "small values", [(series, uneven(made, series, grid, small=500.0)) for series in made.series]
    if any(source.bucket >= 0 for source in made.sources):
        yield "smaller values", [(series, uneven(made, series, grid, small=1e6)) for series in made.series]
    if any(isinstance(part, Call) and part.func.startswith("clamp") for part in walk(rule.tree)):
        yield "out of step", out_of_step(made, grid)
    ended = [(series, cut_off(segments, grid)) for series, segments in moving]
    ranges = any(length for _, length, _ in reads(rule.expr))
    if ranges:
        yield ENDED, ended
    if any(offset for offset, _, _ in reads(rule.expr)):
        yield NEW, [(series, late(segments, grid)) for series, segments in moving]
        yield f"{NEW}, nothing happens", [(series, late(segments, grid)) for series, segments in still]
    if any(name == rule.record for _, _, name in reads(rule.expr)):
        yield RETURNED, [(series, returning(segments, grid)) for series, segments in moving]
    for name, gone in _unmatched(rule, made):
        yield name, [pair for pair in moving if pair[0] not in gone]
    for name, gone in _left_out(rule, made):
        for story, series in (("", moving), ("nothing happens, ", still), (f"{ENDED}, ", ended if ranges else [])):
            rest = [pair for pair in series if pair[0] not in gone]
            if rest:
                yield f"{story}without {name}", rest
        if 0 < len(gone) < len(made.series):
            yield f"nothing happens but {name}", _but(still, moving, gone)
        if ranges and len(gone) < len(made.series):
            yield f"{ENDED}: {name} alone, nothing happens", _ending(still, gone, grid)


def _but(still: Series, moving: Series, chosen: Sequence[InputSeries]) -> Series:
    return [after if after[0] in chosen else before for before, after in zip(still, moving, strict=True)]


def _ending(all_series: Series, gone: Sequence[InputSeries], grid: Grid) -> Series:
    return [(one, cut_off(segments, grid) if one in gone else segments) for one, segments in all_series]


def _unmatched(rule: Rule, made: Inputs) -> Iterator[tuple[str, list[InputSeries]]]:
    """Where `and` matches by labels: for each of them, what it asks for is there with one value alone."""
    seen: set[str] = set()
    for node in walk(rule.tree):
        asked = unwrap(node.rhs) if isinstance(node, Binary) and node.op in ("and", "unless") else None
        if not isinstance(node, Binary) or not isinstance(asked, Selector) or not (node.matching and node.matching.on):
            continue
        there = [s for s in made.series if s.name == asked.name and inputs.passes(asked.matchers, s.labels)]
        for label in (label.name for label in node.matching.labels):
            first = [s for s in there if dict(s.labels).get(label) == dict(there[0].labels).get(label)]
            others = [s for s in there if s not in first]
            name = f"{asked.name} of one {label} alone"
            if others and name not in seen:
                seen.add(name)
                yield name, others
                yield f"{name}, another", first


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
            if len(names) == 1 and any(matcher.label == "le" for matcher in found.matchers):
                yield f"all but {text}", [series for series in same if series not in matched]  # no quantile is left


def _case(rule: Rule, name: str, series: Series, grid: Grid) -> Case:
    store = Store(grid.left_open)
    for one, segments in series:
        store.add(one.name, one.labels, notation.samples(segments, grid.interval, grid.left_open))
    times = range(0, grid.end + 1, grid.interval)
    result = run_alone(rule, store, times)
    written = tuple((selector(one.name, one.labels), notation.text(segments)) for one, segments in series)
    checks = []
    for at in _moments(rule, name, grid):
        there = {result_labels(labels, rule.labels): c[times.index(at)] for labels, c in result.items()}
        checks.append(value_check(selector(rule.record, tuple(rule.labels)), at, there))
    return Case(name, grid.interval, written, tuple(checks))


def _moments(rule: Rule, name: str, grid: Grid) -> Sequence[int]:
    if name == "values":
        return sorted({grid.end, grid.end - grid.interval, grid.interval * (grid.scrapes * 3 // 5)})
    if name == RETURNED:
        away = grid.scrapes // 4
        return [grid.interval * index for index in (4, away + 7, 3 * away + 10) if index <= grid.scrapes]
    if not name.startswith(ENDED):
        return [grid.end]
    gone = grid.last_alive * grid.interval
    ranges = {length for _, length, _ in reads(rule.expr) if length}
    # Where half the range would see nothing any more, and where only twice the range would still see something.
    after = {-(-int(length * 0.6) // grid.interval) for length in ranges}
    after |= {length // grid.interval + 1 for length in ranges}
    return sorted({min(grid.end, gone + steps * grid.interval) for steps in after})


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
