from promspec import (
    SLO,
    Availability,
    Code,
    Counter,
    Deployment,
    ErrorCodes,
    Histogram,
    Label,
    Operation,
    Runbook,
    Spec,
)

provider = Label("provider", "The engine.", values=["paddle", "tesseract"])
status = Label("status", "How it ended.", values=["success", "error", "rejected"])


class ErrorCode(ErrorCodes):
    TIMEOUT = Code("timeout", action="Wait.", exceptions=["builtins.TimeoutError"])
    INPUT_ERROR = Code("input_error", action="None.", exceptions=["builtins.ValueError"], spends_budget=False)
    AUTH = Code("auth", action="None.", exceptions=["builtins.PermissionError"], spends_budget=False)
    INTERNAL_ERROR = Code("internal_error", action="Read the log.")


requests = Counter("ocr_requests_total", "Finished requests.", labels=[provider, status])
errors = Counter("ocr_errors_total", "Failed requests.", labels=[provider, ErrorCode.label])
duration = Histogram("ocr_duration_seconds", "Time to answer.", labels=[provider], buckets=[0.5, 1, 2, 5])
ocr = Operation("ocr", requests=requests, errors=errors, duration=duration)
burning = Runbook("burning", "The budget burns", summary="Too many requests fail.")

spec = Spec(
    "ocr",
    owner="ml",
    error_codes=ErrorCode,
    operations=[ocr],
    slos=[
        SLO("ocr-week", Availability(ocr), objective=99.9, window="7d", runbook=burning),
        SLO("ocr-day", Availability(ocr), objective=99, window="1d", runbook=burning),
    ],
    deployment=Deployment("ocr", scrape_interval="2m", evaluation_interval="1m"),
)
