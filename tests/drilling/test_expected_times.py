"""When an alert must tell of an incident: added up from the rules and routes that are generated."""

from __future__ import annotations

import math
from dataclasses import replace
from decimal import Decimal

import pytest

from promspec import (
    SLO,
    Alert,
    Counter,
    Deployment,
    Gauge,
    Label,
    Ratio,
    Receiver,
    RecordingRule,
    Route,
    Routing,
    Runbook,
    Severity,
    Spec,
    Webhook,
)
from promspec.drilling import DrillError, Drills, Incident
from promspec.drilling.expecting import expected
from promspec.drilling.rules import Rules, rules_of
from promspec.simulating.formula import alarm, pace

S = 1000
M = 60 * S
TENANT = Label("tenant", "Who asks.", max_values=10)
ROOM = Gauge("shop_room_ratio", "Free share.")
ORDERS = Counter("shop_orders_total", "Orders.", labels=[TENANT])
FAILED = Counter("shop_failed_total", "Failed orders.", labels=[TENANT])
RUNBOOK = Runbook("shop", "Shop", summary="Look.")
TEAM = Receiver("team", notify=[Webhook("https://shop.example.com/hook")])
DESK = Receiver("desk", notify=[Webhook("https://shop.example.com/desk")])


def _alert(name: str, expr: str, **given: object) -> Alert:
    return Alert(name, expr, severity=Severity.WARNING, summary=name, runbook=RUNBOOK, **given)  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def rules() -> Rules:
    records = [
        RecordingRule("shop_failed_per_second", f"sum(rate({FAILED}[5m]))", group="slow", interval="1m"),
        RecordingRule(
            "shop_failed_smoothed", "avg_over_time(shop_failed_per_second[10m])", group="smooth", interval="30s"
        ),
    ]
    alerts = [
        _alert("Full", f"{ROOM} < 0.1"),
        _alert("Failing", f"sum(rate({FAILED}[5m])) > 1", for_="45s", keep_firing_for="3m"),
        _alert("Smoothed", "shop_failed_smoothed > 1", for_="2m"),
        _alert("Less", f"{ROOM} < 0.5 * {ROOM} offset 1d"),
        _alert("Peaks", f"max_over_time(rate({FAILED}[5m])[1h:1m]) > 1"),
    ]
    slo = Ratio(bad=FAILED, total=ORDERS)
    spec = Spec(
        "shop",
        owner="web",
        metrics=[ROOM, ORDERS, FAILED],
        recording_rules=records,
        alerts=alerts,
        slos=[SLO("orders", slo, objective=99.5), SLO("tenants", slo, objective=99, group_by=[TENANT])],
        deployment=Deployment("shop", scrape_interval="10s", evaluation_interval="20s"),
        routing=Routing(
            default=TEAM,
            routes=[Route(DESK, severity=Severity.WARNING, group_wait="40s")],
            group_wait="5s",
            group_interval="4m",
        ),
    )
    return rules_of(spec)


def _drills(**given: object) -> Drills:
    return Drills(service=["x"], incidents=[], events={"orders": 20.0, "tenants": 20.0}, **given)  # type: ignore[arg-type]


def _incident(alert: str, **given: object) -> Incident:
    return Incident(name="one", alert=alert, begin=lambda service: None, **given)  # type: ignore[arg-type]


def _terms(alert: str, rules: Rules) -> dict[str, int]:
    return dict(expected(alert, _incident(alert), _drills(), rules).terms)


def test_a_gauge_is_told_of_after_a_scrape_an_evaluation_and_the_wait_of_its_route(rules: Rules) -> None:
    found = expected("Full", _incident("Full"), _drills(), rules)
    assert found.terms == (
        ("windows", 0),
        ("for", 0),
        ("scrape", 10 * S),
        ("evaluation", 20 * S),
        ("group_wait", 40 * S),
        ("slack", 30 * S),
    )
    assert (found.earliest, found.latest) == (0, 100 * S)
    assert found.resolved == 10 * S + 20 * S + 4 * M + 30 * S


