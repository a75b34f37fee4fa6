"""The outcomes of a drill as people and programs read them."""

from __future__ import annotations

import json

from promspec.drilling.model import Expected, Message, Outcome
from promspec.drilling.table import as_json, markdown, text

EXPECTED = Expected(300_000, 385_000, 675_000, (("formula", 345_000), ("scrape", 15_000)))
PAGE = Message(1.0, "desk", "{}", {"alertname": "Down"}, "firing", {"alertname": "Down"}, {}, "f", ())
GOOD = Outcome("outage", "Down", "critical", 30, EXPECTED, 330_000, 402_500, PAGE, ("Slow",), ("Busy",))
QUIET = Outcome("blip", None, "", 30, None)
MISSED = Outcome("flood", "Wet", "warning", 30, EXPECTED, faults=("Wet did not page within 6m25s",))


def test_a_terminal_shows_expected_and_seen_and_what_is_wrong() -> None:
    lines = text([GOOD, QUIET, MISSED]).splitlines()
    assert lines[:4] == [
        "incident  alert           severity  expected    seen   seconds  resolved  expected   silenced",
        "outage    Down            critical  5m - 6m25s  5m30s  11.0     6m42s     <= 11m15s  Slow",
        "blip      nobody is told  -         -           -      -        -         -          -",
        "flood     Wet             warning   5m - 6m25s  -      -        -         <= 11m15s  -",
    ]
    assert lines[-1] == "flood: Wet did not page within 6m25s"


def test_markdown_is_one_table() -> None:
    lines = markdown([GOOD, QUIET]).splitlines()
    assert {line.count("|") for line in lines} == {10}
    assert lines[2] == "| outage | Down | critical | 5m - 6m25s | 5m30s | 11.0 | 6m42s | <= 11m15s | Slow |"


def test_json_has_all_of_it_in_seconds_of_the_rules_clock() -> None:
    document = json.loads(json.dumps(as_json("shop", [GOOD, MISSED])))
    assert (document["spec"], document["ok"]) == ("shop", False)
    good, missed = document["outcomes"]
    assert (good["ok"], good["seen"], good["resolved"], good["silenced"], good["also"]) == (
        *(True, 330.0, 402.5, ["Slow"], ["Busy"]),
    )
    assert good["expected"] == {
        "earliest": 300.0,
        "latest": 385.0,
        "resolved": 675.0,
        "latest_is": {"formula": 345.0, "scrape": 15.0},
    }
    assert good["page"]["receiver"] == "desk"
    assert (missed["ok"], missed["seen"], missed["faults"]) == (False, None, ["Wet did not page within 6m25s"])
