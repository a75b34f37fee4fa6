"""The closed sets of words that code, metrics and requests share, as types."""

from __future__ import annotations

from typing import Literal, TypeGuard

OcrProvider = Literal["paddle", "deepseek", "tesseract"]
VisionProvider = Literal["deepseek_stub"]
Circuit = Literal["paddle", "deepseek", "tesseract", "deepseek_stub"]
State = Literal["closed", "open", "half_open"]
OcrReason = Literal[
    "file_too_large", "invalid_mime", "base64_invalid", "pdf_pages_exceed", "pdf_forbidden_token", "validation_failed"
]
Base64Reason = Literal[
    "base64_too_large", "base64_invalid_char", "base64_padding_error", "base64_decode_error", "base64_empty"
]
UrlReason = Literal["url_empty", "url_forbidden", "url_http_error", "url_download_error"]
VisionReason = Base64Reason | UrlReason

OCR_PROVIDERS: tuple[OcrProvider, ...] = ("paddle", "deepseek", "tesseract")
CIRCUITS: tuple[Circuit, ...] = (*OCR_PROVIDERS, "deepseek_stub")
STATES: tuple[State, ...] = ("closed", "open", "half_open")


def is_ocr_provider(name: str) -> TypeGuard[OcrProvider]:
    """Whether the name is one of the OCR providers."""
    return name in OCR_PROVIDERS


def is_circuit(name: str) -> TypeGuard[Circuit]:
    """Whether the name is one of the circuits."""
    return name in CIRCUITS