def test_a_window_must_be_full_and_for_is_whole_evaluations(rules: Rules) -> None:
    found = expected("Failing", _incident("Failing"), _drills(), rules)
    terms = dict(found.terms)
    assert (terms["windows"], terms["for"], found.earliest) == (5 * M, 60 * S, 45 * S)
    assert found.resolved == 5 * M + 10 * S + 20 * S + 3 * M + 4 * M + 30 * S


def test_windows_of_recorded_series_add_up_with_their_evaluations(rules: Rules) -> None:
    assert _terms("Smoothed", rules)["windows"] == 5 * M + 60 * S + 10 * M + 30 * S


def test_a_subquery_is_a_window_too_and_what_is_compared_with_is_none(rules: Rules) -> None:
    assert _terms("Peaks", rules)["windows"] == 65 * M
    assert _terms("Less", rules)["windows"] == 0


def test_the_slack_is_a_second_of_the_wall(rules: Rules) -> None:
    slack = [dict(expected("Full", _incident("Full"), _drills(speed=speed), rules).terms)["slack"] for speed in (1, 60)]
    assert slack == [1 * S, 60 * S]


def test_a_tier_is_told_of_when_the_closed_formula_says(rules: Rules) -> None:
    tier = "OrdersBurnRatePageFast"
    burning = rules.tier(rules.alerts[tier][0])
    assert burning is not None
    slo, burn = burning
    formula = alarm(slo, burn, Decimal("0.5"), pace(slo, rules.spec.deployment), Decimal(20) / 30)
    assert formula is not None
    uneven = math.ceil(formula.fires / 50)
    found = expected(tier, _incident(tier, failing=0.5), _drills(), rules)
    assert dict(found.terms) == {
        "formula": formula.fires,
        "uneven": uneven,
        "scrape": 10 * S,
        "evaluation": 20 * S,
        "group_wait": 5 * S,
        "slack": 30 * S,
    }
    assert found.latest == formula.fires + uneven + 65 * S
    assert found.earliest == formula.fires - uneven - 10 * S - 40 * S - 30 * S
    assert formula.bare == 518_400  # 14.4 x 0.5 % of an hour, at half of the events
    assert found.resolved == formula.resolves + 10 * S + 20 * S + 4 * M + 30 * S


def test_what_failed_before_the_drill_need_not_be_waited_for(rules: Rules) -> None:
    tier = "OrdersBurnRatePageSlow"
    full, rest = (
        expected(tier, _incident(tier, failing=0.06, before=before), _drills(), rules) for before in ("0s", "2h")
    )
    assert full.latest - rest.latest == 120 * M
    assert ("before", -120 * M) in rest.terms


def test_few_events_delay_a_tier_that_asks_for_a_minimum(rules: Rules) -> None:
    tier = "OrdersBurnRatePageFast"
    few = replace(_drills(), events={"orders": 0.05})
    assert expected(tier, _incident(tier), few, rules).latest > expected(tier, _incident(tier), _drills(), rules).latest


@pytest.mark.parametrize(
    ("incident", "drills", "said"),
    [
        (_incident("Fuul"), _drills(), "shop has no alert 'Fuul': did you mean Full?"),
        (_incident("OrdersBurnRatePageFast", failing=0.01), _drills(), "it needs more than 0.072"),
        (
            _incident("OrdersBurnRatePageFast"),
            replace(_drills(), events={}),
            'write events={"orders": 20} for 20 events a second',
        ),
        (_incident("TenantsBurnRatePageFast"), _drills(), 'say which is meant, with labels={"tenant": …}'),
    ],
)
def test_what_can_never_be_told_is_said_before_anything_starts(
    incident: Incident, drills: Drills, said: str, rules: Rules
) -> None:
    assert incident.alert is not None
    with pytest.raises(DrillError) as raised:
        expected(incident.alert, incident, drills, rules)
    assert str(raised.value).startswith("the incident one: ")
    assert said in str(raised.value)


def test_an_open_label_is_said_by_the_incident(rules: Rules) -> None:
    tier = "TenantsBurnRatePageFast"
    assert expected(tier, _incident(tier, labels={"tenant": "a"}), _drills(), rules).latest > 0
