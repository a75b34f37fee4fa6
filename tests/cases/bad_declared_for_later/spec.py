"""What is declared and not generated yet is said, and nothing is an error."""

from promspec import Alert, Count, Counter, Event, HealthCheck, Runbook, Scenario, Severity, Spec

started = Counter("workers_started_total", "Started workers.")
runbook = Runbook("down", "It is down", summary="It is down.")

spec = Spec(
    "pool",
    owner="web",
    metrics=[started],
    events=[Event("worker.started", "A worker runs.", measurements=["duration_ms"], updates=[Count(started)])],
    health_checks=[HealthCheck("workers", "Available workers.", warning=2, failing=0, worse="below")],
    alerts=[
        Alert(
            "Down",
            "up == 0",
            severity=Severity.CRITICAL,
            summary="It is down.",
            runbook=runbook,
            scenario=Scenario({"up": "0x10"}),
        )
    ],
)
