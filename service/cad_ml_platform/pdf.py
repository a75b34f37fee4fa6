"""What may not be in a PDF: active content, embedded files, too many pages."""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterator

FORBIDDEN = (b"JavaScript", b"Launch", b"EmbeddedFile", b"EmbeddedFiles")
_MAX_INFLATED = 16 * 1024 * 1024
_MAX_STREAMS = 200
_NAME = re.compile(rb"/([^\s/()<>\[\]{}%]+)")
_ESCAPE = re.compile(rb"#([0-9A-Fa-f]{2})")
_PAGE = re.compile(rb"/Type\s*/Page(?![A-Za-z])")
_STREAM = re.compile(rb"stream\r?\n")


class PdfTooComplex(ValueError):
    """Its compressed streams unpack to more than anyone should read."""


def _object_streams(data: bytes) -> Iterator[bytes]:
    """The unpacked object streams: names may hide in them. Other streams hold pixels and text, no objects."""
    room = _MAX_INFLATED
    for index, match in enumerate(_STREAM.finditer(data)):
        dictionary = data[max(0, match.start() - 512) : match.start()]
        if b"ObjStm" not in dictionary[dictionary.rfind(b" obj") + 1 :]:
            continue
        if index >= _MAX_STREAMS:
            raise PdfTooComplex("too many object streams")
        unpacker = zlib.decompressobj()
        try:
            text = unpacker.decompress(data[match.end() :], room)
        except zlib.error:
            continue
        room -= len(text)
        if room <= 0 or unpacker.unconsumed_tail:
            raise PdfTooComplex("an object stream unpacks to too much")
        yield text


def inspect(data: bytes) -> tuple[str | None, int]:
    """The first forbidden name, if there is one, and the number of pages seen until then. Raises `PdfTooComplex`.

    Names are compared with their `#xx` escapes undone, for `/J#61vaScript` is `/JavaScript` to a reader.

    >>> inspect(b"%PDF-1.4 /Type /Page")
    (None, 1)
    >>> inspect(b"%PDF-1.4 /S /J#61vaScript")
    ('/JavaScript', 0)
    """
    pages = 0
    for part in (data, *_object_streams(data)):
        for match in _NAME.finditer(part):
            name = _ESCAPE.sub(lambda found: bytes([int(found[1], 16)]), match[1])
            if name in FORBIDDEN:
                return "/" + name.decode("ascii"), pages
        pages += len(_PAGE.findall(part))
    return None, pages
