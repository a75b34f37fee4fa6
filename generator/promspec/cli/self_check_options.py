"""The options of `self-check`, and the environment variables that stand in for them."""

from __future__ import annotations

from typing import Annotated

import typer

VARIABLES = """Where an option is not given, a variable is read: SELF_CHECK_BASE_URL, SELF_CHECK_APP,
SELF_CHECK_STRICT_METRICS, SELF_CHECK_REQUIRED_PROVIDERS, SELF_CHECK_VALIDATE_COUNTERS, SELF_CHECK_DRIVE,
SELF_CHECK_DRIVE_JSON, SELF_CHECK_MIN_ERROR_CODES, SELF_CHECK_MIN_OCR_ERRORS, SELF_CHECK_API_PATH,
SELF_CHECK_HEALTH_PATH, SELF_CHECK_METRICS_PATH."""

BaseUrl = Annotated[str | None, typer.Option("--base-url", metavar="URL", help="Where it runs.")]
App = Annotated[
    str | None,
    typer.Option("--app", metavar="MODULE:APP", help="Or run this ASGI or WSGI application."),
]
Strict = Annotated[bool | None, typer.Option("--strict/--no-strict", help="Warnings fail too.")]
Require = Annotated[
    list[str] | None,
    typer.Option(
        "--require",
        metavar="LABEL=VALUES",
        help="Values that must be exposed, such as provider=a,b.",
    ),
]
ValidateCounters = Annotated[
    bool | None,
    typer.Option(
        "--validate-counters/--no-validate-counters",
        help="Drive requests and see counters move.",
    ),
]
Drive = Annotated[
    list[str] | None,
    typer.Option("--drive", metavar="'POST /PATH'", help="A request to make; repeatable."),
]
DriveJson = Annotated[list[str] | None, typer.Option("--drive-json", metavar="JSON", help="Its body.")]
Moves = Annotated[
    list[str] | None, typer.Option("--moves", metavar="METRIC", help="What must move; else any counter does.")
]
MinErrorCodes = Annotated[int | None, typer.Option("--min-error-codes", min=0, help="Error codes to see.")]
MinErrors = Annotated[
    list[str] | None,
    typer.Option("--min-errors", metavar="METRIC=N", help="Series of an error counter to see."),
]
ApiPath = Annotated[str | None, typer.Option("--api-path", help="What the API answers. (/)")]
HealthPath = Annotated[str | None, typer.Option("--health-path", help="Its health page. (/health)")]
MetricsPath = Annotated[str | None, typer.Option("--metrics-path", help="Its metrics. (/metrics)")]
AsJson = Annotated[bool, typer.Option("--json", help="One JSON document, and nothing else.")]
