"""Brings a running CAD ML Platform into every situation its dashboards and alerts are about, by its public API alone.

Prometheus divides by the whole of a window, however short its history: 30 events are 0.1 per second over 5 minutes.
"""

from __future__ import annotations

import asyncio
import pickle
import time
from collections.abc import Awaitable, Iterable

import httpx

from output.cad_ml_platform.instrumentation import ErrorCode
from service.cad_ml_platform import samples
from service.cad_ml_platform.words import CIRCUITS, OCR_PROVIDERS

FAILURE_THRESHOLD = 30
"""Failures in a row that open a circuit: above what one batch and the load beside it can add up to."""
SETTINGS = {
    "OCR_ENGINE": "simulated",  # the same on every machine, whatever engines it has
    "RATE_LIMIT_QPS": "40",  # only the flood at the end runs into it
    "RATE_LIMIT_BURST": "200",
    "MAX_CONCURRENT_REQUESTS": "500",
    "CIRCUIT_FAILURE_THRESHOLD": str(FAILURE_THRESHOLD),
    "CIRCUIT_RECOVERY_TIMEOUT": "3600",  # a circuit that is open stays open for the test
    "FEATURE_CACHE_MAX_SIZE": "16",  # so that it drops entries
}
ALERTS = (
    *("HighErrorRate", "ProviderDown", "ProviderTimeout", "ModelLoadError", "ResourceExhaustion", "HighLatency"),
    *("InputRejectionSpike", "CircuitBreakerOpen", "CacheHitRateLow", "ClassifierRateLimitedHigh"),
    *("CompareRequestFailureRateHigh", "CompareNotFoundDominant", "MaterialDrift", "ClassificationDrift"),
    *("ModelOpcodeBlocked", "ModelRollbackTriggered", "NoRollbackSnapshots", "VectorMigrationErrorRateHigh"),
    *("OcrErrorRateEmaHigh", "VisionErrorRateEmaHigh"),
    *("OcrAvailabilityBurnRatePageFast", "OcrAvailabilityBurnRatePageSlow"),
    *("OcrAvailabilityBurnRateTicketFast", "OcrAvailabilityBurnRateTicketSlow", "OcrLatencyBurnRateTicketSlow"),
    *("VisionAvailabilityBurnRatePageFast", "VisionAvailabilityBurnRateTicketSlow"),
)
"""The alerts whose conditions these situations meet; most of them are then pending, those without a `for` fire."""
_BATCH = 9
_SEEN_ON_A_PANEL = 18.0
"""Seconds that the reloaded model stays: a panel has a point every 15 s, and a state between two points is not seen."""
_OPEN = CIRCUITS[1:]
"""The circuits that are open at the end; the first provider goes on answering."""


