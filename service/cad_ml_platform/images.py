"""What a drawing's first bytes say: its kind and its size in pixels, in plain Python."""

from __future__ import annotations

import hashlib
import struct
import zlib
from dataclasses import dataclass, field
from typing import Literal

Kind = Literal["png", "jpeg", "bmp", "tiff", "pdf"]
MIMES: dict[str, Kind] = {
    "image/png": "png",
    "image/jpeg": "jpeg",
    "image/jpg": "jpeg",
    "image/bmp": "bmp",
    "image/tiff": "tiff",
    "application/pdf": "pdf",
}
_MAGIC: tuple[tuple[bytes, Kind], ...] = (
    (b"\x89PNG\r\n\x1a\n", "png"),
    (b"\xff\xd8\xff", "jpeg"),
    (b"BM", "bmp"),
    (b"II*\x00", "tiff"),
    (b"MM\x00*", "tiff"),
    (b"%PDF-", "pdf"),
)
MAX_SIDE = 30_000
"""Pixels; a larger side is a decompression bomb, not a drawing (A0 at 600 dpi is 28,087)."""


class BrokenImage(ValueError):
    """The bytes are no whole image of the kind they claim to be."""


@dataclass(frozen=True, slots=True)
class Image:
    """A drawing that passed the checks. `width` and `height` are pixels, 0 where the header does not tell."""

    data: bytes
    kind: Kind
    width: int = 0
    height: int = 0
    digest: str = field(default="")


def kind_of(data: bytes) -> Kind | None:
    """The kind by the first bytes."""
    return next((kind for magic, kind in _MAGIC if data.startswith(magic)), None)


def look(data: bytes) -> Image:
    """The image behind the bytes. Raises `BrokenImage` with the reason.

    >>> look(b"GIF89a")
    Traceback (most recent call last):
    ...
    service.cad_ml_platform.images.BrokenImage: neither PNG, JPEG, BMP, TIFF nor PDF
    """
    kind = kind_of(data)
    if kind is None:
        raise BrokenImage("neither PNG, JPEG, BMP, TIFF nor PDF")
    width, height = _CHECKS[kind](data)
    if max(width, height) > MAX_SIDE:
        raise BrokenImage(f"{width} x {height} pixels is more than {MAX_SIDE} on a side")
    return Image(data, kind, width, height, hashlib.sha256(data).hexdigest())


def _png(data: bytes) -> tuple[int, int]:
    position, size = 8, (0, 0)
    while position + 12 <= len(data):
        length, name = struct.unpack_from(">I4s", data, position)
        end = position + 12 + length
        if end > len(data):
            break
        content = data[position + 4 : end - 4]
        if zlib.crc32(content) != struct.unpack_from(">I", data, end - 4)[0]:
            raise BrokenImage("a PNG chunk has a wrong checksum")
        if position == 8:
            if name != b"IHDR" or length != 13:
                raise BrokenImage("the PNG does not begin with its header")
            size = struct.unpack_from(">II", data, position + 8)
            if 0 in size:
                raise BrokenImage("the PNG has no pixels")
        if name == b"IEND":
            return size
        position = end
    raise BrokenImage("the PNG is cut off")


def _jpeg(data: bytes) -> tuple[int, int]:
    if b"\xff\xd9" not in data[-64:]:
        raise BrokenImage("the JPEG is cut off")
    position = 2
    while position + 9 <= len(data) and data[position] == 0xFF:
        marker = data[position + 1]
        if 0xC0 <= marker <= 0xCF and marker not in (0xC4, 0xC8, 0xCC):
            height, width = struct.unpack_from(">HH", data, position + 5)
            return width, height
        position += 2 + max(2, struct.unpack_from(">H", data, position + 2)[0])
    raise BrokenImage("the JPEG has no frame")


def _bmp(data: bytes) -> tuple[int, int]:
    if len(data) < 26 or len(data) < struct.unpack_from("<I", data, 2)[0]:
        raise BrokenImage("the BMP is cut off")
    width, height = struct.unpack_from("<ii", data, 18)
    if width <= 0 or height == 0:
        raise BrokenImage("the BMP has no pixels")
    return width, abs(height)


def _tiff(data: bytes) -> tuple[int, int]:
    order = "<" if data.startswith(b"II") else ">"
    if len(data) < 8 or not 8 <= struct.unpack_from(order + "I", data, 4)[0] < len(data) - 1:
        raise BrokenImage("the TIFF is cut off")
    return 0, 0


def _pdf(data: bytes) -> tuple[int, int]:
    if b"%%EOF" not in data[-1024:]:
        raise BrokenImage("the PDF is cut off")
    return 0, 0


_CHECKS = {"png": _png, "jpeg": _jpeg, "bmp": _bmp, "tiff": _tiff, "pdf": _pdf}
