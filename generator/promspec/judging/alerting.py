"""How alerts wait, and what they fire on: no `for`, too short a `for`, absent() without one, any traffic at all."""

from __future__ import annotations

import re
from collections.abc import Iterator

from promspec.judging.model import Asked, Facts, Weighed, judgement, whole
from promspec.judging.parts import constant
from promspec.judging.thresholds import comparisons
from promspec.problems import Level
from promspec.promql import Aggregate, Binary, Call, Expr, Finding, selectors, unwrap, walk

_NOISY = 300
"""Seconds: a rate over at most that much changes with every evaluation."""
_TRAFFIC = re.compile(
    r"(?:^|_)(?:requests|calls|hits|messages|queries|operations|jobs|tasks|processed|completed|succeeded|received|sent)"
    r"_total$"
)
_TARGET = ("job", "instance")
_INFO = re.compile(r"_(?:info|owner|labels|created_by)(?:$|:)|:relabel$")
"""The names of series that are always 1, recorded ones too."""
_GOOD = re.compile(r"success|succeeded|ok|200|2\.\.|2xx|completed|done|hit", re.I)


@judgement("alert/no-for", Level.INFO, "alert")
def no_for(asked: Asked, facts: Facts) -> Iterator[Finding | Weighed]:
    """An alert waits, so that a single odd evaluation wakes nobody."""
    rates = [length for node in walk(asked.expr) if (length := _window(node)) is not None]
    if asked.waits is not None or (rates and min(rates) > _NOISY):  # so long a window waits by itself
        return
    if not selectors(asked.expr):  # a watchdog such as vector(1) fires for good
        return
    text = f"the alert {asked.name} fires at the first evaluation"
    remedy = "write for: 5m, or for: 0m where it is meant"
    if rates and not _any_event(asked.expr):
        yield Weighed(
            whole("alert/no-for", f"{text}, and a rate over so short a range is noisy", remedy), Level.WARNING
        )
    else:
        yield whole("alert/no-for", text, remedy)


def _any_event(expr: Expr) -> bool:
    """Whether it asks whether something happened at all, such as `> 0`: that is so for the whole window, not noise."""
    return all(op in (">", "!=") and value == 0 for _, _, _, op, value in comparisons(expr)) and bool(comparisons(expr))


def _window(node: Expr) -> float | None:
    """The seconds that a rate is taken over; None for anything else."""
    if not isinstance(node, Call) or node.func not in ("rate", "increase", "irate"):
        return None
    length = getattr(unwrap(node.args[0]), "range", None)
    return float(length.seconds) if length is not None and length.seconds is not None else None


@judgement("alert/for-too-short", Level.WARNING, "alert")
def for_too_short(asked: Asked, facts: Facts) -> Iterator[Finding]:
    """`for` spans at least one evaluation: a shorter one waits for the next evaluation all the same."""
    if asked.waits and asked.waits < asked.evaluation:
        waits, step = f"{asked.waits / 1000:g}s", f"{asked.evaluation / 1000:g}s"
        text = f"the alert {asked.name} waits {waits}, which is shorter than the {step} between two evaluations"
        remedy = f"write for: {2 * asked.evaluation // 1000}s, or leave it out"
        yield whole("alert/for-too-short", text, remedy)


@judgement("alert/absent-without-for", Level.WARNING, "alert")
def absent_without_for(asked: Asked, facts: Facts) -> Iterator[Finding]:
    """An alert on absent() waits for two scrapes: a restart of Prometheus or of the target leaves a gap."""
    least = 2 * facts.scrape
    if (asked.waits or 0) >= max(1, least):
        return
    for node in walk(asked.expr):
        if isinstance(node, Call) and node.func == "absent":
            text = "absent() is true in every gap, also for the one of a restart"
            remedy = "write for: 5m" if asked.waits is None else f"write for: {max(60, least // 1000)}s or more"
            yield Finding("alert/absent-without-for", text, remedy, node.start, node.start + len(node.func))


@judgement("alert/topk", Level.WARNING, "alert")
def ranked_alert(asked: Asked, facts: Facts) -> Iterator[Finding]:
    """An alert fires for whatever is too much, not for the largest k, which change."""
    yield from _ranked(asked, facts, "alert/topk", "an alert on it comes and goes as series overtake each other")


@judgement("rule/topk", Level.WARNING, "record")
def ranked_record(asked: Asked, facts: Facts) -> Iterator[Finding]:
    """A recording rule records all, not the largest k: these come and go, and leave gaps."""
    yield from _ranked(asked, facts, "rule/topk", "what is recorded changes from evaluation to evaluation, with gaps")


def _ranked(asked: Asked, facts: Facts, rule: str, why: str) -> Iterator[Finding]:
    joined = {id(unwrap(side)) for node in walk(asked.expr) for side in _one_side(node)}
    for node in walk(asked.expr):
        if id(node) in joined or (asked.role == "record" and _one_of_equals(node, facts)):
            continue  # topk by (pod) (1, …) leaves one series of each pod to join with: its labels count, not its rank
        if isinstance(node, Aggregate) and node.op in ("topk", "bottomk", "limitk", "limit_ratio"):
            remedy = "leave it out here, and rank where it is shown"
            yield Finding(rule, f"{node.op}() picks other series each time: {why}", remedy, *_word(node))


def _one_of_equals(node: Expr, facts: Facts) -> bool:
    """Whether it is topk by (…) (1, x) of an info metric: of series that are all 1 it keeps one, to join with later."""
    if not isinstance(node, Aggregate) or not node.grouping or node.param is None or constant(node.param) != 1:
        return False
    read = [facts.registry.series(selector.name) for selector in selectors(node) if selector.name]
    return bool(read) and all(series is not None and _INFO.search(series.name) for series in read)


def _one_side(node: Expr) -> tuple[Expr, ...]:
    """The side of which labels are copied by group_left or group_right."""
    if not isinstance(node, Binary) or node.matching is None or not node.matching.group:
        return ()
    return (node.rhs if node.matching.group == "left" else node.lhs,)


def _word(node: Aggregate) -> tuple[int, int]:
    return node.start, node.start + len(node.op)


@judgement("alert/fires-on-traffic", Level.WARNING, "alert")
def fires_on_traffic(asked: Asked, facts: Facts) -> Iterator[Finding]:
    """An alert fires on what is wrong: a counter of all requests rises in health too."""
    top = unwrap(asked.expr)
    if not isinstance(top, Binary):
        return
    for node, side, other, op, value in comparisons(asked.expr):
        found = facts.measures.table(asked.expr)[id(side)]
        if node is not top or op not in (">", "!=", ">=") or value > 0 or found.quantity not in ("rate", "increase"):
            continue
        read = selectors(side)
        healthy = [
            s
            for s in read
            if s.name
            and _TRAFFIC.search(s.name)
            and all(m.label in _TARGET or (m.op == "=" and _GOOD.fullmatch(m.value)) for m in s.matchers)
        ]
        if read and len(healthy) == len(read):
            text = f"{healthy[0].name} rises with every request that succeeds: this fires on healthy traffic"
            remedy = "select what failed, or write a threshold above the usual traffic"
            yield Finding("alert/fires-on-traffic", text, remedy, other.start, other.end)
