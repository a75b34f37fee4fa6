"""What recording rules are called and where they stand: names against expressions, circles, order, idle rules."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

from promspec.judging.model import Asked, Facts, judgement, whole
from promspec.judging.parts import key
from promspec.problems import Level
from promspec.promql import Aggregate, Binary, Call, Expr, Finding, infer, regex, selectors, walk

_WINDOW = re.compile(r"(rate|increase|irate|delta|deriv|avg|max|min|sum|count)_?(\d+(?:ms|[smhdwy]))(?=$|[:_])")
_FUNCTIONS = {name: f"{name}_over_time" for name in ("avg", "max", "min", "sum", "count")}


@judgement("rule/name-levels", Level.INFO, "record")
def name_levels(asked: Asked, facts: Facts) -> Iterator[Finding]:
    """A recorded series is named `level:metric:operations`, so that nobody takes it for an exposed one."""
    if ":" not in asked.name:
        text = f"the name of the rule {asked.name} does not show that it is recorded"
        remedy = "name it level:metric:operations, such as job:requests:rate5m"
        yield whole("rule/name-levels", text, remedy)


@judgement("rule/name-window", Level.WARNING, "record")
def name_window(asked: Asked, facts: Facts) -> Iterator[Finding]:
    """The window in a rule's name is the one it is taken over."""
    for function, window in _WINDOW.findall(asked.name.rpartition(":")[2]):
        ranges = list(_ranges(asked.expr, function))
        if ranges and all(text != window and seconds != _seconds(window) for text, seconds, _, _ in ranges):
            text, _, start, end = ranges[0]
            message = f"the name {asked.name} says {function} over {window}, the expression takes {text}"
            yield Finding("rule/name-window", message, f"write [{window}], or name it {function}{text}", start, end)


def _ranges(expr: Expr, function: str) -> Iterator[tuple[str, object, int, int]]:
    wanted = (function, _FUNCTIONS.get(function, function))
    for node in walk(expr):
        for arg in node.args if isinstance(node, Call) and node.func in wanted else ():
            length = getattr(arg, "range", None)
            if length is not None and length.seconds is not None:
                yield length.text, length.seconds, length.start, length.end


def _seconds(text: str) -> float:
    number, unit = re.fullmatch(r"(\d+)(ms|[smhdwy])", text).groups()  # type: ignore[union-attr]
    length = {"ms": 0.001, "s": 1, "m": 60, "h": 3600, "d": 86400, "w": 604800, "y": 31536000}[unit]
    return int(number) * length


@judgement("rule/name-labels", Level.WARNING, "record")
def name_labels(asked: Asked, facts: Facts) -> Iterator[Finding]:
    """The level that begins a rule's name is a label that its series keep."""
    level, colon, _ = asked.name.partition(":")
    read = [facts.registry.series(selector.name) for selector in selectors(asked.expr) if selector.name]
    if not colon or not any(series is not None and level in series.labels for series in read):
        return
    found = infer(asked.expr, facts.registry)
    if found.exact and level not in found.labels:
        message = f"the name {asked.name} promises the label {level}, which the expression drops"
        remedy = f"keep it: sum by ({level}) (…), or name what is kept"
        yield whole("rule/name-labels", message, remedy)


@judgement("promql/recorded-already", Level.INFO, "alert", "panel")
def recorded_already(asked: Asked, facts: Facts) -> Iterator[Finding]:
    """What a recording rule has computed is read from it, not computed again."""
    for node in walk(asked.expr) if facts.records else ():
        name = facts.recordings.get(key(node)) if isinstance(node, Aggregate) else None
        if name is not None:
            message = f"the rule {name} records this already"
            yield Finding("promql/recorded-already", message, f"write {name}", node.start, node.end)


def names_read(expr: Expr | None, own: str = "") -> tuple[str, ...]:
    """The names of the series that an expression reads, each once.

    A rule may read itself (`own`) to keep what was; with `or` it has a first value, and that is left out here.
    """
    if expr is None:
        return ()
    begins = any(isinstance(node, Binary) and node.op == "or" for node in walk(expr))
    found = (selector.name for selector in selectors(expr) if selector.name)
    return tuple(dict.fromkeys(name for name in found if name != own or not begins))


def read_of(names: Sequence[str], expr: Expr | None, text: str) -> Iterator[str]:
    """Which of the names an expression reads, also by a condition on `__name__`; of a broken text, all in it."""
    if expr is None:
        yield from (name for name in names if name in text)
        return
    for selector in selectors(expr):
        if selector.name is not None:
            yield selector.name
            continue
        for matcher in selector.matchers:
            if matcher.label == "__name__":
                pattern = regex(matcher.value)
                known = pattern is None or matcher.variable
                yield from (name for name in names if known or (pattern and pattern.fullmatch(name)))


def circles(reads: Mapping[str, Iterable[str]]) -> Iterator[list[str]]:
    """The names that read each other in a circle, once each, from the one that is declared first.

    >>> list(circles({"a": ["b"], "b": ["c", "a"], "c": ["up"]}))
    [['a', 'b']]
    """
    left = _circular({name: list(names) for name, names in reads.items()})
    told: set[str] = set()
    for name in reads:
        way = _way_back(name, left) if name in left and name not in told else []
        if len(way) > 1 and not told & set(way):
            told |= set(way)
            yield way


def _circular(reads: Mapping[str, Sequence[str]]) -> dict[str, list[str]]:
    """What is left when, again and again, rules go that read none of the rest: those of circles, or that read them."""
    left = {name: dict.fromkeys(other for other in names if other in reads) for name, names in reads.items()}
    readers: dict[str, list[str]] = {name: [] for name in left}
    for name, names in left.items():
        for other in names:
            readers[other].append(name)
    gone = [name for name, names in left.items() if not names]
    for name in gone:
        for reader in readers[name]:
            left[reader].pop(name, None)
            if not left[reader]:
                gone.append(reader)
    return {name: list(names) for name, names in left.items() if names}


def _way_back(name: str, reads: Mapping[str, Sequence[str]]) -> list[str]:
    """The names on the shortest way from a rule back to itself, or none."""
    came: dict[str, str] = {}
    waiting = [name]
    for each in waiting:
        if name in reads[each]:
            way = [each]
            while way[-1] != name:
                way.append(came[way[-1]])
            return way[::-1]
        for other in reads[each]:
            if other in reads and other not in came:
                came[other] = each
                waiting.append(other)
    return []


def circle(way: Sequence[str]) -> tuple[str, str]:
    """What is wrong with a circle, and what to do."""
    return f"the rule {way[0]} reads itself, through {' and '.join(way[1:])}", "take one of them out of the circle"


def out_of_order(group: Sequence[tuple[str, Collection[str]]]) -> Iterator[tuple[int, str, str]]:
    """The rules of a group that read themselves or a later one: its index, what is wrong, what to do.

    `group` is each rule's name and the names it reads, in the order of evaluation.
    """
    first: dict[str, int] = {}
    for index, (name, _) in enumerate(group):
        first.setdefault(name, index)
    for index, (name, read) in enumerate(group):
        for other in read:
            if other == name:
                yield (
                    index,
                    f"the rule {name} reads itself",
                    "record under another name, or give it a first value: … or vector(0)",
                )
            elif first.get(other, -1) > index:
                text = f"the rule {name} reads {other}, which its group evaluates later"
                yield index, text, f"declare {other} first, or give it a group of its own"
