"""Scenarios that cannot be played, and an alert that needs one."""

from promspec import Alert, Counter, Label, Runbook, Scenario, Severity, Spec

result = Label("result", "How it ended.", values=["ok", "failed"])
started = Counter("workers_started_total", "Started workers.", labels=[result])
runbook = Runbook("down", "It is down", summary="It is down.")
SILENT = {"nothing": {"workers_startet_total": "0x10"}}


def alert(name: str, expr: str, scenario: Scenario | None = None) -> Alert:
    return Alert(name, expr, severity=Severity.WARNING, summary="It is.", runbook=runbook, scenario=scenario)


spec = Spec(
    "pool",
    owner="web",
    metrics=[started],
    alerts=[
        alert("Unknown", "up == 0", Scenario({"up": "0x10"}, fires_at="1m", silent=SILENT)),
        alert("Value", "up == 0", Scenario({started.where(result="failed"): "0+5y10"}, fires_at="1m")),
        alert("NoSeries", "up == 0", Scenario({"up[5m]": "0x10", 'up{job=~"a"}': [1, 0]}, fires_at="1m")),
        alert("Label", "up == 0", Scenario({'workers_started_total{result="good"}': "0x10"}, fires_at="1m")),
        alert("Times", "up == 0", Scenario({"up": [1, 1, 0]}, fires_at="130s", resolves_at="2m")),
        alert("NeverAny", "up > 1 and up < 1"),
        alert("NotEvaluated", "sum by (job) (up @ 100) > 2"),
    ],
)
