"""A page is held to its rule and its route: labels, texts with their templates, links, receiver, group."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from promspec.drilling.model import Message
from promspec.drilling.pages import faults, messages
from promspec.drilling.rules import Notified
from promspec.plan.rules import AlertRule, plain

RULE = AlertRule(
    "Slow",
    "x > 1",
    "5m",
    None,
    (("severity", "critical"), ("team", "web"), ("of", "{{ $labels.shop }}")),
    (
        ("summary", "It is slow (100 %)."),
        (
            "description",
            "{{ $labels.shop }} takes {{ $value | humanize }} s.{{ if true }} Now {{ . }}{{ else }} now{{ end }} End.",
        ),
        ("runbook_url", "https://docs.example.com/slow.md"),
    ),
)
TOLD = Notified(("desk",), ("alertname", "shop", "zone"), 0, 0)
LABELS = {"alertname": "Slow", "severity": "critical", "team": "web", "of": "a", "shop": "a"}
TEXTS = {
    "summary": "It is slow (100 %).",
    "description": "a takes 2.5 s. Now 7 End.",
    "runbook_url": "https://docs.example.com/slow.md",
}
GOOD = Message(1.0, "desk", "{}", {"alertname": "Slow", "shop": "a"}, "firing", LABELS, TEXTS, "f1", ())


def test_a_page_as_its_rule_makes_it_has_no_fault() -> None:
    assert list(faults(GOOD, RULE, TOLD)) == []


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"labels": LABELS | {"severity": "warning"}}, "its label severity is 'warning', not 'critical'"),
        ({"labels": {k: v for k, v in LABELS.items() if k != "team"}}, "its label team is missing"),
        (
            {"annotations": TEXTS | {"summary": "It is slow."}},
            "its summary is 'It is slow.', not 'It is slow (100 %).'",
        ),
        (
            {"annotations": TEXTS | {"runbook_url": "https://docs.example.com/slow_md"}},
            "its runbook_url is 'https://docs.example.com/slow_md', not 'https://docs.example.com/slow.md'",
        ),
        (
            {"annotations": TEXTS | {"description": "a takes <no value> s. Now 7 End."}},
            "its description was not filled in: a takes <no value> s. Now 7 End.",
        ),
        (
            {"annotations": TEXTS | {"description": "<error expanding template: x>"}},
            "its description was not filled in: <error expanding template: x>",
        ),
        ({"receiver": "mail"}, "it went to mail, not to desk"),
        (
            {"group_labels": {"alertname": "Slow"}},
            "it was grouped by {'alertname': 'Slow'}, not by {'alertname': 'Slow', 'shop': 'a'}",
        ),
        (
            {"beside": ({"alertname": "Other", "shop": "a"},)},
            "beside it was told of Other, which is of another group",
        ),
    ],
)
def test_each_thing_that_is_wrong_is_said(change: dict[str, Any], said: str) -> None:
    assert list(faults(replace(GOOD, **change), RULE, TOLD)) == [said]


def test_a_text_is_its_template_around_what_is_filled_in() -> None:
    other = replace(GOOD, annotations=TEXTS | {"description": "a takes 2.5 s. End!"})
    (said,) = faults(other, RULE, TOLD)
    assert said.startswith("its description is 'a takes 2.5 s. End!', not '{{ $labels.shop }} takes")


def test_a_text_that_was_left_as_it_is_is_not_filled_in() -> None:
    raw = replace(GOOD, annotations=TEXTS | {"description": dict(RULE.annotations)["description"]})
    (said,) = faults(raw, RULE, TOLD)
    assert said.startswith("its description was not filled in: {{ $labels.shop }}")


def test_braces_that_are_meant_are_no_template() -> None:
    rule = replace(RULE, labels=(("team", plain("{{web}}")),), annotations=(("summary", "<no value> is shown"),))
    page = replace(GOOD, labels=LABELS | {"team": "{{web}}"}, annotations={"summary": "<no value> is shown"})
    assert list(faults(page, rule, TOLD)) == []


def test_of_the_same_group_others_may_stand_beside() -> None:
    beside = ({"alertname": "Slow", "shop": "a", "zone": "x"}, {"alertname": "Slow", "shop": "a"})
    assert list(faults(replace(GOOD, beside=beside), RULE, TOLD)) == []


def test_grouping_by_everything_is_by_all_labels() -> None:
    every = replace(TOLD, group_by=("...",))
    assert list(faults(replace(GOOD, group_labels=LABELS), RULE, every)) == []


def test_a_notification_is_read_alert_by_alert_with_what_stands_beside() -> None:
    alerts = [
        {"status": "firing", "labels": {"alertname": "A"}, "annotations": {"summary": "a"}, "fingerprint": "1"},
        {"status": "resolved", "labels": {"alertname": "B"}, "annotations": {}, "fingerprint": "2"},
    ]
    told = {"receiver": "desk", "groupKey": "k", "groupLabels": {"of": "x"}, "status": "firing", "alerts": alerts}
    first, second = messages([{"received_at": 5.5, "notification": told}])
    assert (first.at, first.name, first.status, first.fingerprint, first.receiver) == (5.5, "A", "firing", "1", "desk")
    assert (first.group_key, first.group_labels, first.annotations) == ("k", {"of": "x"}, {"summary": "a"})
    assert (second.status, second.beside) == ("resolved", ({"alertname": "A"},))
