"""Rules on recording rules: two of one name, rules that nothing reads, rules that read each other in a circle."""

from __future__ import annotations

from collections.abc import Iterator

from promspec.linting.model import Rule
from promspec.linting.view import Complaint, View, rule
from promspec.problems import Level
from promspec.promql import regex, selectors


@rule("rule/duplicate", Level.ERROR)
def duplicate(view: View) -> Iterator[Complaint]:
    """No two recording rules have the same name and the same labels: Prometheus refuses what they record."""
    first: dict[tuple[object, ...], Rule] = {}
    for record in view.files.records():
        key = (record.subject.name, tuple(sorted(record.fixed_labels().items())))
        earlier = first.setdefault(key, record)
        if earlier is record:
            continue
        differs = " ".join(earlier.query.text.split()) != " ".join(record.query.text.split())
        what = "records something else elsewhere" if differs else "stands twice"
        text = f"the rule {record.subject.name} {what}, with the same labels"
        level = _level(earlier, record, differs)
        remedy = f"keep one of them; the other is {earlier.name.place()}"
        yield Complaint(record.subject, text, remedy, record.name.place(), level=level)


def _level(earlier: Rule, later: Rule, differs: bool) -> Level:
    """Files of different places may be for different servers: what is the same in both is only worth a note."""
    if earlier.name.source.file == later.name.source.file:
        return Level.ERROR if differs else Level.WARNING
    return Level.WARNING if differs else Level.INFO


@rule("rule/unused", Level.INFO)
def unused(view: View) -> Iterator[Complaint]:
    """Something reads what is recorded."""
    if not view.files.dashboards and not view.files.alerts():
        return
    names = [record.subject.name for record in view.files.records()]
    read = set(_read(view, names))
    for record in view.files.records():
        if record.subject.name not in read:
            text = f"nothing here reads the rule {record.subject.name}"
            yield Complaint(record.subject, text, "take it out, or give the files that read it", record.name.place())


def _read(view: View, names: list[str]) -> Iterator[str]:
    for query in view.files.queries():
        expr = view.parsed(query)
        if expr is None:
            yield from (name for name in names if name in query.text)
            continue
        for selector in selectors(expr):
            if selector.name is not None:
                yield selector.name
                continue
            for matcher in selector.matchers:
                if matcher.label == "__name__":
                    pattern = regex(matcher.value)
                    known = pattern is None or matcher.variable
                    yield from (name for name in names if known or (pattern and pattern.fullmatch(name)))


@rule("rule/cycle", Level.ERROR)
def cycle(view: View) -> Iterator[Complaint]:
    """No rules read each other in a circle: none of them would ever have a value."""
    reads: dict[str, list[str]] = {}
    first: dict[str, Rule] = {}
    for record in view.files.records():
        expr = view.parsed(record.query)
        first.setdefault(record.subject.name, record)
        names = [selector.name for selector in selectors(expr) if selector.name] if expr is not None else []
        reads.setdefault(record.subject.name, []).extend(names)
    left = _circular(reads)
    told: set[str] = set()
    for name, record in first.items():
        way = _way_back(name, left) if name in left and name not in told else []
        if len(way) > 1 and not told & set(way):
            told |= set(way)
            text = f"the rule {name} reads itself, through {' and '.join(way[1:])}"
            yield Complaint(record.subject, text, "take one of them out of the circle", record.name.place())


def _circular(reads: dict[str, list[str]]) -> dict[str, list[str]]:
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


def _way_back(name: str, reads: dict[str, list[str]]) -> list[str]:
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
