"""Request bodies, read under a limit: reading stops at the first byte too many, whatever Content-Length said."""

from __future__ import annotations

import asyncio
import base64
import binascii
import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from fastapi import Request
from pydantic import BaseModel, ValidationError
from starlette.datastructures import UploadFile
from starlette.exceptions import HTTPException
from starlette.types import Message

from service.cad_ml_platform.errors import InputRejected, OcrRejected

Model = TypeVar("Model", bound=BaseModel)
_FORM_SLACK = 64 * 1024
"""What the boundaries, part headers and other fields of a form may add to its file."""
PATIENCE_SECONDS = 30.0
"""How long a body may take to arrive."""
JSON_LIMIT = 1024 * 1024


class Base64Image(BaseModel):
    """An image inside JSON."""

    image_base64: str


@dataclass(frozen=True, slots=True)
class Upload:
    """A file as the client sent it; nothing about it is believed yet."""

    data: bytes
    mime: str


def limited(request: Request, limit: int, refusal: Callable[[int], Exception]) -> Request:
    """The same request, whose body raises `refusal(status)` when it is too large (413) or too slow (408)."""
    length = request.headers.get("content-length", "")
    if length.isascii() and length.isdecimal() and (len(length) > 18 or int(length) > limit):
        raise refusal(413)
    arrived = 0
    receive = request.receive
    deadline = asyncio.get_running_loop().time() + PATIENCE_SECONDS

    async def counted() -> Message:
        nonlocal arrived
        try:
            async with asyncio.timeout_at(deadline):
                message = await receive()
        except TimeoutError:
            raise refusal(408) from None
        arrived += len(message.get("body", b""))
        if arrived > limit:
            raise refusal(413)
        return message

    return Request(request.scope, counted)


async def read_json(request: Request, model: type[Model], limit: int = JSON_LIMIT) -> Model:
    """The JSON body as `model`. Raises `InputRejected`: 413 too large, 408 too slow, 422 something else."""

    def refusal(status: int) -> InputRejected:
        if status == 413:
            return InputRejected("too_large", f"the body is above {limit} bytes", status)
        return InputRejected("too_slow", "the body did not arrive in time", status)

    body = await limited(request, limit, refusal).body()
    try:
        return model.model_validate_json(body)
    except ValidationError as error:
        raise InputRejected("invalid", "; ".join(_problems(error))) from None


def _problems(error: ValidationError) -> list[str]:
    return [f"{'.'.join(map(str, item['loc'])) or 'body'}: {item['msg']}" for item in error.errors()[:5]]


async def read_upload(request: Request, limit: int) -> Upload:
    """The drawing: a form's `file`, `image_base64` in JSON, or the bare body. Raises `OcrRejected`."""

    def refusal(status: int) -> OcrRejected:
        if status == 413:
            return OcrRejected("file_too_large", f"the file is above {limit} bytes", status)
        return OcrRejected("validation_failed", "the file did not arrive in time", status)

    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind == "multipart/form-data":
        upload = await _from_form(limited(request, limit + _FORM_SLACK, refusal))
    elif kind == "application/json":
        upload = await _from_json(limited(request, limit * 4 // 3 + _FORM_SLACK, refusal))
    else:
        upload = Upload(await limited(request, limit, refusal).body(), kind)
    if len(upload.data) > limit:
        raise refusal(413)
    return upload


async def _from_form(request: Request) -> Upload:
    try:
        async with request.form(max_files=1, max_fields=8, max_part_size=_FORM_SLACK) as form:
            file = form.get("file")
            if not isinstance(file, UploadFile):
                raise OcrRejected("validation_failed", "the form has no file called file")
            return Upload(await file.read(), (file.content_type or "").lower())
    except HTTPException as error:
        raise OcrRejected("validation_failed", f"the form cannot be read: {error.detail}") from None


async def _from_json(request: Request) -> Upload:
    return await asyncio.to_thread(_decoded, await request.body())


def _decoded(body: bytes) -> Upload:
    try:
        text = Base64Image.model_validate_json(body).image_base64
    except ValidationError as error:
        raise OcrRejected("validation_failed", "; ".join(_problems(error))) from None
    try:
        return Upload(base64.b64decode(text, validate=True), "")
    except (binascii.Error, ValueError) as error:
        raise OcrRejected("base64_invalid", f"image_base64 is no base64: {error}", 400) from None


def loads(raw: str) -> object:
    """`json.loads` whose nesting bomb is a `ValueError` like any other bad JSON."""
    try:
        return json.loads(raw)
    except RecursionError:
        raise json.JSONDecodeError("nested too deeply", raw[:20], 0) from None
