"""A wrong label or value in where() is reported at the line that wrote it."""

from promspec import Alert, Counter, Histogram, Label, Runbook, Severity, Spec, not_

code = Label("code", "What went wrong.", values=["provider_timeout", "parse_failed"])
errors = Counter("errors_total", "Failed requests.", labels=[code])
duration = Histogram("wait_seconds", "How long.", buckets=[0.5, 1, 2])
runbook = Runbook("errors", "Errors", summary="Requests fail.")


def rate(selector: object) -> str:
    return f"sum(rate({selector}[5m]))"


spec = Spec(
    "shop",
    owner="web",
    metrics=[errors, duration],
    alerts=[
        Alert(
            "Timeouts",
            rate(errors.where(code="provider_timeot")) + " > 1",
            severity=Severity.WARNING,
            summary="Timeouts.",
            runbook=runbook,
        ),
        Alert(
            "Slow",
            rate(
                duration.bucket.where(le=1.5),
            )
            + " > "
            + rate(errors.where(kind="x", code=not_("nothing"))),
            severity=Severity.WARNING,
            summary="Slow.",
            runbook=runbook,
        ),
        Alert(
            "Nothing",
            rate(errors.where(code=[])) + " > 1",
            severity=Severity.WARNING,
            summary="Nothing.",
            runbook=runbook,
        ),
    ],
)
