"""The spec that `promspec init` writes: small, commented, and it generates cleanly."""

from __future__ import annotations

from pathlib import Path

import typer

from promspec.naming import SPEC_NAME, camel, kebab, snake

_SPEC = '''"""What __TITLE__ promises: its metrics, error codes, objectives and alerts, declared once.

Edit this file, then run `promspec generate`. Never edit what stands in output/.
"""

from promspec import (
    SLO,
    Alert,
    Availability,
    Code,
    Counter,
    Dashboard,
    Deployment,
    ErrorCodes,
    Histogram,
    Label,
    Latency,
    Operation,
    Row,
    Runbook,
    Severity,
    Spec,
    Stat,
    TimeSeries,
)

# Labels. List the values where you can: then queries, types and zero series are checked and laid out.
endpoint = Label("endpoint", "Which part of the API.", values=["search", "checkout"])
status = Label("status", "How the request ended.", values=["success", "error", "rejected"])


class ErrorCode(ErrorCodes):
    """What can go wrong, in the same words everywhere."""

    TIMEOUT = Code(
        "timeout",
        severity=Severity.WARNING,
        action="Look at the dependency that is slow.",
        exceptions=["builtins.TimeoutError"],
    )
    INPUT_ERROR = Code(
        "input_error",
        severity=Severity.INFO,
        action="None: the client's fault.",
        exceptions=["builtins.ValueError"],
        spends_budget=False,
    )
    INTERNAL_ERROR = Code("internal_error", severity=Severity.CRITICAL, action="Read the log of the request.")


# Metrics, and the unit of work they watch. In the service: `with request.track(endpoint="search"): ...`
requests = Counter("__NAME___requests_total", "Finished requests.", labels=[endpoint, status])
errors = Counter("__NAME___errors_total", "Failed requests.", labels=[endpoint, ErrorCode.label])
duration = Histogram(
    "__NAME___request_duration_seconds",
    "Time to answer a request.",
    labels=[endpoint],
    buckets=[0.05, 0.1, 0.25, 0.5, 1, 2.5, 5],
)
request = Operation("request", requests=requests, errors=errors, duration=duration)

# What to do when a page comes.
burning = Runbook(
    "burning_budget",
    "The error budget is burning",
    summary="More requests fail, or are slow, than the objective allows.",
    detection={"Which code": f"sum by (endpoint, code) (rate({errors}[5m]))"},
    causes=["A bad release.", "A dependency is down."],
)

# Objectives: each gives recording rules for its windows and four burn-rate alerts.
availability = SLO("__SLUG__-availability", Availability(request), objective=99.9, window="30d", runbook=burning)
latency = SLO("__SLUG__-latency", Latency(duration, below=0.5), objective=99, window="30d", runbook=burning)

timeouts = Alert(
    "__CAMEL__Timeouts",
    f"sum by (endpoint) (rate({errors.where(code=ErrorCode.TIMEOUT)}[5m])) > 1",
    for_="5m",
    severity=Severity.WARNING,
    summary="Requests time out.",
    description="{{ $labels.endpoint }}: {{ $value | humanize }} timeouts per second.",
    runbook=burning,
)

overview = Dashboard(
    "__TITLE__ overview",
    rows=[
        Row(
            "Requests",
            [
                Stat(
                    "Requests",
                    "Finished requests per second.",
                    f"sum(rate({requests}[$__rate_interval]))",
                    unit="reqps",
                ),
                TimeSeries(
                    "Duration",
                    "The 95th percentile of the time to answer, by endpoint.",
                    {
                        "{{endpoint}}": f"histogram_quantile(0.95, sum by (endpoint, le) "
                        f"(rate({duration.bucket}[$__rate_interval])))"
                    },
                    unit="s",
                ),
            ],
        )
    ],
)

spec = Spec(
    "__NAME__",
    owner="my-team",
    title="__TITLE__",
    error_codes=ErrorCode,
    operations=[request],
    slos=[availability, latency],
    alerts=[timeouts],
    dashboards=[overview],
    deployment=Deployment("__SLUG__", targets=["localhost:8000"]),
)
'''


def slug(name: str) -> str:
    """The name as a spec can bear it."""
    return name if SPEC_NAME.fullmatch(name) else snake(name).strip("_") or "my_service"


def initial_spec(name: str) -> str:
    """The text of a first spec for a system of that name."""
    title = name.replace("_", " ").capitalize()
    values = {"__NAME__": name, "__TITLE__": title, "__SLUG__": kebab(name), "__CAMEL__": camel(name)}
    text = _SPEC
    for mark, value in values.items():
        text = text.replace(mark, value)
    return text


def init_one(name: str, folder: Path) -> None:
    """Write the spec `folder/name.py`, unless there is one."""
    chosen = slug(name)
    if chosen != name:
        raise typer.BadParameter(f"{name!r} cannot name a spec; write it in snake_case: {chosen}", param_hint="NAME")
    path = folder / f"{name}.py"
    if path.exists():
        typer.echo(f"{path} exists already; nothing was written.", err=True)
        raise typer.Exit(1)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(initial_spec(name), encoding="utf-8")
    typer.echo(f"Wrote {path}. Next: promspec generate {path}")
