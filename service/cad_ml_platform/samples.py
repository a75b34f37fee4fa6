"""Drawings made from nothing, good and bad: what the load driver and the tests send."""

from __future__ import annotations

import base64
import random
import struct
import zlib


def _chunk(name: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(name + content))


def png(seed: int = 0, side: int = 32) -> bytes:
    """A whole greyscale PNG of `side` x `side` pixels; each seed gives another."""
    dice = random.Random(seed)
    rows = b"".join(b"\x00" + dice.randbytes(side) for _ in range(side))
    header = struct.pack(">IIBBBBB", side, side, 8, 0, 0, 0, 0)
    pixels = _chunk(b"IDAT", zlib.compress(rows, 1))
    return b"\x89PNG\r\n\x1a\n" + _chunk(b"IHDR", header) + pixels + _chunk(b"IEND", b"")


def pdf(pages: int = 1, extra: bytes = b"") -> bytes:
    """The skeleton of a PDF."""
    leaves = b"".join(b"%d 0 obj << /Type /Page >> endobj\n" % (index + 3) for index in range(pages))
    return b"%PDF-1.4\n1 0 obj << /Type /Catalog " + extra + b" >> endobj\n" + leaves + b"trailer << >>\n%%EOF\n"


def base64_png(seed: int = 0, side: int = 32) -> str:
    """A PNG as base64."""
    return base64.b64encode(png(seed, side)).decode("ascii")
