"""The rules and routes of a spec, as drills ask for them: an alert, what its expression reads, and who is told when."""

from __future__ import annotations

from dataclasses import dataclass, field

from promspec import objectives
from promspec.plan.alerting_rules import plan_alerting_rules
from promspec.plan.alertmanager import AlertmanagerPlan, MatcherPlan, plan_alertmanager
from promspec.plan.recording_rules import plan_recording_rules
from promspec.plan.rules import AlertRule, Record
from promspec.promql import Selector, Subquery, children, duration_seconds, parse, regex
from promspec.promql.syntax import Expr
from promspec.quantities import milliseconds
from promspec.vocabulary.slos import SLO
from promspec.vocabulary.spec import Spec


@dataclass(frozen=True, slots=True)
class Notified:
    """Who is told of an alert, and in milliseconds how long a group waits, and until it is told of news."""

    receivers: tuple[str, ...]
    group_by: tuple[str, ...]
    group_wait: int
    group_interval: int


@dataclass(frozen=True, slots=True)
class Rules:
    """The rules of one spec. Intervals are in milliseconds."""

    spec: Spec
    clock: objectives.Clock
    alerts: dict[str, tuple[AlertRule, int]]
    records: dict[str, list[tuple[Record, int]]]
    routes: AlertmanagerPlan
    _reaches: dict[str, int] = field(default_factory=dict)

    def tier(self, rule: AlertRule) -> tuple[SLO, objectives.BurnTier] | None:
        """The SLO and the tier that an alert is about, if it is about one."""
        labels = dict(rule.labels)
        for slo in self.spec.slos:
            for tier in objectives.tiers(slo, self.clock):
                if (slo.name, tier.name) == (labels.get("slo"), labels.get("tier")):
                    return slo, tier
        return None

    def reach(self, text: str) -> int:
        """How far back a query looks, through recorded series too: from then on its windows hold nothing older.

        What is read with an offset is there to be compared with, and does not count.
        """
        return self._of(parse(text))

    def _of(self, expr: Expr) -> int:
        if isinstance(expr, Selector):
            if expr.offset is not None and expr.offset.seconds:
                return 0
            return (_ms(expr.range.text) if expr.range else 0) + self._recorded(expr.name or "")
        inside = max((self._of(each) for each in children(expr)), default=0)
        return inside + (_ms(expr.range.text) if isinstance(expr, Subquery) else 0)

    def _recorded(self, name: str) -> int:
        """The reach of a recorded series, and its evaluation; one that reads itself reaches no farther for that."""
        if name not in self._reaches:
            self._reaches[name] = 0
            found = [self.reach(record.expr) + interval for record, interval in self.records.get(name, ())]
            self._reaches[name] = max(found, default=0)
        return self._reaches[name]

    def notified(self, labels: dict[str, str]) -> Notified:
        """Who is told of an alert with these labels."""
        root = self.routes
        taken, waits = [], []
        for route in root.routes:
            if all(_meets(labels, each) for each in route.matchers):
                taken.append(route.receiver)
                waits.append(milliseconds(route.group_wait or root.group_wait))
                if not route.continue_:
                    break
        receivers, wait = tuple(taken) or (root.default,), min(waits, default=milliseconds(root.group_wait))
        return Notified(receivers, root.group_by, wait, milliseconds(root.group_interval))


def rules_of(spec: Spec) -> Rules:
    """The rules that a spec generates."""
    alerts: dict[str, tuple[AlertRule, int]] = {}
    records: dict[str, list[tuple[Record, int]]] = {}
    for group in (*plan_recording_rules(spec), *plan_alerting_rules(spec)):
        for rule in group.rules:
            interval = milliseconds(group.interval)
            if isinstance(rule, Record):
                records.setdefault(rule.record, []).append((rule, interval))
            else:
                alerts.setdefault(rule.alert, (rule, interval))
    return Rules(spec, objectives.clock(spec.deployment), alerts, records, plan_alertmanager(spec))


def _meets(labels: dict[str, str], matcher: MatcherPlan) -> bool:
    value = labels.get(matcher.label, "")
    if matcher.operator == "=":
        return value == matcher.value
    pattern = regex(matcher.value)
    return pattern is not None and pattern.fullmatch(value) is not None


def _ms(text: str) -> int:
    return int(duration_seconds(text) * 1000)
