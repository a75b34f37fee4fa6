"""The drills of the CAD ML Platform: six incidents and a harmless one, brought about through its public API.

`promspec drill spec/cad_ml_platform.py --drills tests/drilling/cad_ml_platform.py`
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from contextlib import AbstractContextManager

import httpx

from promspec.drilling import Drills, Incident, Service, steady
from service.cad_ml_platform import samples

TOKEN = "drill"
SPEED = 30
CIRCUIT_SECONDS = 60
"""After which the platform's circuits let a probe through: time of the service, which is compressed like the rest."""
REQUESTS = 25
"""A second: of five one is for vision, the others for OCR; of 15 of these one goes to tesseract, the rest to paddle."""
VISION, TESSERACT = 1 / 5, 4 / 5 / 15
GOLDEN = 0.6180339887498949


def traffic(url: str) -> AbstractContextManager[object]:
    """Steady requests, each with a drawing that no cache knows."""
    client = httpx.Client(base_url=url, timeout=10.0, trust_env=False, limits=httpx.Limits(max_connections=200))

    def request(number: int) -> httpx.Response:
        which = (
            number * GOLDEN % 1
        )  # even, and never in step with the scrapes, which would count too much or too little
        if which < VISION:
            return client.post("/api/v1/vision/analyze", json={"image_base64": samples.base64_png(number, 8)})
        return _extract(client, "tesseract" if which < VISION + TESSERACT else "paddle", number)

    return steady(REQUESTS, request)


def _extract(client: httpx.Client, provider: str, seed: int) -> httpx.Response:
    image = {"file": ("drawing.png", samples.png(seed, 8), "image/png")}
    return client.post("/api/v1/ocr/extract", params={"provider": provider}, files=image)


def fault(*providers: str, **what: object) -> Callable[[Service], None]:
    """Put a fault in force at these providers; without any, take theirs back."""

    def put(service: Service) -> None:
        with httpx.Client(base_url=service.url, headers={"X-Admin-Token": TOKEN}, trust_env=False) as client:
            for provider in providers:
                client.post("/admin/simulate", json={"provider": provider, **what}).raise_for_status()

    return put


def four_failures(service: Service) -> None:
    """Four requests fail at a provider that nobody else asks: fewer than the ten that page."""
    fault("deepseek", error="internal_error")(service)
    with httpx.Client(base_url=service.url, trust_env=False) as client:
        failed = [_extract(client, "deepseek", seed).status_code for seed in range(-4, 0)]
    fault("deepseek")(service)
    assert failed == [500] * 4, failed


drills = Drills(
    service=[sys.executable, "-m", "service.cad_ml_platform"],
    env={
        "HOST": "{host}",
        "PORT": "{port}",
        "LOG_LEVEL": "ERROR",
        "ADMIN_TOKEN": TOKEN,
        "OCR_ENGINE": "simulated",
        "RATE_LIMIT_QPS": "1000",
        "RATE_LIMIT_BURST": "1000",
        "MAX_CONCURRENT_REQUESTS": "500",
        "CIRCUIT_RECOVERY_TIMEOUT": str(CIRCUIT_SECONDS / SPEED),
    },
    ready="/ready",
    traffic=traffic,
    events={
        "ocr-availability": REQUESTS * (1 - VISION),
        "ocr-latency": REQUESTS * (1 - VISION),
        "vision-availability": REQUESTS * VISION,
    },
    speed=SPEED,
    incidents=[
        Incident(
            name="slow-burn",
            says="One in 15 OCR requests fails, for two hours already: too few for the fast page.",
            begin=fault("tesseract", error="provider_timeout"),
            end=fault("tesseract"),
            alert="OcrAvailabilityBurnRatePageSlow",
            failing=1 / 15,
            before="2h",
        ),
        Incident(
            name="provider-outage",
            says="The connections to the provider of nearly all OCR requests are reset.",
            begin=fault("paddle", error="network_error"),
            end=fault("paddle"),
            alert="OcrAvailabilityBurnRatePageFast",
            failing=14 / 15,
            silences=["OcrAvailabilityBurnRatePageSlow"],
        ),
        Incident(
            name="slow-provider",
            says="The provider answers, but takes more than two seconds.",
            begin=fault("paddle", latency_ms=2500),
            end=fault("paddle"),
            alert="HighLatency",
        ),
        Incident(
            name="model-load-error",
            says="The provider's model cannot be loaded.",
            begin=fault("paddle", error="model_load_error"),
            end=fault("paddle"),
            alert="ModelLoadError",
            labels={"provider": "paddle"},
        ),
        Incident(
            name="memory-exhaustion",
            says="Three in ten requests run out of memory.",
            begin=fault("paddle", "deepseek_stub", error="resource_exhausted", rate=0.3),
            end=fault("paddle", "deepseek_stub"),
            alert="ResourceExhaustion",
        ),
        Incident(
            name="service-killed",
            says="The process is killed, and started again later.",
            begin=lambda service: service.kill(),
            end=lambda service: service.start(),
            alert="MetricsAbsent",
        ),
        Incident(
            name="four-failures",
            says="Four requests fail: nobody is woken for that.",
            begin=four_failures,
            alert=None,
            watch="20m",
        ),
    ],
)
