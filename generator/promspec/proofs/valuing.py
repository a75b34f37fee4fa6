"""The value that an alert's texts show: a copy of the alert that carries it as a label, asked of promtool."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from promspec.evaluation import Column, Labels, result_labels
from promspec.proofs.cases import Stories, written_series
from promspec.proofs.model import Case, Check, Proof, ProvableAlert, TestedRule, selector
from promspec.proofs.programs import State
from promspec.proofs.situation import Situation
from promspec.proofs.solving import Solution

PART = "value"
_LABEL = "shown_value"
_TEMPLATE = '{{ $value | printf "%.4g" }}'


def shows_value(alert: ProvableAlert) -> bool:
    """Whether a text of an alert shows its value."""
    texts = [text for _, text in (*alert.annotations, *alert.labels)]
    return any("$value" in text or ".Value" in text for text in texts)


def value_proof(
    alert: ProvableAlert, situation: Situation, solution: Solution, recording: tuple[TestedRule, ...]
) -> tuple[Proof, ...]:
    """The proof of the value in the firing state; none if no digit of it is certain."""
    labels = (*((name, value) for name, value in alert.labels if "{{" not in value), (_LABEL, _TEMPLATE))
    tested = replace(alert.tested, labels=labels, for_="0s", keep_firing_for=None, annotations=())
    state = _everywhere(situation, solution)
    story = Stories(situation, solution.baseline).of("the value shown", state)
    phases = story.phases[:-1]
    (result,) = situation.ending(phases, [""])
    at = sum(phase.scrapes for phase in phases) * situation.timing.interval
    check = shown_check(tested, {own: [value] for own, value in result.items()}, 0, at)
    if check is None:
        return ()
    case = Case(story.name, situation.timing.interval, written_series(situation, phases), (check,))
    return (Proof(alert.name, (*recording, tested), situation.timing.step, (case,), part=PART),)


def _everywhere(situation: Situation, solution: Solution) -> State:
    """The firing state with a part of what moves in every series like those that move, if it fires then."""
    sources, state = situation.inputs.sources, list(solution.firing)
    moved = [n for n, (a, b) in enumerate(zip(solution.baseline, solution.firing, strict=True)) if a != b]
    for index, source in enumerate(sources):
        like = [n for n in moved if (sources[n].metric, sources[n].bucket) == (source.metric, source.bucket)]
        level = solution.firing[like[0]] if like else None
        if level is not None and index not in moved and state[index] is not None:
            state[index] = replace(level, value=level.value * (0.3 + 0.07 * (index % 4)))
    fires = situation.holds(solution.baseline, tuple(state))
    return tuple(state) if fires else solution.firing


def shown_check(tested: TestedRule, result: Mapping[Labels, Column], index: int, at: int) -> Check | None:
    """What the copy is at one evaluation; None if a value is no number or lies where rounding is chance."""
    own = tuple(pair for pair in tested.labels if pair[0] != _LABEL)
    there = []
    for labels, column in result.items():
        value = column[index]
        if value is None:
            continue
        if value != value or f"{value * (1 + 1e-9):.4g}" != f"{value * (1 - 1e-9):.4g}":
            return None
        told = {"alertname": tested.alert, "alertstate": "firing", _LABEL: f"{value:.4g}"}
        there.append((selector("ALERTS", tuple(sorted({**dict(result_labels(labels, own)), **told}.items()))), 1.0))
    return Check(selector("ALERTS", (("alertname", tested.alert),)), at, tuple(sorted(there)))