class Situations:
    """Sends the requests; `token` is the administrator's."""

    def __init__(self, client: httpx.AsyncClient, token: str) -> None:
        self._client = client
        self._admin = {"X-Admin-Token": token}
        self._seed = 10_000

    async def all(self) -> None:
        """Everything, once; the circuits open last."""
        await self._reloads()
        reloaded = time.monotonic()
        await self._failures()
        await self._rejections()
        await self._slowness()
        await self._drawings()
        await self._comparisons()
        await self._index()
        await self._limits()
        await self._open_circuits()
        await asyncio.sleep(reloaded + _SEEN_ON_A_PANEL - time.monotonic())
        await self._post("/admin/model/rollback", headers=self._admin)

    async def _failures(self) -> None:
        for circuit in CIRCUITS:
            for code in ErrorCode:
                await self._fault(circuit, error=code)
                await self._together(self._ask(circuit) for _ in range(2))
                await self._reset()
        for code, batches in ((ErrorCode.PROVIDER_TIMEOUT, 4), (ErrorCode.RESOURCE_EXHAUSTED, 3)):
            await self._fault(CIRCUITS[0], error=code)
            for _ in range(batches):
                await self._together(self._ask(CIRCUITS[0]) for _ in range(_BATCH))
                await self._reset()
        for circuit in CIRCUITS:
            await self._fault(circuit)

    async def _slowness(self) -> None:
        """More than one OCR request in twenty takes longer than 2 s."""
        await self._fault(CIRCUITS[0], latency_ms=2200)
        await self._together(self._ask(CIRCUITS[0]) for _ in range(90))
        await self._fault(CIRCUITS[0])

    async def _rejections(self) -> None:
        """More than one a second, over 5 minutes."""
        for _ in range(16):
            await self._together(self._describe({"image_base64": ""}) for _ in range(20))
        pdf = {"Content-Type": "application/pdf"}
        for content in (samples.pdf(extra=b"/S /JavaScript"), samples.pdf(pages=40), b"%PDF-"):
            await self._together(self._post("/api/v1/ocr/extract", content=content, headers=pdf) for _ in range(3))

    async def _drawings(self) -> None:
        """Some are known to the caches, most are not; and they are of other kinds than those of the baseline."""
        for note in ("gear steel", "gear steel", "gear", "gear", "steel"):  # another note misses the outer cache only
            await self._analyze(note, seed=1)
        for note in ("gear steel", "aluminium bolt", "aluminium bolt", "aluminium bolt", "aluminium bolt"):
            await self._together(self._analyze(note) for _ in range(20))

    async def _comparisons(self) -> None:
        for name, size in (("short", 4), ("long", 10)):
            await self._post("/api/v1/vectors", json={"id": name, "values": [1.0] * size})
        for right, count in (("long", 190), ("nowhere", 300)):
            await self._together(
                self._post("/api/v1/compare", json={"left": "short", "right": right}) for _ in range(count)
            )
        ids = ["short", "long"] * 10 + ["nowhere"] * 60
        await self._post("/api/v1/vectors/migrate", json={"ids": ids, "to": "v4"})

    async def _reloads(self) -> None:
        good = pickle.dumps({"version": "2", "rules": [("gear", "gear")]})
        for content in (good, pickle.dumps(print), b"nothing"):
            await self._post("/admin/model/reload", content=content, headers=self._admin)

    async def _index(self) -> None:
        search = {"values": [1.0] * 4, "count": 3}
        for path in ("/admin/index/rebuild", "/admin/index/lose", "/admin/features/tune"):
            await self._post(path, headers=self._admin)
            await self._post("/api/v1/vectors/search", json=search)
        await self._post("/admin/results/clean?older_than_seconds=5", headers=self._admin)

    async def _limits(self) -> None:
        """Ask the classifier, and then OCR, until enough was refused."""
        await self._together(self._post("/api/v1/classify", json={"text": "gear"}) for _ in range(90))
        for _ in range(40):
            answers = await self._together(self._ask(CIRCUITS[0], seed=1) for _ in range(50))
            if sum(answer.status_code == 429 for answer in answers) >= 5:
                return
        raise AssertionError("the rate limit of OCR refused nothing")

    async def _open_circuits(self) -> None:
        for circuit in _OPEN:
            await self._fault(circuit, error=ErrorCode.NETWORK_ERROR)
            for _ in range(40):
                await self._together(self._ask(circuit) for _ in range(_BATCH))
                if circuit in await self._open():
                    break
        assert set(_OPEN) <= await self._open()

    async def _open(self) -> set[str]:
        answer = await self._client.get("/health/circuit-breakers")
        found: dict[str, dict[str, str]] = answer.json()
        return {name for name, each in found.items() if each["state"] == "open"}

    def _ask(self, circuit: str, seed: int | None = None) -> Awaitable[httpx.Response]:
        """A good request that reaches this provider; without a `seed`, no cache knows its drawing."""
        self._seed += 1
        number = self._seed if seed is None else seed
        if circuit not in OCR_PROVIDERS:
            return self._describe({"image_base64": samples.base64_png(number)})
        image = {"file": ("drawing.png", samples.png(number), "image/png")}
        return self._post("/api/v1/ocr/extract", params={"provider": circuit}, files=image)

    def _describe(self, body: dict[str, str]) -> Awaitable[httpx.Response]:
        return self._post("/api/v1/vision/analyze", json=body)

    def _analyze(self, note: str, seed: int | None = None) -> Awaitable[httpx.Response]:
        self._seed += 1
        number = self._seed if seed is None else seed
        return self._post("/api/v1/analyze", params={"note": note}, content=samples.png(number))

    async def _fault(self, circuit: str, error: ErrorCode | None = None, latency_ms: int = 0) -> None:
        body = {"provider": circuit, "error": error, "latency_ms": latency_ms}
        answer = await self._post("/admin/simulate", json=body, headers=self._admin)
        assert answer.status_code == 200, answer.text

    async def _reset(self) -> None:
        await self._post("/admin/reset-circuit-breaker", headers=self._admin)

    async def _post(self, path: str, **given: object) -> httpx.Response:
        try:
            return await self._client.post(path, **given)  # type: ignore[arg-type]
        except httpx.TransportError:  # the service closed a connection that was idle just as it was used again
            return await self._client.post(path, **given)  # type: ignore[arg-type]

    async def _together(self, requests: Iterable[Awaitable[httpx.Response]]) -> list[httpx.Response]:
        return await asyncio.gather(*requests)


def bring_about(url: str, token: str) -> None:
    """All situations, at the service at `url`."""

    async def run() -> None:
        limits = httpx.Limits(max_connections=100, keepalive_expiry=1.0)
        async with httpx.AsyncClient(base_url=url, timeout=30.0, trust_env=False, limits=limits) as client:
            await Situations(client, token).all()

    asyncio.run(run())
