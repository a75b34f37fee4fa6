"""The proof of an alert by the scenario that its spec declares: what it says, asked of promtool."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from promspec.evaluation import Rule
from promspec.promql import Matcher, PromQLError, Selector, parse, unwrap
from promspec.proofs import notation
from promspec.proofs.closure import Closure
from promspec.proofs.model import Case, Check, Proof, ProvableAlert, TestedRule, selector
from promspec.proofs.timing import Clock
from promspec.quantities import duration


@dataclass(frozen=True, slots=True)
class Declared:
    """A scenario in plain values; times in milliseconds."""

    series: Mapping[str, str]
    fires_at: int
    resolves_at: int | None
    silent: Mapping[str, Mapping[str, str]]
    interval: int


def scenario_proof(alert: ProvableAlert, declared: Declared, rules: Sequence[Rule], clock: Clock) -> Proof:
    """The tests of a scenario and its variants, on the alert and the rules behind it."""
    closure = Closure(alert.expr, rules)
    given = {read_series(name)[0] for name in declared.series}
    unfolded = Closure(alert.expr, rules, frozenset(given)) if given & {r.record for r in closure.rules} else closure
    recording = tuple(TestedRule(rule.record, rule.expr, rule.labels) for rule in unfolded.rules)
    cases = [_case("as declared", declared.series, declared, _fires(alert.name, declared, clock))]
    for name, changed in declared.silent.items():
        series = {**declared.series, **changed}
        cases.append(_case(f"silent, {name}", series, declared, (_never(alert.name, _end(series, declared)),)))
    return Proof(alert.name, (*recording, alert.tested), clock.evaluation, tuple(cases), part="scenario")


def _case(name: str, series: Mapping[str, str], declared: Declared, checks: tuple[Check, ...]) -> Case:
    written = tuple((_canonical(text), notation.text(notation.read(values))) for text, values in series.items())
    return Case(name, declared.interval, written, checks)


def _canonical(text: str) -> str:
    name, matchers = read_series(text)
    return selector(name, tuple((m.label, m.value) for m in matchers))


def _fires(alert: str, declared: Declared, clock: Clock) -> tuple[Check, ...]:
    before = declared.fires_at - clock.evaluation
    checks = [_firing(alert, before, False)] if before >= 0 else []
    checks.append(_firing(alert, declared.fires_at, True))
    if declared.resolves_at is not None:
        checks.append(_firing(alert, declared.resolves_at, False))
    return tuple(checks)


def _firing(alert: str, at: int, expected: bool) -> Check:
    own = selector("ALERTS", (("alertname", alert), ("alertstate", "firing")))
    return Check(f"count({own}) > bool 0", at, (("{}", 1.0),) if expected else ())


def _never(alert: str, end: int) -> Check:
    own = selector("ALERTS", (("alertname", alert), ("alertstate", "firing")))
    return Check(f"count_over_time({own}[{duration(end + 1000)}])", end, ())


def _end(series: Mapping[str, str], declared: Declared) -> int:
    longest = max((notation.length(notation.read(values)) for values in series.values()), default=1)
    return max(declared.fires_at, declared.resolves_at or 0, (longest - 1) * declared.interval)


def read_series(text: str) -> tuple[str, tuple[Matcher, ...]]:
    """The name and the matchers of a series as promtool names it; ValueError says what is wrong with it."""
    try:
        tree = unwrap(parse(text))
    except PromQLError as error:
        raise ValueError(error.message) from None
    if not isinstance(tree, Selector) or tree.name is None or tree.range is not None or tree.offset is not None:
        raise ValueError("it is no series")
    if any(matcher.op != "=" for matcher in tree.matchers):
        raise ValueError("a series has its labels with = alone")
    return tree.name, tree.matchers
