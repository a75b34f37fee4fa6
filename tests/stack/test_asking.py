"""What `stack status` says of a Prometheus that answers."""

from __future__ import annotations

from typing import Any

import pytest

from promspec.stack import asking

UP = {"health": "up", "scrapeUrl": "http://a/metrics", "lastError": "", "labels": {"job": "shop"}}
DOWN = {**UP, "health": "down", "lastError": "connection refused"}
NEW = {**UP, "health": "unknown"}
RULE = {"name": "ShelfFull", "health": "ok", "state": "firing"}


@pytest.mark.parametrize(
    ("targets", "says"),
    [
        ([], "no target found yet (it takes five seconds), 1 rules, firing: ShelfFull"),
        ([UP, NEW], "1 of 2 targets up (1 not scraped yet), 1 rules, firing: ShelfFull"),
        ([UP, DOWN], "1 of 2 targets up, 1 rules, firing: ShelfFull"),
    ],
)
def test_it_tells_targets_rules_and_what_fires(
    targets: list[dict[str, Any]], says: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def answer(url: str) -> dict[str, Any]:
        return {"groups": [{"rules": [RULE]}]} if url.endswith("/rules") else {"activeTargets": targets}

    monkeypatch.setattr(asking, "_data", answer)
    said = asking.summary("http://127.0.0.1:9")
    assert said["says"] == says
    assert ("connection refused" in said["trouble"]) == (DOWN in targets)
