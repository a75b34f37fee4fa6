"""Three incidents of Snakepit, end to end: an SLO with a budget for each pool, whose names the spec does not know."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.drilling.drilled import drilled


@pytest.mark.slow
def test_each_incident_is_told_of_its_own_pool_in_time_and_told_to_be_over(tmp_path: Path) -> None:
    code, outcomes, said = drilled("snakepit", tmp_path)
    assert {name: each["faults"] for name, each in outcomes.items()} == {
        "failing-commands": [],
        "out-of-memory": [],
        "service-killed": [],
    }
    assert code == 0, said

    told = {name: each["page"]["labels"] for name, each in outcomes.items()}
    assert {name: (each["alertname"], each["severity"], each.get("pool_name")) for name, each in told.items()} == {
        "failing-commands": ("RequestsAvailabilityBurnRatePageFast", "critical", "default"),
        "out-of-memory": ("SnakepitWorkerOutOfMemory", "critical", "default"),
        "service-killed": ("SnakepitAbsent", "critical", None),
    }
    assert {each["page"]["receiver"] for each in outcomes.values()} == {"snakepit-page"}
    failing = outcomes["failing-commands"]
    assert failing["silenced"] == ["RequestsAvailabilityBurnRatePageSlow"]
    assert (
        "of requests-availability pool_name=default failed within 1 hour"
        in failing["page"]["annotations"]["description"]
    )
    assert outcomes["service-killed"]["page"]["annotations"]["runbook_url"].endswith("/runbooks/metrics_absent.md")
    for each in outcomes.values():
        assert each["expected"]["earliest"] <= each["seen"] <= each["expected"]["latest"]
        assert 0 < each["resolved"] <= each["expected"]["resolved"]
    assert outcomes["service-killed"]["seen"] >= 60
