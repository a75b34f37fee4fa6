"""Rules on recording rules: their groups, their order, and whether anything reads them."""

from __future__ import annotations

from collections.abc import Iterator

from promspec.check.expressions import parsed, sites
from promspec.check.rules import Complaint, View, parsed_text, rule
from promspec.judging.recording import circle, circles, names_read, out_of_order, read_of
from promspec.problems import Level
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
    groups: dict[str, list[RecordingRule]] = {}
    for recording in view.each(RecordingRule):
        if recording.name not in metrics:
            groups.setdefault(recording.group, []).append(recording)
    for group in groups.values():
        for index, text, remedy in out_of_order([(each.name, _read(each)) for each in group]):
            yield group[index], text, remedy


@rule("rule/cycle", Level.ERROR)
def cycle(view: View) -> Iterator[Complaint]:
    """No rules read each other in a circle: none of them would ever have a value."""
    rules = {recording.name: recording for recording in view.each(RecordingRule)}
    for way in circles({name: _read(recording) for name, recording in rules.items()}):
        yield rules[way[0]], *circle(way)


@rule("rule/unused", Level.INFO)
def unused(view: View) -> Iterator[Complaint]:
    """Something reads what is recorded."""
    names = [recording.name for recording in view.each(RecordingRule)]
    read = {name for site in sites(view) for name in read_of(names, parsed(site), site.text)}
    for recording in view.each(RecordingRule):
        if recording.name not in read:
            yield recording, f"nothing here reads the rule {recording.name}", "take it out, or show it on a dashboard"


def _read(recording: RecordingRule) -> tuple[str, ...]:
    return names_read(parsed_text(recording.expr), recording.name)
