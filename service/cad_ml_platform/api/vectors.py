"""Routes of the vector store: keep, search, migrate."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import APIRouter, Request
from pydantic import BaseModel, Field, FiniteFloat

from service.cad_ml_platform.api import ThePlatform
from service.cad_ml_platform.body import read_json
from service.cad_ml_platform.features import Version
from service.cad_ml_platform.vectors import MAX_DIMENSION, Vector

router = APIRouter(prefix="/api/v1/vectors", tags=["vectors"])
Identity = Annotated[str, Field(min_length=1, max_length=200)]
Values = Annotated[list[FiniteFloat], Field(min_length=1, max_length=MAX_DIMENSION)]


class NewVector(BaseModel):
    """A vector from elsewhere; it has no feature version."""

    id: Identity
    values: Values


class Search(BaseModel):
    """What to look for."""

    values: Values
    count: int = Field(default=5, ge=1, le=100)


class Migration(BaseModel):
    """Which vectors go to which feature version."""

    ids: list[Identity] = Field(min_length=1, max_length=1000)
    to: Version
    dry_run: bool = False


@router.post("")
async def keep(request: Request, platform: ThePlatform) -> dict[str, object]:
    """Keep a vector."""
    body = await read_json(request, NewVector)
    platform.vectors.put(body.id, Vector(tuple(body.values)))
    return {"id": body.id, "dimension": len(body.values), "stored": len(platform.vectors)}


@router.post("/search")
async def search(request: Request, platform: ThePlatform) -> dict[str, object]:
    """The nearest vectors. A lost index degrades the search to a scan, and is built anew."""
    body = await read_json(request, Search)
    found, degraded = platform.index.search(tuple(body.values), body.count)
    return {"found": [{"id": name, "similarity": round(score, 6)} for name, score in found], "degraded": degraded}


@router.post("/migrate")
async def migrate(request: Request, platform: ThePlatform) -> dict[str, object]:
    """Bring vectors to another feature version."""
    body = await read_json(request, Migration)
    results: dict[str, Literal["migrated", "dry_run", "downgraded", "error", "not_found", "skipped"]] = {
        identity: platform.vectors.migrate(identity, body.to, body.dry_run) for identity in body.ids
    }
    return {"to": body.to, "results": results}
