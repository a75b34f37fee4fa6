"""Metrics of one operation that do not fit each other."""

from promspec import Alert, Code, Counter, ErrorCodes, Histogram, Label, Operation, Severity, Spec


class ErrorCode(ErrorCodes):
    INTERNAL_ERROR = Code("internal_error", action="Read the log.")


some = Label("provider", "The engine.", values=["paddle"])
more = Label("provider", "The engine.", values=["paddle", "tesseract"])
delta = Histogram("delta_bytes", "The change in size.", buckets=[-10, 0, 10])
requests = Counter("requests_total", "Finished requests.", labels=[more])
errors = Counter("errors_total", "Failed requests.", labels=[some, ErrorCode.label])

spec = Spec(
    "shop",
    owner="web",
    error_codes=ErrorCode,
    metrics=[delta],
    operations=[Operation("work", requests=requests, errors=errors)],
    alerts=[
        Alert(
            "Shrinking",
            f"rate({delta.sum}[5m]) < 0",
            severity=Severity.INFO,
            summary="It shrinks.",
            runbook="https://example.com/shrinking",
        )
    ],
)
