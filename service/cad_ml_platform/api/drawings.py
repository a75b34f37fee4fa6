"""Routes that read, describe, analyse and compare drawings."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Request
from pydantic import BaseModel, Field

from service.cad_ml_platform.analysis import AnalysisRejected, AnalysisResult, Order
from service.cad_ml_platform.api import ThePlatform
from service.cad_ml_platform.body import Upload, read_json, read_upload
from service.cad_ml_platform.compare import Comparison, compare
from service.cad_ml_platform.errors import InputRejected, OcrRejected, VisionRejected
from service.cad_ml_platform.features import Version
from service.cad_ml_platform.ocr import OcrResult
from service.cad_ml_platform.vision import VisionInput, VisionResult

router = APIRouter(prefix="/api/v1", tags=["drawings"])
_SLACK = 64 * 1024
Short = Annotated[str, Query(max_length=200)]


class VisionRequest(BaseModel):
    """A picture, in one of two ways."""

    image_base64: str | None = None
    image_url: str | None = None


class Pair(BaseModel):
    """Two ids to compare."""

    left: str = Field(max_length=200)
    right: str = Field(max_length=200)


class ToClassify(BaseModel):
    """A drawing's text."""

    text: str = Field(min_length=1, max_length=10_000)


def _body(model: type[BaseModel]) -> dict[str, object]:
    """What the API's description says about a JSON body that is read under a limit."""
    return {"requestBody": {"required": True, "content": {"application/json": {"schema": model.model_json_schema()}}}}


_FILE = {"schema": {"type": "object", "properties": {"file": {"type": "string", "format": "binary"}}}}
_UPLOAD = {"requestBody": {"required": True, "content": {"multipart/form-data": _FILE}}}


@router.post("/ocr/extract", openapi_extra=_UPLOAD)
async def extract(request: Request, platform: ThePlatform, provider: Short = "") -> OcrResult:
    """Read the text of a drawing: a form's `file`, the bare body, or `image_base64` in JSON."""
    upload: Upload | OcrRejected
    try:
        upload = await read_upload(request, platform.settings.ocr_max_file_bytes)
    except OcrRejected as error:
        upload = error
    return await platform.ocr.extract(upload, provider)


@router.post("/vision/analyze", openapi_extra=_body(VisionRequest))
async def describe(request: Request, platform: ThePlatform) -> VisionResult:
    """Describe a drawing given as `image_base64` or `image_url`."""
    given: VisionInput | VisionRejected
    try:
        limit = platform.settings.vision_max_base64_bytes * 4 // 3 + _SLACK
        body = await read_json(request, VisionRequest, limit)
        given = VisionInput(body.image_base64, body.image_url)
    except InputRejected as error:
        large = error.status == 413
        given = VisionRejected("base64_too_large" if large else "base64_decode_error", str(error), error.status)
    return await platform.vision.analyze(given)


@router.post("/analyze", openapi_extra=_UPLOAD)
async def analyze(request: Request, platform: ThePlatform, version: Version = "v4", note: Short = "") -> AnalysisResult:
    """Extract features of a drawing, classify it and keep its vector for comparison."""
    upload: Upload | AnalysisRejected
    try:
        upload = await read_upload(request, platform.settings.ocr_max_file_bytes)
    except OcrRejected as error:
        large = error.status == 413
        upload = AnalysisRejected("file_too_large" if large else "unsupported_format", str(error), error.status)
    return await platform.analysis.analyze(Order(upload, version, note))


@router.post("/compare", openapi_extra=_body(Pair))
async def compare_two(request: Request, platform: ThePlatform) -> Comparison:
    """Compare two analysed drawings or stored vectors by their ids."""
    pair: tuple[str, str] | InputRejected
    try:
        body = await read_json(request, Pair)
        pair = (body.left, body.right)
    except InputRejected as error:
        pair = error
    return compare(platform.vectors, pair)


@router.post("/classify", openapi_extra=_body(ToClassify))
async def classify(request: Request, platform: ThePlatform) -> dict[str, str]:
    """The class of a drawing by its text."""
    body = await read_json(request, ToClassify)
    return {"category": platform.classifier.limited(body.text), "model": platform.models.current.version}


@router.get("/results/{identity}")
async def result(identity: str, platform: ThePlatform) -> dict[str, object]:
    """A stored analysis."""
    found = platform.results.get(identity)
    if found is None:
        raise InputRejected("not_found", f"there is nothing under {identity[:80]!r}", 404)
    return dict(found)
