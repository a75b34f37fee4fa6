"""The drills of Snakepit: three incidents, brought about by commands that fail, leak or end with their service.

`make drill SERVICE=snakepit`
"""

from __future__ import annotations

import sys
from contextlib import AbstractContextManager

import httpx

from promspec.drilling import Drills, Incident, Service, steady

COMMANDS = 20
"""A second; during an incident three of four of them fail."""
SPEED = 30
_failing: set[str] = set()
"""The services of which commands fail at the moment, by their addresses."""


def traffic(url: str) -> AbstractContextManager[None]:
    """Steady commands."""
    client = httpx.Client(base_url=url, timeout=10.0, trust_env=False)
    return steady(COMMANDS, lambda number: _send(client, "fail" if url in _failing and number % 4 else "echo"))


def _send(client: httpx.Client, command: str, **arguments: object) -> httpx.Response:
    return client.post(f"/pools/default/commands/{command}", json={"arguments": arguments})


def leak(service: Service) -> None:
    """A worker reaches its memory limit."""
    with httpx.Client(base_url=service.url, timeout=10.0, trust_env=False) as client:
        answer = _send(client, "leak", megabytes=1000)
    assert answer.json()["error"]["code"] == "worker_out_of_memory", answer.text


drills = Drills(
    service=[sys.executable, "-m", "service.snakepit"],
    env={
        "SNAKEPIT_HOST": "{host}",
        "SNAKEPIT_PORT": "{port}",
        "SNAKEPIT_LOG_LEVEL": "error",
        "SNAKEPIT_MEMORY_MB": "200",
    },
    ready="/health/ready",
    traffic=traffic,
    events={"requests-availability": COMMANDS},
    speed=SPEED,
    incidents=[
        Incident(
            name="failing-commands",
            says="Three of four commands fail.",
            begin=lambda service: _failing.add(service.url),
            end=lambda service: _failing.discard(service.url),
            alert="RequestsAvailabilityBurnRatePageFast",
            labels={"pool_name": "default"},
            failing=3 / 4,
            silences=["RequestsAvailabilityBurnRatePageSlow"],
        ),
        Incident(
            name="out-of-memory",
            says="A worker reaches its memory limit.",
            begin=leak,
            alert="SnakepitWorkerOutOfMemory",
            labels={"pool_name": "default"},
        ),
        Incident(
            name="service-killed",
            says="The process is killed, and started again later.",
            begin=lambda service: service.kill(),
            end=lambda service: service.start(),
            alert="SnakepitAbsent",
        ),
    ],
)
