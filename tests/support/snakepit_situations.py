"""Brings a running Snakepit into every situation its dashboards and alerts are about, by its public API alone.

Prometheus divides by the whole of a window, however short its history: 30 events are 0.1 per second over 5 minutes.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Awaitable, Iterator
from contextlib import contextmanager, suppress
from typing import Any

import httpx

SETTINGS = {
    "SNAKEPIT_POOLS": "default=2,batch=1",
    "SNAKEPIT_QUEUE_SIZE": "60",
    "SNAKEPIT_MEMORY_MB": "200",
    "SNAKEPIT_HEARTBEAT_TIMEOUT": "2",
    "SNAKEPIT_BACKOFF_MAX": "0.2",
    "SNAKEPIT_LOG_LEVEL": "error",
}
ALERTS = (
    *("SnakepitRequestErrors", "SnakepitRequestTimeouts", "SnakepitRequestsSlow", "SnakepitQueueWaitLong"),
    *("SnakepitPoolSaturated", "SnakepitWorkersCrashing", "SnakepitWorkerOutOfMemory", "SnakepitWorkersUnresponsive"),
    *("RequestsAvailabilityBurnRatePageFast", "RequestsAvailabilityBurnRatePageSlow"),
    *("RequestsAvailabilityBurnRateTicketFast", "RequestsAvailabilityBurnRateTicketSlow"),
    "RequestsLatencyBurnRateTicketSlow",
)
"""The alerts whose conditions these situations meet; most of them are then pending, those without a `for` fire."""
_IN_LINE = 14
"""Clients of the load that share one worker, half a second each: all wait for seconds."""


class Client:
    """Sends commands; how they end is the dashboards' business."""

    def __init__(self, http: httpx.AsyncClient) -> None:
        self._http = http

    async def send(
        self, pool: str, command: str, *, session: str | None = None, timeout: float = 30.0, **given: Any
    ) -> str:
        """Send one; gives the error's code, empty if there was none."""
        body = {"arguments": given, "session": session, "timeout": timeout}
        try:
            answer = await self._http.post(f"/pools/{pool}/commands/{command}", json=body)
        except httpx.TransportError:  # the service ends, or closed a connection that was idle just as it was used again
            return "unanswered"
        code: str = answer.json().get("error", {}).get("code", "")
        return code

    async def all(self) -> None:
        """Everything, once."""
        await asyncio.gather(self._crowd(), self._losses())
        await self._together(self.send("default", "fail") for _ in range(40))
        await self._together(self.send("default", "nonsense") for _ in range(5))

    async def _crowd(self) -> None:
        """More than fit into the queue of one worker: some are refused."""
        ended = await self._together(self.send("batch", "sleep", seconds=0.01) for _ in range(100))
        assert ended.count("pool_saturated") >= 30, ended

    async def _losses(self) -> None:
        """Workers are lost in every way."""
        for command, given, code in (
            *[("crash", 0, "worker_exited")] * 5,
            ("kill", 0, "worker_killed"),
            ("leak", 1000, "worker_out_of_memory"),
            ("freeze", 0, "worker_unresponsive"),
        ):
            arguments: dict[str, Any] = {"megabytes": given} if given else {}
            assert await self.send("default", command, **arguments) == code

    async def load(self) -> None:
        """For ever: one pool is slow and has a queue and sessions, the other is quick, but fails and times out."""

        async def queue(number: int) -> None:
            while True:
                await self.send("batch", "sleep", session=f"client {number}", seconds=0.5)

        async def answer() -> None:
            while True:
                for command in ("echo", "compute", "fail"):
                    await self.send("default", command)
                await self.send("default", "sleep", timeout=0.3, seconds=60)

        await asyncio.gather(answer(), *(queue(number) for number in range(_IN_LINE)))

    async def _together(self, requests: Any) -> list[str]:
        sent: list[Awaitable[str]] = list(requests)
        return await asyncio.gather(*sent)


def _http(url: str) -> httpx.AsyncClient:
    limits = httpx.Limits(max_connections=200, keepalive_expiry=1.0)
    return httpx.AsyncClient(base_url=url, timeout=60.0, trust_env=False, limits=limits)


def bring_about(url: str) -> None:
    """All situations, at the service at `url`."""

    async def run() -> None:
        async with _http(url) as http:
            await Client(http).all()

    asyncio.run(run())


@contextmanager
def under_load(url: str) -> Iterator[None]:
    """The load, from a thread, for as long as the block lasts."""
    stop = threading.Event()

    async def run() -> None:
        async with _http(url) as http:
            load = asyncio.create_task(Client(http).load())
            await asyncio.to_thread(stop.wait)
            load.cancel()
            with suppress(asyncio.CancelledError):
                await load

    thread = threading.Thread(target=lambda: asyncio.run(run()), name="load", daemon=True)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join(30)
