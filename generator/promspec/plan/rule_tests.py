"""The artefact `rule_tests`: a proof for every alert and every recording rule, in files that promtool runs."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import partial

from promspec import objectives
from promspec.evaluation import NotEvaluated, Rule, reads
from promspec.plan.rules import AlertRule, Group, Record
from promspec.proofs.alerting import AlertProver
from promspec.proofs.closure import Closure
from promspec.proofs.memory import Facts, Memory
from promspec.proofs.model import RATE, Proof, ProvableAlert, TestedRule
from promspec.proofs.recording import recording_proof
from promspec.proofs.scenarios import Declared, scenario_proof
from promspec.proofs.shapes import Shapes
from promspec.proofs.solving import Unsolved
from promspec.proofs.timing import Clock
from promspec.quantities import duration, milliseconds, seconds
from promspec.series import SpecSeries
from promspec.vocabulary.spec import Spec

_MOST_RULES = 12


@dataclass(frozen=True, slots=True)
class RuleTestFile:
    """A file of tests, and the rules that it loads, evaluated every `step` milliseconds."""

    name: str
    step: int
    rules: tuple[TestedRule, ...]
    proofs: tuple[Proof, ...]


@dataclass(frozen=True, slots=True)
class RuleTestsPlan:
    """Every file of proofs; `unproven` are the rules without one, each with the reason."""

    files: tuple[RuleTestFile, ...]
    unproven: tuple[tuple[str, str], ...]

    @property
    def subjects(self) -> tuple[str, ...]:
        """The names of all rules, those without a proof last."""
        proven = [proof.subject for file in self.files for proof in file.proofs]
        return tuple(dict.fromkeys((*proven, *(name for name, _ in self.unproven))))


def plan_rule_tests(
    spec: Spec,
    recording: Sequence[Group],
    alerting: Sequence[Group],
    left_open: bool | None = None,
    memory: Memory | None = None,
) -> RuleTestsPlan:
    """The proofs of all planned rules; `left_open` is how promtool reads a range, by default as the target does.

    What `memory` holds is not sought again.
    """
    memory = memory or Memory({})
    rules = [rule for group in (*recording, *alerting) for rule in group.rules]
    records = [Rule(rule.record, rule.expr, rule.labels) for rule in rules if isinstance(rule, Record)]
    registry = SpecSeries(spec)
    shapes, facts = Shapes(registry, records), Facts(records, registry)
    clock = proof_clock(spec, left_open)
    unproven: list[tuple[str, str]] = []
    values: list[Proof] = []
    for record in records:
        try:
            known = (record.record, record.expr, record.labels, clock, facts.behind(record.expr))
            values += memory.proofs(known, partial(_value_proof, record, shapes, clock))
        except NotEvaluated as error:
            unproven.append((record.record, f"its expression has {error}"))
    alerts: list[Proof] = []
    rates, scenarios = _rates(spec, records), _scenarios(spec)
    for rule in rules:
        if isinstance(rule, AlertRule):
            alert, declared = provable(rule, records, rates), scenarios.get((rule.alert, rule.expr))
            if declared is not None:
                alerts.append(scenario_proof(alert, declared, records, clock))
            try:
                prover = partial(_alert_proofs, alert, records, shapes, clock)
                alerts += memory.proofs((alert, clock, facts.behind(rule.expr)), prover)
            except (NotEvaluated, Unsolved) as error:
                if declared is None:
                    unproven.append((rule.alert, str(error)))
    return RuleTestsPlan((*_alert_files(alerts), *_value_files(values)), tuple(unproven))


def _value_proof(record: Rule, shapes: Shapes, clock: Clock) -> tuple[Proof, ...]:
    return (recording_proof(record, shapes, clock),)


def _alert_proofs(alert: ProvableAlert, records: Sequence[Rule], shapes: Shapes, clock: Clock) -> tuple[Proof, ...]:
    return AlertProver(alert, records, shapes, clock).proofs()


def proof_clock(spec: Spec, left_open: bool | None = None) -> Clock:
    """The intervals of the deployment, and the reading of ranges of its Prometheus."""
    clock = objectives.clock(spec.deployment)
    newer = spec.deployment is not None and spec.deployment.version >= (3,)
    chosen = newer if left_open is None else left_open
    return Clock(milliseconds(clock.scrape), milliseconds(clock.evaluation), chosen)


def provable(rule: AlertRule, records: Sequence[Rule], rates: dict[str, float]) -> ProvableAlert:
    """A planned alert as the proofs see it, with the traffic that was declared for what it reads."""
    known = [rates[name] for name in Closure(rule.expr, records).inputs if name in rates]
    rate = known[0] if known else RATE
    return ProvableAlert(rule.alert, rule.expr, rule.labels, rule.for_, rule.keep_firing_for, rule.annotations, rate)


def _scenarios(spec: Spec) -> dict[tuple[str, str], Declared]:
    """The declared scenarios by name and expression of their alerts, in plain values."""
    return {
        (alert.name, alert.expr): Declared(
            series={str(name): str(values) for name, values in alert.scenario.series.items()},
            fires_at=milliseconds(alert.scenario.fires_at),
            resolves_at=milliseconds(alert.scenario.resolves_at) if alert.scenario.resolves_at else None,
            silent={
                name: {str(one): str(values) for one, values in series.items()}
                for name, series in alert.scenario.silent.items()
            },
            interval=milliseconds(alert.scenario.interval),
        )
        for alert in spec.alerts
        if alert.scenario is not None
    }


def _rates(spec: Spec, records: Sequence[Rule]) -> dict[str, float]:
    """Events per second of every input of an SLO whose traffic is declared."""
    found: dict[str, float] = {}
    recorded = {record.record for record in records}
    for slo in spec.slos:
        if slo.traffic is not None:
            count, _, unit = slo.traffic.partition("/")
            rate = float(Decimal(count) / seconds(f"1{unit}"))
            own = [record for record in records if ("slo", slo.name) in record.labels]
            for record in own:
                for _, _, name in reads(record.expr):
                    if name not in recorded:
                        found.setdefault(name, rate)
    return found


def _alert_files(proofs: Iterable[Proof]) -> Iterator[RuleTestFile]:
    names: dict[str, int] = {}
    for proof in proofs:
        base = f"{proof.subject}_{proof.part}" if proof.part else proof.subject
        names[base] = names.get(base, 0) + 1
        number = f"_{names[base]}" if names[base] > 1 else ""
        yield RuleTestFile(f"alerts/{base}{number}", proof.step, proof.rules, (proof,))


def _value_files(proofs: Iterable[Proof]) -> Iterator[RuleTestFile]:
    """Rules that are evaluated alike share a file, unless one reads what another records: that is an input here."""
    files: dict[int, list[list[Proof]]] = {}
    for proof in proofs:
        same = files.setdefault(proof.step, [])
        fitting = (members for members in same if len(members) < _MOST_RULES and _apart(proof, members))
        found = next(fitting, None)
        if found is None:
            same.append([proof])
        else:
            found.append(proof)
    for step, same in sorted(files.items()):
        for number, members in enumerate(same, 1):
            rules = tuple(rule for proof in members for rule in proof.rules)
            yield RuleTestFile(f"recording_rules/{duration(step)}_{number}", step, rules, tuple(members))


def _apart(proof: Proof, members: Sequence[Proof]) -> bool:
    rule = proof.rules[0]
    read = {name for _, _, name in reads(rule.expr)}
    others = [other.rules[0] for other in members]
    return not any(
        other.record in read
        or any(name == rule.record for _, _, name in reads(other.expr))
        or (other.record, other.labels) == (rule.record, rule.labels)
        for other in others
    )
