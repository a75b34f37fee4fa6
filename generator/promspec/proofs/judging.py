"""Whether rules pass a case, as the evaluator sees it: a forecast of promtool's verdict, used to save it work."""

from __future__ import annotations

from collections.abc import Sequence

from promspec.evaluation import Labels, Rule, Store, alert_states, labelset, record, result_labels, rounded, run_alone
from promspec.promql import Call, NumberLiteral, Selector, parse, unwrap, walk
from promspec.proofs import notation
from promspec.proofs.model import Case, Check, TestedRule, braces, selector
from promspec.quantities import milliseconds


def passes(rules: Sequence[TestedRule], step: int, case: Case, left_open: bool) -> bool:
    """Whether every check of a case holds for these rules; NotEvaluated if nobody can tell."""
    store = Store(left_open)
    for name, values in case.series:
        parsed = unwrap(parse(name))
        assert isinstance(parsed, Selector)
        labels = labelset((m.label, m.value) for m in parsed.matchers)
        store.add(parsed.name or "", labels, notation.samples(notation.read(values), case.interval, left_open))
    times = list(range(0, max(check.at for check in case.checks) + 1, step))
    tested = rules[-1]
    for rule in rules[:-1]:
        plain = Rule(rule.record, rule.expr, rule.labels)
        record(plain, run_alone(plain, store, times), store, times)
    if tested.alert:
        return _alert_passes(tested, store, times, case)
    result = run_alone(Rule(tested.record, tested.expr, tested.labels), store, times)
    for check in case.checks:
        index = times.index(check.at)
        present = {result_labels(own, tested.labels): column[index] for own, column in result.items()}
        given = {labels: value for labels, value in present.items() if value is not None and value == value}
        if _shown(check, tested, given) != check.samples:
            return False
    return True


def _shown(check: Check, rule: TestedRule, values: dict[Labels, float]) -> tuple[tuple[str, float], ...]:
    """The result of a check on a recorded series."""
    tree = parse(check.expr)
    asked = next(part for part in walk(tree) if isinstance(part, Selector))
    wanted = {m.label: m.value for m in asked.matchers}
    kept = {own: value for own, value in values.items() if all(dict(own).get(k, "") == v for k, v in wanted.items())}
    if isinstance(tree, Call) and isinstance(tree.args[1], NumberLiteral):
        to = tree.args[1].value or 1.0
        kept = {own: rounded(value, to) + 0.0 for own, value in kept.items()}
        return tuple(sorted((braces(own), value) for own, value in kept.items()))
    return tuple(sorted((selector(rule.record, own), value) for own, value in kept.items()))


def _alert_passes(alert: TestedRule, store: Store, times: list[int], case: Case) -> bool:
    result = run_alone(Rule("", alert.expr), store, times)
    for_, keep = milliseconds(alert.for_), milliseconds(alert.keep_firing_for or "0s")
    states = alert_states(result, alert.labels, times, for_, keep)
    for check in case.checks:
        index = times.index(check.at)
        there = []
        for labels, column in states.items():
            state = column[index]
            if state is not None:
                own = {**dict(labels), "alertname": alert.alert, "alertstate": state}
                there.append((selector("ALERTS", tuple(sorted(own.items()))), 1.0))
        if tuple(sorted(there)) != check.samples:
            return False
    return True
