"""Base64 images of the vision endpoint, refused with a reason that names the exact fault."""

from __future__ import annotations

import base64
import binascii
import re

from service.cad_ml_platform.errors import VisionRejected
from service.cad_ml_platform.images import BrokenImage, Image, look

_DATA_URL = re.compile(r"data:[\w.+/-]{1,100};base64,")
_FOREIGN = re.compile(r"[^A-Za-z0-9+/=]")
_BLANK = re.compile(r"\s+")


def decode(text: str, limit: int) -> Image:
    """The image in the text; `limit` bounds the decoded bytes. Raises `VisionRejected`.

    White space (as in MIME) and a `data:` prefix are accepted.
    """
    prefix = _DATA_URL.match(text)
    body = _BLANK.sub("", text[prefix.end() :] if prefix else text)
    if not body:
        raise VisionRejected("base64_empty", "the image is empty", 400)
    if len(body) > -(-limit // 3) * 4:
        raise VisionRejected("base64_too_large", f"the image is above {limit} bytes", 413)
    foreign = _FOREIGN.search(body)
    if foreign:
        raise VisionRejected("base64_invalid_char", f"character {foreign.start()} is not of base64", 400)
    stripped = body.rstrip("=")
    if len(body) % 4 or len(body) - len(stripped) > 2 or "=" in stripped:
        raise VisionRejected("base64_padding_error", "the padding is wrong", 400)
    try:
        data = base64.b64decode(body, validate=True)
    except (binascii.Error, ValueError) as error:
        raise VisionRejected("base64_decode_error", f"it cannot be decoded: {error}", 400) from None
    if len(data) > limit:
        raise VisionRejected("base64_too_large", f"the image is above {limit} bytes", 413)
    return picture(data)


def picture(data: bytes) -> Image:
    """The image behind decoded bytes. Raises `VisionRejected`."""
    try:
        image = look(data)
    except BrokenImage as error:
        raise VisionRejected("base64_decode_error", f"it is no image: {error}") from None
    if image.kind == "pdf":
        raise VisionRejected("base64_decode_error", "a PDF is no image")
    return image
