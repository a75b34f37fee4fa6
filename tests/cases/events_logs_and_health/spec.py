"""Every kind of update, sampling, limits, secrets, checks with and without thresholds, names that need care."""

from promspec import (
    Add, Code, Count, Counter, ErrorCodes, Event, Gauge, Health, HealthCheck, Histogram, Label, Logging, Observe, SetTo,
    Severity, Spec,
)

pool = Label("pool", "The pool.", values=["small", "large"])
how = Label("class", "How it ended.", values=["crash", "kill"])
task = Label("task", "The task.", max_values=20)


class Fault(ErrorCodes):
    """What can go wrong."""

    TIMEOUT = Code("timeout", severity=Severity.WARNING, action="Look.", exceptions=["builtins.TimeoutError"])
    INTERNAL_ERROR = Code("internal_error", severity=Severity.CRITICAL, action="Look.")


started = Counter("workers_started_total", "Started workers.", labels=[pool])
rows = Counter("rows_total", "Rows.", labels=[pool, task])
faults = Counter("faults_total", "Faults.", labels=[pool, how, Fault.label])
startup = Histogram("startup_seconds", "Time to start.", labels=[pool], buckets=[0.1, 1])
size = Gauge("queue_size", "Waiting tasks.", labels=[pool])
sessions = Gauge("sessions", "Open sessions.")

spec = Spec(
    "pool",
    owner="web",
    error_codes=Fault,
    events=[
        Event(
            "worker.started",
            'A worker "runs".',
            measurements=["duration_ms", "queue_size"],
            metadata=[pool, "worker_id"],
            sampling=0.5,
            updates=[Count(started), Observe(startup, "duration_ms"), SetTo(size, "queue_size")],
        ),
        Event(
            "worker.crashed",
            "A worker died.",
            metadata=[pool, how, "exit_code", "class_name"],
            error=True,
            updates=[Count(faults, labels={"code": "timeout"})],
        ),
        Event(
            "batch",
            measurements={"rows": "", "from": "ms"},
            metadata=[pool, "job", "name_of_job", "exception"],
            rate_limit=2.5,
            sensitive=["job"],
            updates=[Count(rows, amount="rows", labels={"task": "a \"b\""}), Count(rows, fields={"task": "name_of_job"})],
        ),
        Event("session.opened", updates=[Add(sessions)]),
        Event("session.closed", level="debug", updates=[Add(sessions, amount=-1)]),
        Event("metrics", metadata=[Fault.label]),
    ],
    health_checks=[
        HealthCheck("workers", "Available workers.", warning=2, failing=1, worse="below", reason="no_workers"),
        HealthCheck("error_rate", warning=0.1, probes=[]),
        HealthCheck("database", "It answers.", probes=["live", "startup"], timeout="250ms"),
    ],
    health=Health(cache="2s", disabled=["detailed"]),
    logging=Logging("debug", sensitive=["iban"], max_length=200, service="pool-service", quiet=["httpx"]),
)
