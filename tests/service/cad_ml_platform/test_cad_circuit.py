"""Circuits: closed, open, half open, and closed again."""

from __future__ import annotations

import pytest

from output.cad_ml_platform.instrumentation import ErrorCode
from service.cad_ml_platform import samples
from service.cad_ml_platform.circuit import CircuitBreaker
from service.cad_ml_platform.errors import CircuitOpen
from service.cad_ml_platform.faults import Fault
from tests.service.cad_ml_platform.harness import ADMIN, Sample, serving


class Clock:
    """A clock that is set by hand."""

    now = 0.0

    def __call__(self) -> float:
        return self.now


def shown() -> dict[str, float]:
    """The state set as it is exposed."""
    return {
        state: Sample("circuit_breaker_state", circuit="tesseract", state=state).value
        for state in ("closed", "open", "half_open")
    }


def fail(breaker: CircuitBreaker, error: Exception) -> None:
    """One call that fails."""
    with pytest.raises(type(error)), breaker.guard():
        raise error


def test_the_life_of_a_circuit() -> None:
    clock = Clock()
    breaker = CircuitBreaker("tesseract", threshold=2, recovery=10, clock=clock)
    assert shown() == {"closed": 1, "open": 0, "half_open": 0}
    fail(breaker, TimeoutError())
    with breaker.guard():
        pass
    fail(breaker, TimeoutError())
    assert breaker.state == "closed"
    fail(breaker, TimeoutError())
    assert shown() == {"closed": 0, "open": 1, "half_open": 0}

    clock.now = 9.0
    assert not breaker.allows()
    with pytest.raises(CircuitOpen) as refused, breaker.guard():
        pytest.fail("an open circuit let a call through")
    assert refused.value.retry_after == 1.0

    clock.now = 10.0
    with breaker.guard():
        assert shown() == {"closed": 0, "open": 0, "half_open": 1}
        with pytest.raises(CircuitOpen), breaker.guard():
            pytest.fail("a second probe went through")
    assert shown() == {"closed": 1, "open": 0, "half_open": 0}


def test_a_failed_probe_opens_it_for_another_while() -> None:
    clock = Clock()
    breaker = CircuitBreaker("tesseract", threshold=1, recovery=10, clock=clock)
    fail(breaker, ConnectionError())
    clock.now = 10.0
    fail(breaker, ConnectionError())
    assert breaker.state == "open"
    assert breaker.wait() == 10.0


def test_a_cancelled_probe_leaves_room_for_the_next() -> None:
    clock = Clock()
    breaker = CircuitBreaker("tesseract", threshold=1, recovery=10, clock=clock)
    fail(breaker, ConnectionError())
    clock.now = 10.0
    with pytest.raises(KeyboardInterrupt), breaker.guard():
        raise KeyboardInterrupt
    with breaker.guard():
        pass
    assert breaker.state == "closed"


def test_the_client_s_mistakes_do_not_open_it() -> None:
    breaker = CircuitBreaker("tesseract", threshold=1, recovery=10)
    fail(breaker, ValueError("bad input"))
    assert breaker.state == "closed"


def test_a_late_success_does_not_close_an_open_circuit() -> None:
    breaker = CircuitBreaker("tesseract", threshold=1, recovery=10)
    with breaker.guard():
        fail(breaker, TimeoutError())
    assert breaker.state == "open"


@pytest.mark.anyio
async def test_a_failing_provider_is_left_alone_and_reset_by_hand() -> None:
    url = "/api/v1/ocr/extract"
    async with serving(circuit_failure_threshold=2) as (client, platform):
        platform.faults.set("paddle", Fault(ErrorCode.NETWORK_ERROR))
        answers = [await client.post(url, params={"provider": "paddle"}, content=samples.png()) for _ in range(3)]
        assert [answer.status_code for answer in answers] == [502, 502, 503]
        assert int(answers[2].headers["Retry-After"]) in (59, 60)
        states = (await client.get("/health/circuit-breakers")).json()
        assert states["paddle"]["state"] == "open"
        assert states["deepseek"]["state"] == "closed"
        assert (await client.get("/health")).json()["status"] == "degraded"

        elsewhere = await client.post(url, content=samples.png())
        assert (elsewhere.status_code, elsewhere.json()["provider"]) == (200, "deepseek")

        platform.faults.set("paddle", None)
        reset = await client.post("/admin/reset-circuit-breaker", params={"provider": "paddle"}, headers=ADMIN)
        assert reset.json() == {"reset": ["paddle"]}
        assert (await client.post(url, params={"provider": "paddle"}, content=samples.png())).status_code == 200


@pytest.mark.anyio
async def test_when_every_circuit_is_open_the_service_is_not_ready() -> None:
    async with serving() as (client, platform):
        for each in platform.circuits.values():
            for _ in range(5):
                fail(each, TimeoutError())
        assert (await client.get("/ready")).status_code == 503
        assert (await client.get("/health")).json()["status"] == "unhealthy"
        assert (await client.post("/api/v1/ocr/extract", content=samples.png())).status_code == 503
        everything = await client.post("/admin/reset-circuit-breaker", headers=ADMIN)
        assert len(everything.json()["reset"]) == 4
        assert (await client.get("/ready")).status_code == 200
        unknown = await client.post("/admin/reset-circuit-breaker", params={"provider": "x"}, headers=ADMIN)
        assert unknown.status_code == 404
