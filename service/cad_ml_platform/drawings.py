"""From an upload to a drawing that may be read, or the reason why not."""

from __future__ import annotations

from service.cad_ml_platform import pdf
from service.cad_ml_platform.body import Upload
from service.cad_ml_platform.errors import OcrRejected
from service.cad_ml_platform.images import MIMES, BrokenImage, Image, kind_of, look

_UNTOLD = ("", "application/octet-stream", "application/x-www-form-urlencoded")
"""Types that say nothing about the content; the last is what curl sends when it is told nothing."""


def accept(upload: Upload, max_pages: int) -> Image:
    """The drawing. Raises `OcrRejected` with one of the closed reasons."""
    if not upload.data:
        raise OcrRejected("validation_failed", "the file is empty")
    claimed = MIMES.get(upload.mime)
    if claimed is None and upload.mime not in _UNTOLD:
        raise OcrRejected("invalid_mime", f"{upload.mime[:80]} is not a type of drawing", 415)
    found = kind_of(upload.data)
    if found is None:
        raise OcrRejected("invalid_mime", "the content is neither PNG, JPEG, BMP, TIFF nor PDF", 415)
    if claimed is not None and claimed != found:
        raise OcrRejected("invalid_mime", f"declared as {claimed}, but it is {found}", 415)
    try:
        image = look(upload.data)
    except BrokenImage as error:
        raise OcrRejected("validation_failed", str(error)) from None
    if image.kind == "pdf":
        _check_pdf(image.data, max_pages)
    return image


def _check_pdf(data: bytes, max_pages: int) -> None:
    try:
        forbidden, pages = pdf.inspect(data)
    except pdf.PdfTooComplex as error:
        raise OcrRejected("validation_failed", str(error)) from None
    if forbidden is not None:
        raise OcrRejected("pdf_forbidden_token", f"the PDF contains {forbidden}")
    if pages > max_pages:
        raise OcrRejected("pdf_pages_exceed", f"the PDF has {pages} pages, {max_pages} are allowed")
