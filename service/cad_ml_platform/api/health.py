"""Routes that say how the service is, in its own words; those that an orchestrator asks are generated."""

from __future__ import annotations

import platform as python
from dataclasses import asdict

from fastapi import APIRouter, Depends
from fastapi.responses import JSONResponse

from output.cad_ml_platform.instrumentation import health as checks
from service.cad_ml_platform.api import ThePlatform, admin
from service.cad_ml_platform.platform import Platform

router = APIRouter(tags=["health"])


_WORDS = {"ok": "healthy", "warning": "degraded", "error": "unhealthy"}


def watch(platform: Platform) -> None:
    """Let the declared checks look at this platform."""

    @checks.circuits
    def _circuits_are_closed() -> dict[str, bool]:
        return {name: breaker.state != "open" for name, breaker in platform.circuits.items()}

    @checks.ocr_capacity
    def _a_provider_takes_requests() -> bool:
        return any(platform.circuits[name].allows() for name in platform.providers)

    (checks.enable if platform.settings.metrics_enabled else checks.disable)("metrics")


async def _found(check: str) -> checks.Status:
    """How a declared check ends now."""
    report = await checks.report_soon()
    return next(found.status for found in report.checks if found.name == check)


def _config(platform: Platform) -> dict[str, object]:
    settings = platform.settings
    monitoring = {
        "metrics_enabled": settings.metrics_enabled,
        "error_ema_alpha": settings.error_ema_alpha,
        "classifier_rate_limit_per_min": settings.classifier_rate_limit_per_min,
        "classifier_rate_limit_burst": settings.classifier_rate_limit_burst,
        "classifier_cache_max_size": settings.classifier_cache_max_size,
    }
    return {"settings": settings.shown(), "monitoring": monitoring}


@router.get("/health")
async def health(platform: ThePlatform) -> dict[str, object]:
    """The service's status, error rates and configuration; 200 as long as the process can answer."""
    return {
        "status": _WORDS[await _found("circuits")],
        "runtime": {"python": python.python_version(), "metrics_enabled": platform.settings.metrics_enabled},
        "error_rate_ema": {"ocr": platform.ocr.error_rate.value, "vision": platform.vision.error_rate.value},
        "services": {"ml": {name: provider.engine for name, provider in platform.providers.items()}},
        "config": _config(platform),
    }


@router.get("/ready")
async def ready(platform: ThePlatform) -> JSONResponse:
    """200 when requests may be sent here, else 503: not before the start is over, not while it stops."""
    able = platform.ready and await _found("ocr_capacity") != "error"
    return JSONResponse({"ready": able}, status_code=200 if able else 503)


@router.get("/health/detailed")
async def detailed(platform: ThePlatform) -> dict[str, object]:
    """Every part's state."""
    return {
        "status": _WORDS[await _found("circuits")],
        "circuits": _circuits(platform),
        "faults": platform.faults.shown(),
        "model": {"version": platform.models.current.version, "level": platform.models.level},
        "vectors": {
            "stored": len(platform.vectors),
            "index_age_seconds": round(platform.index.age, 3),
            "unseen_changes": platform.index.stale_changes,
        },
        "results": {"stored": len(platform.results)},
        "drift": {"material": platform.materials.score, "prediction": platform.predictions.score},
    }


@router.get("/health/circuit-breakers")
async def circuit_breakers(platform: ThePlatform) -> dict[str, object]:
    """The state of each circuit."""
    return _circuits(platform)


def _circuits(platform: Platform) -> dict[str, object]:
    return {
        name: {"state": each.state, "failures": each.failures, "retry_after_seconds": round(each.wait(), 3)}
        for name, each in platform.circuits.items()
    }


@router.get("/api/v1/health/classifier/cache", dependencies=[Depends(admin)])
async def classifier_cache(platform: ThePlatform) -> dict[str, object]:
    """How the classifier's cache does."""
    cache, model = platform.classifier.cache, platform.models.current
    return {"size": len(cache), "max_size": cache.size, "hit_ratio": cache.hit_ratio, "model": asdict(model)}
