"""Rules on recording rules: their groups, their order, their names."""

from __future__ import annotations

from collections.abc import Iterator

from promspec.check.rules import Complaint, View, rule
from promspec.problems import Level
from promspec.promql import PromQLError, parse, selectors
from promspec.quantities import milliseconds
from promspec.vocabulary.rules import RecordingRule


@rule("rule/group-interval", Level.ERROR)
def group_interval(view: View) -> Iterator[Complaint]:
    """All rules of a group have the same interval: Prometheus evaluates a group as a whole."""
    first: dict[str, RecordingRule] = {}
    for recording in view.each(RecordingRule):
        earlier = first.setdefault(recording.group, recording)
        if milliseconds(earlier.interval) != milliseconds(recording.interval):
            text = f"the rule {recording.name} has the interval {recording.interval}, its group has {earlier.interval}"
            yield recording, text, f"write interval={earlier.interval!r}, or put it in another group"


@rule("rule/order", Level.WARNING)
def order(view: View) -> Iterator[Complaint]:
    """Within a group a rule stands after the rules it reads, so that it reads what is fresh."""
    metrics = {metric.name for metric in view.spec.all_metrics}
    rules = [recording for recording in view.each(RecordingRule) if recording.name not in metrics]
    later: dict[str, RecordingRule] = {recording.name: recording for recording in rules}
    position = {id(recording): index for index, recording in enumerate(rules)}
    for recording in rules:
        for name in _read(recording):
            used = later.get(name)
            if used is None or used.group != recording.group:
                continue
            if used is recording:
                yield recording, f"the rule {recording.name} reads itself", "record under another name"
            elif position[id(used)] > position[id(recording)]:
                text = f"the rule {recording.name} reads {used.name}, which its group evaluates later"
                yield recording, text, f"declare {used.name} first, or give it a group of its own"


@rule("rule/cycle", Level.ERROR)
def cycle(view: View) -> Iterator[Complaint]:
    """No rules read each other in a circle: none of them would ever have a value."""
    rules = {recording.name: recording for recording in view.each(RecordingRule)}
    told: set[str] = set()
    for name, recording in rules.items():
        path = _way_back(name, rules)
        if len(path) > 1 and not told & set(path):
            told |= set(path)
            text = f"the rule {name} reads itself, through {' and '.join(path[1:])}"
            yield recording, text, "take one of them out of the circle"


def _way_back(name: str, rules: dict[str, RecordingRule]) -> list[str]:
    """The names on the shortest way from a rule back to itself, or none."""
    ways, seen = [[name]], {name}
    for way in ways:
        for read in _read(rules[way[-1]]):
            if read == name:
                return way
            if read in rules and read not in seen:
                seen.add(read)
                ways.append([*way, read])
    return []


def _read(recording: RecordingRule) -> list[str]:
    try:
        found = selectors(parse(recording.expr))
    except PromQLError:
        return []
    return list(dict.fromkeys(selector.name for selector in found if selector.name))


@rule("rule/name-levels", Level.INFO)
def name_levels(view: View) -> Iterator[Complaint]:
    """A recorded series is named `level:metric:operations`, so that nobody takes it for an exposed one."""
    metrics = {metric.name for metric in view.spec.all_metrics}
    for recording in view.each(RecordingRule):
        if ":" not in recording.name and recording.name not in metrics:
            text = f"the name of the rule {recording.name} does not show that it is recorded"
            yield recording, text, "name it level:metric:operations, such as job:requests:rate5m"
