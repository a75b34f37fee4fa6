"""Fixtures of the tests of Snakepit: one pool that stays well, and the events."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from output.snakepit.instrumentation import health
from service.snakepit.pool import Pool
from tests.service.snakepit.harness import Seen, running, seeing


@pytest.fixture(scope="module")
def pool() -> Iterator[Pool]:
    """A pool of two workers for tests that harm no worker. It ends with its module: what it tells is logged, too."""
    with running("shared", size=2) as pool:
        yield pool


@pytest.fixture
def fresh_health(monkeypatch: pytest.MonkeyPatch) -> None:
    """The health is not remembered for a second, so that an outage may be shorter and is seen all the same."""
    monkeypatch.setattr(health._board, "_cache", 0.02)


@pytest.fixture
def seen() -> Iterator[Seen]:
    """The events of the test."""
    with seeing() as seen:
        yield seen
