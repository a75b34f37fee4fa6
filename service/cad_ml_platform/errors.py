"""What can go wrong, and which HTTP status answers it; the spec maps each class to its error code."""

from __future__ import annotations

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


def http_status(error: BaseException) -> int:
    """The HTTP status that answers an error."""
    if isinstance(error, InputRejected):
        return error.status
    if isinstance(error, CircuitOpen):
        return 503
    return _STATUSES[code_of(error)]


def retry_after(error: BaseException) -> int | None:
    """Whole seconds after which the client may try again, where that is known."""
    if isinstance(error, QuotaExceeded | CircuitOpen):
        return max(1, round(error.retry_after))
    return None


def public_message(error: BaseException) -> str:
    """What the client may read: a domain error's own words, else only the kind of failure."""
    if isinstance(error, DomainError):
        return str(error)
    return f"the request failed: {code_of(error).value}"
