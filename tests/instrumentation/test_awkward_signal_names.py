"""Events and checks that are called as what the generated code uses itself work like all others."""

from __future__ import annotations

import inspect
from pathlib import Path
from typing import Any

from tests.support.generated import generated
from tests.support.specs import AWKWARD


def test_every_event_counts_and_is_heard_and_every_check_is_asked(tmp_path: Path) -> None:
    package = generated(AWKWARD, tmp_path / "awkward")
    events, health = package.module.events, package.module.health
    heard: list[Any] = []
    events.register_consumer("*", heard.append, background=False)
    for emit in events.EMITTERS.values():
        names = [name for name in inspect.signature(emit).parameters if name not in ("amount", "labels", "exception_")]
        emit(amount=2, labels="a", **dict.fromkeys(names, "x"), exception_=ValueError("no"))
    assert [record.name for record in heard] == list(events.EMITTERS)
    assert package.value("c_total", labels="a") == 2 * len(heard)
    assert {record.metadata["exception"] for record in heard} == {"x"}
    assert {record.exception["type"] for record in heard} == {"ValueError"}
    asked = [getattr(health, found.name)(lambda: True) for found in health.report().checks]
    assert len(asked) == 18
    answers: list[str] = []
    for path in ("/metrics", "/health/ready", "/health/detailed"):
        b"".join(health.wsgi({"PATH_INFO": path}, lambda status, headers: answers.append(status)))
    assert answers == ["200 OK"] * 3
