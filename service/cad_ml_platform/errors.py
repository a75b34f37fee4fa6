"""What can go wrong, and the one table from domain error to error code and HTTP status."""

from __future__ import annotations

import contextlib

from output.cad_ml_platform.instrumentation import ErrorCode, code_of
from service.cad_ml_platform.words import Circuit, OcrReason, VisionReason


class DomainError(Exception):
    """Something the service itself found wrong; its text may be shown to the client."""


class InputRejected(DomainError, ValueError):
    """The input is at fault; `reason` is one of the closed reasons, `status` the HTTP status that fits it."""

    def __init__(self, reason: str, message: str, status: int = 422) -> None:
        super().__init__(message)
        self.reason = reason
        self.status = status


class OcrRejected(InputRejected):
    """OCR input was refused."""

    def __init__(self, reason: OcrReason, message: str, status: int = 422) -> None:
        super().__init__(reason, message, status)
        self.counted: OcrReason = reason


class VisionRejected(InputRejected):
    """Vision input was refused."""

    def __init__(self, reason: VisionReason, message: str, status: int = 422) -> None:
        super().__init__(reason, message, status)
        self.counted: VisionReason = reason


class QuotaExceeded(DomainError):
    """Too many requests, here or at a provider; `retry_after` in seconds."""

    def __init__(self, message: str, retry_after: float = 1.0) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class CircuitOpen(DomainError, ConnectionError):
    """The provider failed too often and is left alone for a while."""

    def __init__(self, circuit: Circuit, retry_after: float) -> None:
        super().__init__(f"{circuit} is failing and is given {retry_after:.0f} s to recover")
        self.retry_after = retry_after


class ModelNotLoaded(DomainError, ImportError):
    """A provider's model or program cannot be loaded."""


class AnswerNotUnderstood(DomainError, ValueError):
    """A provider's answer cannot be parsed."""


class OutOfService(DomainError):
    """The service is at its limit of requests in flight."""


_CODES: dict[type[DomainError], ErrorCode] = {
    InputRejected: ErrorCode.INPUT_ERROR,
    QuotaExceeded: ErrorCode.QUOTA_EXCEEDED,
    CircuitOpen: ErrorCode.NETWORK_ERROR,
    ModelNotLoaded: ErrorCode.MODEL_LOAD_ERROR,
    AnswerNotUnderstood: ErrorCode.PARSE_FAILED,
    OutOfService: ErrorCode.RESOURCE_EXHAUSTED,
}
_MEMO = "_cad_ml_platform_code"
"""An error is looked up once: the instrumentation counts each look-up of one that nothing maps."""
_STATUSES: dict[ErrorCode, int] = {
    ErrorCode.RESOURCE_EXHAUSTED: 503,
    ErrorCode.PROVIDER_TIMEOUT: 504,
    ErrorCode.NETWORK_ERROR: 502,
    ErrorCode.PARSE_FAILED: 502,
    ErrorCode.AUTH_FAILED: 502,
    ErrorCode.MODEL_LOAD_ERROR: 503,
    ErrorCode.QUOTA_EXCEEDED: 429,
    ErrorCode.INPUT_ERROR: 400,
    ErrorCode.INTERNAL_ERROR: 500,
}


def error_code(error: BaseException) -> ErrorCode:
    """The code of an error: the table's for a domain error, the spec's mapping for any other exception."""
    known: ErrorCode | None = getattr(error, _MEMO, None)
    if known is None:
        known = next((_CODES[cls] for cls in type(error).__mro__ if cls in _CODES), None) or code_of(error)
        with contextlib.suppress(AttributeError):  # An exotic class may refuse attributes.
            setattr(error, _MEMO, known)
    return known


def http_status(error: BaseException) -> int:
    """The HTTP status that answers an error."""
    if isinstance(error, InputRejected):
        return error.status
    if isinstance(error, CircuitOpen):
        return 503
    return _STATUSES[error_code(error)]


def retry_after(error: BaseException) -> int | None:
    """Whole seconds after which the client may try again, where that is known."""
    if isinstance(error, QuotaExceeded | CircuitOpen):
        return max(1, round(error.retry_after))
    return None


def public_message(error: BaseException) -> str:
    """What the client may read: a domain error's own words, else only the kind of failure."""
    if isinstance(error, DomainError):
        return str(error)
    return f"the request failed: {error_code(error).value}"
