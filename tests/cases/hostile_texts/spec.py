"""Texts that would break YAML, Markdown, Python or JSON if they were not written with care."""

from promspec import Alert, Code, Counter, Dashboard, ErrorCodes, Label, Row, Runbook, Severity, Spec, Stat, Text

HOSTILE = (
    "quote \" apostrophe ' backslash \\ pipe | hash # colon: {{ braces }} ``` \"\"\" <b>html</b> ünï ☃ %s {x} {% if %}"
)
PLAIN = HOSTILE.replace("{{ braces }}", "braces")


class ErrorCode(ErrorCodes):
    TIMEOUT = Code("timeout", action=HOSTILE, help=HOSTILE, exceptions=["builtins.TimeoutError"])
    INTERNAL_ERROR = Code("internal_error", action="Read the log.")


requests = Counter("requests_total", HOSTILE, labels=[ErrorCode.label, Label("x", HOSTILE, values=["-", "yes", "null", "1"])])
runbook = Runbook(
    "hostile",
    HOSTILE,
    summary=HOSTILE,
    causes=[HOSTILE],
    fixes={HOSTILE: HOSTILE},
    prevention=[HOSTILE],
    detection={HOSTILE: f"sum(rate({requests}[5m]))"},
    logs=[HOSTILE],
)

spec = Spec(
    "hostile",
    owner="team: #1",
    title=HOSTILE,
    description=HOSTILE,
    error_codes=ErrorCode,
    metrics=[requests],
    alerts=[
        Alert(
            "Hostile",
            f"sum(rate({requests}[5m])) > 1",
            severity=Severity.INFO,
            summary=PLAIN + ".",
            description="line one\n  line two: " + PLAIN,
            labels={"note": PLAIN},
            annotations={"more": "- a\n- b\n"},
            runbook=runbook,
        )
    ],
    dashboards=[
        Dashboard(
            HOSTILE,
            [
                Row(
                    HOSTILE,
                    [
                        Stat(HOSTILE, HOSTILE, f"sum(rate({requests}[$__rate_interval]))", unit="reqps"),
                        Text(HOSTILE, HOSTILE, content=HOSTILE),
                    ],
                )
            ],
            description=HOSTILE,
            uid="hostile",
        )
    ],
)
