"""Rules on recording rules: two of one name, rules that nothing reads, rules that read each other in a circle."""

from __future__ import annotations

from collections.abc import Iterator

from promspec.judging.names import repeated
from promspec.judging.recording import circle, circles, names_read, out_of_order, read_of
from promspec.linting.model import Rule
from promspec.linting.view import Complaint, View, rule
from promspec.problems import Level


@rule("rule/duplicate", Level.ERROR)
def duplicate(view: View) -> Iterator[Complaint]:
    """No two recording rules have the same name and the same labels: Prometheus refuses what they record."""
    for record, earlier in repeated(view.files.records(), _identity):
        differs = " ".join(earlier.query.text.split()) != " ".join(record.query.text.split())
        what = "records something else elsewhere" if differs else "stands twice"
        text = f"the rule {record.subject.name} {what}, with the same labels"
        level = _level(earlier, record, differs)
        remedy = f"keep one of them; the other is {earlier.name.place()}"
        yield Complaint(record.subject, text, remedy, record.name.place(), level=level)


def _identity(record: Rule) -> tuple[object, ...]:
    return record.subject.name, tuple(sorted(record.fixed_labels().items()))


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
        yield from read_of(names, view.parsed(query), query.text)


@rule("rule/cycle", Level.ERROR)
def cycle(view: View) -> Iterator[Complaint]:
    """No rules read each other in a circle: none of them would ever have a value."""
    reads: dict[str, list[str]] = {}
    first: dict[str, Rule] = {}
    for record in view.files.records():
        first.setdefault(record.subject.name, record)
        reads.setdefault(record.subject.name, []).extend(names_read(view.parsed(record.query), record.subject.name))
    for way in circles(reads):
        record = first[way[0]]
        yield Complaint(record.subject, *circle(way), record.name.place())


@rule("rule/order", Level.WARNING)
def order(view: View) -> Iterator[Complaint]:
    """Within a group a rule stands after the rules it reads, so that it reads what is fresh."""
    groups: dict[int, list[Rule]] = {}
    for record in view.files.records():
        if not view.registry.exposed(record.subject.name):
            groups.setdefault(id(record.group.node), []).append(record)
    for group in groups.values():
        read = [(record.subject.name, names_read(view.parsed(record.query), record.subject.name)) for record in group]
        for index, text, remedy in out_of_order(read):
            yield Complaint(group[index].subject, text, remedy, group[index].name.place())


@rule("rule/shadows-metric", Level.ERROR)
def shadows_metric(view: View) -> Iterator[Complaint]:
    """A recording rule does not record under the name of a metric."""
    for record in view.files.records():
        name = record.subject.name
        if ":" not in name and view.registry.exposed(name):
            text = f"the rule {name} records under the name of a metric, so queries would mix both"
            remedy = "name it level:metric:operations, such as job:requests:rate5m"
            yield Complaint(record.subject, text, remedy, record.name.place())
