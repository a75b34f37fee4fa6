"""A load driver that exercises every endpoint, good requests and bad ones, and stops by itself.

`python -m service.cad_ml_platform.load --url http://127.0.0.1:8000 --seconds 60 --rate 20`
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import pickle
import random
import sys
import time
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

import httpx

from service.cad_ml_platform import samples
from service.cad_ml_platform.words import CIRCUITS, OCR_PROVIDERS

MAX_SECONDS = 24 * 3600
MAX_RATE = 1000
_IN_FLIGHT = 64
_FAULTS = (
    None,
    "provider_timeout",
    "network_error",
    "parse_failed",
    "internal_error",
    "resource_exhausted",
    "auth_failed",
)


@dataclass(slots=True)
class Tally:
    """What came back: answers by path and status, and requests that got none."""

    answers: Counter[str] = field(default_factory=Counter)
    unanswered: int = 0

    def shown(self) -> dict[str, object]:
        """As plain values, sorted."""
        return {
            "requests": self.answers.total(),
            "unanswered": self.unanswered,
            "answers": dict(sorted(self.answers.items())),
        }


class Driver:
    """Sends one random request at a time; `admin_token` lets it use the endpoints of administrators too."""

    def __init__(self, client: httpx.AsyncClient, admin_token: str = "", seed: int = 0) -> None:
        self.tally = Tally()
        self._client = client
        self._admin = {"X-Admin-Token": admin_token}
        self._dice = random.Random(seed)
        self._ids: list[str] = []
        mixes: list[tuple[int, Callable[[], Awaitable[httpx.Response]]]] = [
            (30, self._ocr),
            (6, self._bad_ocr),
            (15, self._vision),
            (5, self._bad_vision),
            (12, self._analyze),
            (8, self._compare),
            (10, self._classify),
            (5, self._vectors),
            (4, self._look),
        ]
        if admin_token:
            mixes.append((5, self._administer))
        self._weights = [weight for weight, _ in mixes]
        self._actions = [action for _, action in mixes]

    async def step(self) -> None:
        """Send one request and count its answer."""
        action = self._dice.choices(self._actions, self._weights)[0]
        try:
            response = await action()
        except httpx.HTTPError:
            self.tally.unanswered += 1
            return
        self.tally.answers[f"{response.request.url.path} {response.status_code}"] += 1

    async def _ocr(self) -> httpx.Response:
        provider = self._dice.choice(("", *OCR_PROVIDERS))
        image = samples.png(self._dice.randrange(200), self._dice.choice((16, 32, 128)))
        files = {"file": ("drawing.png", image, "image/png")}
        return await self._client.post("/api/v1/ocr/extract", params={"provider": provider}, files=files)

    async def _bad_ocr(self) -> httpx.Response:
        content, mime = self._dice.choice(
            (
                (b"", "image/png"),
                (b"hello", "text/plain"),
                (samples.png()[:60], "image/png"),
                (samples.pdf(extra=b"/S /JavaScript"), "application/pdf"),
                (samples.pdf(pages=40), "application/pdf"),
                (b'{"image_base64": "?"}', "application/json"),
            )
        )
        return await self._client.post("/api/v1/ocr/extract", content=content, headers={"Content-Type": mime})

    async def _vision(self) -> httpx.Response:
        body = {"image_base64": samples.base64_png(self._dice.randrange(1000))}
        return await self._client.post("/api/v1/vision/analyze", json=body)

    async def _bad_vision(self) -> httpx.Response:
        body = self._dice.choice(
            (
                {"image_base64": ""},
                {"image_base64": "§§§§"},
                {"image_base64": "AAA"},
                {"image_base64": "AAAA"},
                {"image_base64": "A" * 1_400_000},
                {"image_url": ""},
                {"image_url": "http://127.0.0.1/x.png"},
                {"image_url": "file:///etc/passwd"},
            )
        )
        return await self._client.post("/api/v1/vision/analyze", json=body)

    async def _analyze(self) -> httpx.Response:
        note = self._dice.choice(("gear Q235", "shaft 45 steel", "flange 304", "bolt M8", "cover plate 6061", "sketch"))
        params = {"note": note, "version": self._dice.choice(("v4", "v4", "v3", "v1"))}
        bad = self._dice.random() < 0.1
        content = b"no drawing" if bad else samples.png(self._dice.randrange(300), self._dice.choice((16, 64)))
        response = await self._client.post("/api/v1/analyze", params=params, content=content)
        if response.status_code == 200:
            self._ids = [*self._ids[-200:], response.json()["id"]]
        return response

    def _some_id(self) -> str:
        return self._dice.choice(self._ids) if self._ids and self._dice.random() < 0.9 else "unknown"

    async def _compare(self) -> httpx.Response:
        body: dict[str, str] = {"left": self._some_id(), "right": self._some_id()}
        if self._dice.random() < 0.05:
            del body["right"]
        return await self._client.post("/api/v1/compare", json=body)

    async def _classify(self) -> httpx.Response:
        body = {"text": f"{self._dice.choice(('gear', 'shaft', 'bolt', 'plate', 'lid'))} {self._dice.randrange(40)}"}
        return await self._client.post("/api/v1/classify", json=body)

    async def _vectors(self) -> httpx.Response:
        values = [self._dice.random() for _ in range(self._dice.choice((4, 10)))]
        path, body = self._dice.choice(
            (
                ("", {"id": f"load-{self._dice.randrange(50)}", "values": values}),
                ("/search", {"values": values, "count": 3}),
                ("/migrate", {"ids": [self._some_id(), self._some_id()], "to": "v4", "dry_run": False}),
                ("/migrate", {"ids": [self._some_id()], "to": "v2", "dry_run": self._dice.random() < 0.5}),
            )
        )
        return await self._client.post(f"/api/v1/vectors{path}", json=body)

    async def _look(self) -> httpx.Response:
        paths = ("/health", "/ready", "/health/detailed", "/health/circuit-breakers", "/metrics", "/nowhere")
        return await self._client.get(self._dice.choice(paths))

    async def _administer(self) -> httpx.Response:
        fault = {"provider": self._dice.choice(CIRCUITS), "error": self._dice.choice(_FAULTS), "rate": 0.3}
        model = pickle.dumps({"version": str(self._dice.randrange(9)), "rules": [("gear", "gear"), ("lid", "cover")]})
        evil, other = pickle.dumps(print), pickle.dumps({"version": 1})
        path, body, content = self._dice.choice(
            (
                ("simulate", fault, None),
                ("simulate", fault | {"error": None, "latency_ms": 200}, None),
                ("simulate", fault | {"error": None}, None),
                ("reset-circuit-breaker", None, None),
                ("model/reload", None, model),
                ("model/reload", None, model),
                ("model/reload", None, evil),
                ("model/reload", None, other),
                ("model/rollback", None, None),
                ("index/lose", None, None),
                ("index/rebuild", None, None),
                ("features/tune", None, None),
                ("results/clean?older_than_seconds=60", None, None),
            )
        )
        response = await self._client.post(f"/admin/{path}", headers=self._admin, json=body, content=content)
        if path == "index/lose":
            return await self._client.post("/api/v1/vectors/search", json={"values": [1.0] * 10})
        return response


async def drive(driver: Driver, seconds: float, rate: float) -> Tally:
    """Start `rate` requests a second for `seconds`; while 64 wait for their answers no more are started."""
    room = asyncio.Semaphore(_IN_FLIGHT)
    running: set[asyncio.Task[None]] = set()

    def done(task: asyncio.Task[None]) -> None:
        running.discard(task)
        room.release()

    end = time.monotonic() + seconds
    while time.monotonic() < end:
        await room.acquire()
        task = asyncio.create_task(driver.step())
        running.add(task)
        task.add_done_callback(done)
        await asyncio.sleep(1 / rate)
    await asyncio.gather(*running, return_exceptions=True)
    return driver.tally


async def _run(url: str, seconds: float, rate: float, token: str) -> Tally:
    async with httpx.AsyncClient(base_url=url, timeout=35.0, trust_env=False) as client:
        return await drive(Driver(client, token), seconds, rate)


def main(arguments: list[str] | None = None) -> int:
    """Drive the service, then print what came back as JSON; 1 when nothing answered."""
    parser = argparse.ArgumentParser(prog="load", description="Exercise the CAD ML Platform for a while.")
    parser.add_argument("--url", default="http://127.0.0.1:8000")
    parser.add_argument("--seconds", type=float, default=30.0)
    parser.add_argument("--rate", type=float, default=10.0, help="requests per second")
    parser.add_argument("--admin-token", default=os.environ.get("ADMIN_TOKEN", ""))
    given = parser.parse_args(arguments)
    if not 0 < given.seconds <= MAX_SECONDS or not 0 < given.rate <= MAX_RATE:
        parser.error(f"give 0 < seconds <= {MAX_SECONDS} and 0 < rate <= {MAX_RATE}")
    tally = asyncio.run(_run(given.url, given.seconds, given.rate, given.admin_token))
    print(json.dumps(tally.shown(), indent=2))
    return 0 if tally.answers else 1


if __name__ == "__main__":
    sys.exit(main())
