"""Rules on proofs: series that make each alert fire are found or declared, and declared ones can be played."""

from __future__ import annotations

from collections.abc import Iterator

from promspec import objectives
from promspec.check.expressions import parsed, sites
from promspec.check.rules import Complaint, View, rule
from promspec.evaluation import Rule
from promspec.judging.conditions import conditional
from promspec.problems import Level
from promspec.promql import PromQLError, infer, kind, parse
from promspec.proofs import notation
from promspec.proofs.alerting import unprovable
from promspec.proofs.model import ProvableAlert
from promspec.proofs.scenarios import read_series
from promspec.proofs.shapes import Shapes
from promspec.proofs.timing import Clock
from promspec.quantities import milliseconds
from promspec.vocabulary.alerts import Alert, Scenario
from promspec.vocabulary.rules import RecordingRule

_EXAMPLE = "scenario=Scenario({series: values}, fires_at=…)"


@rule("alert/unproven", Level.WARNING)
def unproven(view: View) -> Iterator[Complaint]:
    """For every alert series are found that make it fire, or the spec declares a Scenario."""
    recording = view.each(RecordingRule)
    rules = [Rule(r.name, r.expr, tuple(r.labels.items())) for r in recording if _is_sound(r.expr, view)]
    shapes = Shapes(view.series, rules)
    for site in sites(view):
        alert = site.owner
        if not isinstance(alert, Alert) or alert.scenario is not None or not _is_sound(alert.expr, view):
            continue
        provable = ProvableAlert(alert.name, alert.expr, for_=alert.for_, keep_firing_for=alert.keep_firing_for)
        expr = parsed(site)
        possible = expr is not None and conditional(expr, view.facts.recorded, view.facts.conditions)
        reason = unprovable(provable, rules, shapes, _clock(view)) if possible else ""
        if reason:
            text = f"no series were found that make {alert.name} fire: {reason}"
            yield alert, text, f"declare them: {_EXAMPLE}"


@rule("scenario/series", Level.ERROR)
def series(view: View) -> Iterator[Complaint]:
    """The series of a Scenario are ones that the spec knows, each with its labels."""
    for scenario in view.each(Scenario):
        for name in _names(scenario):
            try:
                read_series(name)
            except ValueError as error:
                yield scenario, f"{name!r} is no series: {error}", 'name one as promtool does: up{job="api"}'
                continue
            for finding in infer(parse(name), view.series).findings:
                yield scenario, f"{name}: {finding.message}", finding.remedy


@rule("scenario/values", Level.ERROR)
def values(view: View) -> Iterator[Complaint]:
    """The values of a Scenario are in promtool's notation."""
    for scenario in view.each(Scenario):
        for series in (scenario.series, *scenario.silent.values()):
            for name, written in series.items():
                try:
                    notation.read(written)
                except ValueError as error:
                    yield scenario, f"{name}: {error}", 'such as "0+5x40" (0, 5, 10 … 200), "_x3" (no sample), "stale"'


@rule("scenario/times", Level.ERROR)
def times(view: View) -> Iterator[Complaint]:
    """The times of a Scenario are evaluations, and it resolves after it fires."""
    step = _clock(view).evaluation
    for scenario in view.each(Scenario):
        for word in ("fires_at", "resolves_at"):
            text = getattr(scenario, word)
            if text is not None and milliseconds(text) % step:
                remedy = f"rules are evaluated every {step // 1000} s: write a multiple of that"
                yield scenario, f"{word}={text!r} is no evaluation", remedy
        if scenario.resolves_at and milliseconds(scenario.resolves_at) <= milliseconds(scenario.fires_at):
            yield scenario, "it resolves before it fires", "write a resolves_at after fires_at"


def _names(scenario: Scenario) -> Iterator[str]:
    seen: dict[str, None] = {}
    for series in (scenario.series, *scenario.silent.values()):
        seen.update(dict.fromkeys(str(name) for name in series))
    yield from seen


def _is_sound(text: str, view: View) -> bool:
    """Whether nothing else is wrong with an expression, which has problems of its own then."""
    try:
        tree = parse(text)
    except PromQLError:
        return False
    return kind(tree) == "instant" and not infer(tree, view.series).findings


def _clock(view: View) -> Clock:
    deployment = view.spec.deployment
    clock = objectives.clock(deployment if deployment is not None and not deployment.broken else None)
    newer = deployment is not None and not deployment.broken and deployment.version >= (3,)
    return Clock(milliseconds(clock.scrape), milliseconds(clock.evaluation), newer)
