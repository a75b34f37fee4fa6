"""Routes for administrators: circuits, simulated faults, the model, the index, caches and stores."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request
from pydantic import BaseModel, Field

from output.cad_ml_platform.instrumentation import ErrorCode
from service.cad_ml_platform.api import ThePlatform, admin
from service.cad_ml_platform.body import limited, read_json
from service.cad_ml_platform.errors import InputRejected
from service.cad_ml_platform.faults import MAX_LATENCY_MS, Fault
from service.cad_ml_platform.models import MAX_BYTES
from service.cad_ml_platform.words import Circuit, is_circuit

router = APIRouter(prefix="/admin", tags=["admin"], dependencies=[Depends(admin)])
_SLACK = 1024


class Simulation(BaseModel):
    """A fault to put in force; neither error nor latency takes it back."""

    provider: Circuit
    error: ErrorCode | None = None
    latency_ms: int = Field(default=0, ge=0, le=MAX_LATENCY_MS)
    rate: float = Field(default=1.0, ge=0, le=1)


@router.post("/reset-circuit-breaker")
async def reset_circuit_breaker(platform: ThePlatform, provider: str = "") -> dict[str, object]:
    """Close one circuit, or all of them."""
    if provider and not is_circuit(provider):
        raise InputRejected("not_found", f"there is no circuit {provider[:40]!r}", 404)
    chosen = [each for name, each in platform.circuits.items() if provider in ("", name)]
    for each in chosen:
        each.reset()
    return {"reset": [each.name for each in chosen]}


@router.post("/simulate")
async def simulate(request: Request, platform: ThePlatform) -> dict[str, object]:
    """Make a provider fail or be slow."""
    body = await read_json(request, Simulation)
    nothing = body.error is None and not body.latency_ms
    platform.faults.set(body.provider, None if nothing else Fault(body.error, body.latency_ms, body.rate))
    return {"faults": platform.faults.shown()}


@router.post("/model/reload")
async def reload_model(request: Request, platform: ThePlatform) -> dict[str, object]:
    """Put the model file of the body in use; `X-Model-Sha256` is compared if it is sent."""

    def refusal(status: int) -> InputRejected:
        return InputRejected("size_exceeded" if status == 413 else "too_slow", "the file cannot be read", status)

    data = await limited(request, MAX_BYTES + _SLACK, refusal).body()
    model = platform.models.reload(data, request.headers.get("x-model-sha256", ""))
    return {"version": model.version, "rules": len(model.rules)}


@router.post("/model/rollback")
async def rollback_model(platform: ThePlatform) -> dict[str, object]:
    """Go back to the model before."""
    return {"version": platform.models.rollback().version, "level": platform.models.level}


@router.post("/index/rebuild")
async def rebuild_index(platform: ThePlatform) -> dict[str, int]:
    """Build the search index anew."""
    return {"vectors": platform.index.build()}


@router.post("/index/lose")
async def lose_index(platform: ThePlatform) -> dict[str, bool]:
    """Lose the search index, to see the degraded search and the recovery."""
    platform.index.lose()
    return {"lost": True}


@router.post("/features/tune")
async def tune(platform: ThePlatform) -> dict[str, float]:
    """A recommendation for the feature cache."""
    return platform.analysis.features.advise()


@router.post("/results/clean")
async def clean(
    platform: ThePlatform, older_than_seconds: Annotated[float, Query(ge=0, allow_inf_nan=False)] = 3600.0
) -> dict[str, int]:
    """Delete old analysis results."""
    return platform.results.clean(older_than_seconds)


@router.post("/drift/renew")
async def renew(platform: ThePlatform) -> dict[str, bool]:
    """Take what came in lately as the baselines of drift."""
    platform.materials.renew()
    platform.predictions.renew()
    return {"renewed": True}
