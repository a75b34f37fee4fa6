"""Snakepit's observability, declared once. Snakepit is a pool of Python worker processes that execute commands.

From top to bottom: words (labels), what to do (runbooks), what goes wrong (codes), what is counted (metrics), what
happens (events), what is health, what is derived (rules), what is promised (SLOs), whom to wake (alerts), what to look
at (dashboards), where it runs. Ratios are 0-1, times of metrics are seconds, times of events are milliseconds.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from promspec import (
    SLO,
    Add,
    Alert,
    Availability,
    BarGauge,
    Code,
    Count,
    Counter,
    Dashboard,
    Deployment,
    Email,
    ErrorCodes,
    Escalation,
    Event,
    Gauge,
    GaugePanel,
    Health,
    HealthCheck,
    Heatmap,
    Histogram,
    Label,
    Latency,
    Logging,
    Observe,
    Operation,
    PagerDuty,
    Query,
    Receiver,
    RecordingRule,
    Route,
    Routing,
    Row,
    Runbook,
    Severity,
    Slack,
    Smtp,
    Spec,
    Stage,
    Stat,
    Table,
    TimeSeries,
)

NAME = "snakepit"
JOB = "snakepit"
PORT = 8100
DOCUMENTATION = "https://docs.example.com/snakepit"
TEAM = "snakepit"

OVERVIEW = "Pool Overview"
WORKERS = "Workers and Queue"
SLO_TRACKING = "SLO Tracking"


# ---------------------------------------------------------------------------------------------------------------------
# Labels. Worker ids and session ids are in events and logs, never here.
# ---------------------------------------------------------------------------------------------------------------------

pool_name = Label("pool_name", "The pool.", max_values=8)
command = Label("command", "The command; names come from clients, so what comes beyond counts as one.", max_values=50)
status = Label(
    "status",
    "How the request ended; rejected is the client's own fault.",
    values=["success", "error", "timeout", "saturated", "rejected", "cancelled"],
)
error_type = Label(
    "error_type",
    "How the worker was lost: an error code.",
    values=[
        "worker_exited",
        "worker_killed",
        "worker_out_of_memory",
        "worker_hung",
        "worker_unresponsive",
        "worker_start_failed",
    ],
)
FAILED = ["error", "timeout", "saturated"]


# ---------------------------------------------------------------------------------------------------------------------
# Runbooks. They stand before the metrics they query, so their queries are plain text, checked just as strictly.
# ---------------------------------------------------------------------------------------------------------------------

ESCALATION = [
    Escalation("L1", "On-call engineer", "PagerDuty: Snakepit", "15 min"),
    Escalation("L2", "Snakepit team", "Slack #snakepit", "1 h"),
    Escalation("L3", "Owners of the command", "Slack, by the command's module", "4 h"),
]


def response(look: list[str], narrow: list[str], mitigate: list[str], settle: list[str]) -> list[Stage]:
    """The four stages every incident goes through, by the minute."""
    return [
        Stage("0s", "5m", "Acknowledge and see how bad it is", look),
        Stage("5m", "15m", "Find the cause", narrow),
        Stage("15m", "30m", "Mitigate", mitigate),
        Stage("30m", "1h", "Resolve, verify, or escalate", settle),
    ]


request_errors_runbook = Runbook(
    "request_errors",
    "Requests fail",
    summary="More requests fail than the pool promises, with errors or time-outs.",
    impact="Clients get errors instead of results; the error budget is being spent.",
    detection={
        "What share fails, in which pool?": "pool:snakepit_request_errors:ratio5m",
        "How do they end?": "pool_status:snakepit_requests:rate5m",
        "Which command fails?": (
            'topk(5, sum by (job, command, status) (rate(snakepit_requests_total{status=~"error|timeout"}[5m])))'
        ),
        "Are workers lost as well?": "pool_error_type:snakepit_workers_crashed:increase10m > 0",
    },
    logs=[
        "grep request.failed snakepit.log | tail -20",
        'grep \'"correlation_id": "ID"\' snakepit.log    # one request, over all processes',
    ],
    stages=response(
        ["Open Pool Overview: one command, one pool, or everything?", "Announce it in #incidents if users see it."],
        [
            "One command: read the traceback in its `request.failed` lines.",
            "Everything: look for crashes on Workers and Queue, then for a deployment.",
        ],
        ["Roll the deployment back if it did it.", "Stop sending the failing command if one command did it."],
        ["Watch the error ratio stay below 1 % for 15 minutes.", "Give the exception a code of its own in the spec."],
    ),
    causes=["A command was released with a fault", "A dependency of a command is down", "Workers are lost"],
    fixes={
        "Faulty command": "Roll back, then reproduce with `python -m service.snakepit --demo-seconds 30`.",
        "Lost workers": "Go on with the runbook worker_crashes.",
    },
    prevention=["Canary deployments watched for an hour", "A test for each command with real arguments"],
    escalation=ESCALATION,
)

slow_requests_runbook = Runbook(
    "slow_requests",
    "Requests are slow or time out",
    summary="Requests take longer than promised, in the queue or in the worker.",
    impact="Clients wait; a request over its time-out costs a worker, which is killed and replaced.",
    detection={
        "How slow, in which pool?": "pool:snakepit_request_duration_seconds:p95_5m",
        "How much of it is waiting?": "pool:snakepit_queue_wait_seconds:p95_5m",
        "Which command is slow?": (
            "topk(5, histogram_quantile(0.95, "
            "sum by (command, le) (rate(snakepit_request_duration_seconds_bucket[5m]))) >= 0)"
        ),
        "How many time out?": 'sum by (job, pool_name, command) (rate(snakepit_requests_total{status="timeout"}[5m]))',
    },
    logs=["grep request.timeout snakepit.log | tail -20", "grep worker_hung snakepit.log | tail"],
    stages=response(
        ["Is it waiting or executing? Compare queue wait with duration."],
        ["Waiting: go on with the runbook pool_capacity.", "Executing: which command, since when, with which input?"],
        ["Add workers if the processors have room.", "Give the slow command a pool of its own."],
        ["Watch the 95th percentile fall below 1 s.", "Agree on a time-out for the command with its owners."],
    ),
    causes=[
        "A command hangs on a dependency without a time-out",
        "Inputs have grown",
        "Processors are shared too much",
    ],
    fixes={"Hanging dependency": "Give the call inside the command a time-out below the pool's."},
    prevention=["Time-outs for every call that a command makes", "Load tests with the largest input"],
    escalation=ESCALATION,
)

pool_capacity_runbook = Runbook(
    "pool_capacity",
    "The pool has no capacity left",
    summary="No worker is free, the queue grows, or requests are refused because it is full.",
    impact="Requests wait, then are refused with PoolSaturated; without any worker nothing is done at all.",
    detection={
        "How busy are the workers?": "pool:snakepit_worker_utilisation:ratio",
        "How many workers are free?": "sum by (job, pool_name) (snakepit_pool_available_workers)",
        "How long is the queue?": "sum by (job, pool_name) (snakepit_pool_queue_size)",
        "How many requests are refused?": 'pool_status:snakepit_requests:rate5m{status="saturated"}',
        "Did the traffic grow?": "pool:snakepit_requests:rate5m",
    },
    logs=["grep pool.saturated snakepit.log | tail", "curl -s http://localhost:8100/health/detailed"],
    stages=response(
        ["Are there workers at all? None: it is an outage.", "Which pool, since when?"],
        [
            "No workers: read the `worker.crashed` lines; go on with the runbook worker_crashes.",
            "All busy: more traffic, or slower commands? Compare rate and duration with yesterday.",
        ],
        ["Start another instance, or raise SNAKEPIT_POOL_SIZE and restart.", "Slow down the client that sends most."],
        ["Watch the queue run empty.", "Size the pool for the rate times the mean duration, plus a third."],
    ),
    causes=["Traffic grew", "Commands got slower", "Workers crash faster than they start", "Sessions share one worker"],
    fixes={"Sessions on one worker": "Sessions are bound to a worker: shorten their time to live."},
    prevention=["An alert on utilisation before saturation", "Capacity reviewed each quarter"],
    escalation=ESCALATION,
)

worker_crashes_runbook = Runbook(
    "worker_crashes",
    "Workers crash",
    summary="Worker processes end without being told to; each takes its running request and its sessions with it.",
    impact="A request is lost for each crash, sessions start anew, capacity is missing until the next start.",
    detection={
        "How many, and how?": "pool_error_type:snakepit_workers_crashed:increase10m > 0",
        "Are they replaced?": "sum by (job, pool_name) (increase(snakepit_workers_started_total[10m]))",
        "How long does a start take?": "pool:snakepit_worker_startup_duration_seconds:p95_1h",
        "Who is left?": "sum by (job, pool_name) (snakepit_pool_available_workers + snakepit_pool_busy_workers)",
    },
    logs=["grep worker.crashed snakepit.log | tail -20", "journalctl -k | grep -i 'out of memory'"],
    stages=response(
        ["Is there still a worker in every pool?", "Which error_type leads?"],
        [
            "worker_killed: who sent the signal? The kernel's log names the out-of-memory killer.",
            "worker_exited: a command ended the process; the log line names it and its correlation id.",
            "worker_unresponsive: the process is frozen or holds the interpreter's lock.",
            "worker_start_failed: an import fails, or the machine is too slow; read standard error.",
        ],
        ["Stop sending the command that does it.", "Lower SNAKEPIT_RECYCLE_AFTER if memory leaks slowly."],
        ["Watch for ten minutes without a crash.", "File the command, its arguments and the exit code."],
    ),
    causes=["A native library crashes", "A command leaks memory", "A command calls exit", "The machine is overloaded"],
    fixes={
        "Leak": "Lower SNAKEPIT_RECYCLE_AFTER, set SNAKEPIT_MEMORY_MB, then find the leak.",
        "Native crash": "Pin the library's last good version.",
    },
    prevention=["A memory limit for workers", "Recycling after a bounded number of requests"],
    escalation=ESCALATION,
)

sessions_runbook = Runbook(
    "sessions",
    "Sessions pile up",
    summary="More and more sessions are open; they are neither used nor expire.",
    impact="Each holds memory in its worker and binds its requests to it.",
    detection={
        "How many are there?": "sum by (job) (snakepit_sessions_active)",
        "How fast do they grow?": "sum by (job) (deriv(snakepit_sessions_active[30m]))",
    },
    logs=["grep session.cleanup snakepit.log | tail", "grep session.created snakepit.log | tail"],
    stages=response(
        ["Does the number fall at all?"],
        ["Are there `session.cleanup` lines? Without them the supervisor hangs.", "Which client opens them?"],
        ["Lower SNAKEPIT_SESSION_TTL and restart.", "Ask the client to reuse its sessions."],
        ["Watch the number fall."],
    ),
    causes=["A client makes a session for each request", "The time to live is too long"],
    fixes={"Client": "Use one session for each user, or none."},
    prevention=["Name the time to live in the client's manual"],
    escalation=ESCALATION,
)

slo_burn_runbook = Runbook(
    "slo_burn",
    "The error budget is being spent too fast",
    summary="Failed or slow requests would use up the 30 days' budget long before the 30 days are over.",
    impact="The promise to clients breaks unless the trend is stopped; releases stop when the budget is spent.",
    detection={
        "How much is left of each budget?": f'slo:error_budget_remaining:ratio{{spec="{NAME}"}}',
        "How fast is it spent now?": f'slo:error_ratio:rate1h{{spec="{NAME}"}}',
        "Since when?": f'slo:error_ratio:rate6h{{spec="{NAME}"}}',
        "How do requests end?": "pool_status:snakepit_requests:rate5m",
    },
    logs=["grep request.failed snakepit.log | tail -20", "grep request.timeout snakepit.log | tail -20"],
    stages=response(
        [
            "Read the tier: page-fast is an outage, ticket-slow is a slow leak.",
            "Open SLO Tracking: which SLO and pool?",
        ],
        [
            "Availability: go on with request_errors, pool_capacity or worker_crashes.",
            "Latency: go on with slow_requests.",
        ],
        ["Stop the largest contributor, even by a workaround.", "Freeze releases of the affected part."],
        ["Watch the error ratio over 5 minutes fall below the objective.", "Spent budget: only fixes are released."],
    ),
    causes=["A bad release", "Missing capacity", "An objective nobody can keep"],
    fixes={"Slow leak": "Open a ticket with the leading command, and fix it within the sprint."},
    prevention=["Error budget policy agreed with the clients", "Review of the objectives each quarter"],
    escalation=ESCALATION,
)

metrics_absent_runbook = Runbook(
    "metrics_absent",
    "No metrics arrive",
    summary="Prometheus scrapes no instance of Snakepit, or what it scrapes is not Snakepit.",
    impact="Every other alert is blind; the pools may be down.",
    detection={
        "Which instances are up?": f'up{{job="{JOB}"}}',
        "Which versions of this spec run?": f'count by (version, digest) (promspec_info{{spec="{NAME}"}})',
        "How long do scrapes take?": f'scrape_duration_seconds{{job="{JOB}"}}',
    },
    logs=[f"curl -s http://localhost:{PORT}/metrics | head", "kubectl get pods -n snakepit"],
    stages=response(
        [f"Is it up? `curl -s http://localhost:{PORT}/health`.", "If not, it is an outage: call all hands."],
        [
            "Up, but not scraped: open Prometheus, Status, Targets, and read the error.",
            "Scraped, but no `promspec_info`: the port answers for something else.",
        ],
        ["Restart the pods, or undo the latest deployment.", "Mend job name, port or network policy."],
        ["Check that all targets are up.", "Read what other alerts missed in the meantime."],
    ),
    causes=["Snakepit is down", "Discovery, port or network policy changed", "Scrapes run into their timeout"],
    fixes={"Timeout": "Look for a label with too many values.", "Renamed job": f"The rules expect `{JOB}`."},
    prevention=["`promspec self-check` after each deployment"],
    escalation=ESCALATION,
)

telemetry_runbook = Runbook(
    "telemetry",
    "The telemetry loses something",
    summary="A call of the instrumentation was dropped, or a label has more values than it may.",
    impact="Requests are not touched; numbers, events or logs are incomplete.",
    detection={
        "What kind of call is lost?": f'sum by (kind) (increase(promspec_telemetry_errors_total{{job="{JOB}"}}[1h]))',
        "Which label overflows?": (
            f'sum by (metric, label) (increase(promspec_label_overflows_total{{job="{JOB}"}}[1h])) > 0'
        ),
    },
    logs=["grep promspec snakepit.log | tail"],
    stages=response(
        ["Which kind, since when?"],
        ["A label overflows: which command names do clients send?", "Else: the latest change of the instrumentation."],
        ["Nothing burns: open a ticket."],
        ["Raise max_values in the spec, or stop the client that invents command names."],
    ),
    causes=[
        "A client makes up command names",
        "A change passes wrong values to a metric",
        "A consumer of events raises",
    ],
    fixes={"Invented names": "They count as `__other__` until the process restarts."},
    prevention=["`mypy --strict` over what uses the generated package"],
    escalation=ESCALATION,
)

RUNBOOKS = [
    *(request_errors_runbook, slow_requests_runbook, pool_capacity_runbook, worker_crashes_runbook),
    *(sessions_runbook, slo_burn_runbook, metrics_absent_runbook, telemetry_runbook),
]


# ---------------------------------------------------------------------------------------------------------------------
# Error codes: system, worker, request and configuration errors
# ---------------------------------------------------------------------------------------------------------------------

ERRORS = "service.snakepit.errors"


class ErrorCode(ErrorCodes):
    """What can go wrong. The most specific exception class wins."""

    # System
    RESOURCE_EXHAUSTED = Code(
        "resource_exhausted",
        severity=Severity.CRITICAL,
        action="Add memory, processes or file handles to the machine, at once.",
        help="The supervising process ran out of memory, processes or handles.",
        exceptions=["builtins.MemoryError", "builtins.BlockingIOError"],
        runbook=pool_capacity_runbook,
    )
    POOL_CLOSED = Code(
        "pool_closed",
        severity=Severity.INFO,
        action="Send to another instance; this one is shutting down.",
        help="The pool is shutting down and takes no more work.",
        exceptions=[f"{ERRORS}.PoolClosed"],
        runbook=pool_capacity_runbook,
    )

    # Worker
    WORKER_EXITED = Code(
        "worker_exited",
        severity=Severity.WARNING,
        action="Find the command that ends its process.",
        help="A worker process ended by itself.",
        exceptions=[f"{ERRORS}.WorkerExited"],
        runbook=worker_crashes_runbook,
    )
    WORKER_KILLED = Code(
        "worker_killed",
        severity=Severity.WARNING,
        action="Find out who sent the signal; the kernel's log names the out-of-memory killer.",
        help="A signal ended a worker process.",
        exceptions=[f"{ERRORS}.WorkerKilled"],
        runbook=worker_crashes_runbook,
    )
    WORKER_OUT_OF_MEMORY = Code(
        "worker_out_of_memory",
        severity=Severity.CRITICAL,
        action="Find the command that leaks; lower SNAKEPIT_RECYCLE_AFTER meanwhile.",
        help="A worker reached its memory limit.",
        exceptions=[f"{ERRORS}.WorkerOutOfMemory"],
        runbook=worker_crashes_runbook,
    )
    WORKER_HUNG = Code(
        "worker_hung",
        severity=Severity.WARNING,
        action="Give what the command waits for a time-out of its own.",
        help="A worker was killed because its request ran over its time-out.",
        exceptions=[f"{ERRORS}.WorkerHung"],
        runbook=slow_requests_runbook,
    )
    WORKER_UNRESPONSIVE = Code(
        "worker_unresponsive",
        severity=Severity.WARNING,
        action="Find the command that freezes the process or holds the interpreter's lock.",
        help="A worker was killed because its heartbeats stayed away.",
        exceptions=[f"{ERRORS}.WorkerUnresponsive"],
        runbook=worker_crashes_runbook,
    )
    WORKER_START_FAILED = Code(
        "worker_start_failed",
        severity=Severity.CRITICAL,
        action="Read the worker's standard error: an import fails, or the start takes too long.",
        help="A worker did not become ready.",
        exceptions=[f"{ERRORS}.WorkerStartFailed"],
        runbook=worker_crashes_runbook,
    )

    # Request
    REQUEST_TIMEOUT = Code(
        "request_timeout",
        severity=Severity.WARNING,
        action="Compare the time-out with the command's usual duration and the queue.",
        help="A request took longer than its time-out, waiting or executing.",
        exceptions=[f"{ERRORS}.RequestTimeout", "builtins.TimeoutError"],
        runbook=slow_requests_runbook,
    )
    POOL_SATURATED = Code(
        "pool_saturated",
        severity=Severity.WARNING,
        action="Add workers, or slow down the clients.",
        help="The queue is full; the request was refused at once.",
        exceptions=[f"{ERRORS}.PoolSaturated"],
        runbook=pool_capacity_runbook,
    )
    COMMAND_FAILED = Code(
        "command_failed",
        severity=Severity.WARNING,
        action="Read the worker's traceback; hand it to the command's owners.",
        help="The command raised an exception; the worker is well.",
        exceptions=[f"{ERRORS}.CommandFailed"],
        runbook=request_errors_runbook,
    )
    INVALID_REQUEST = Code(
        "invalid_request",
        severity=Severity.INFO,
        action="None by us: tell the client what to send.",
        help="The command does not exist, or its arguments cannot be used.",
        exceptions=[f"{ERRORS}.InvalidRequest"],
        spends_budget=False,
        runbook=request_errors_runbook,
    )

    # Configuration
    CONFIGURATION_ERROR = Code(
        "configuration_error",
        severity=Severity.WARNING,
        action="Mend the setting that the message names.",
        help="A setting has a value the service cannot run with.",
        exceptions=[f"{ERRORS}.ConfigurationError"],
        runbook=request_errors_runbook,
    )

    INTERNAL_ERROR = Code(
        "internal_error",
        severity=Severity.WARNING,
        action="Read the log by correlation id, then give the exception a code of its own.",
        help="Anything else.",
        runbook=request_errors_runbook,
    )


# ---------------------------------------------------------------------------------------------------------------------
# Metrics
# ---------------------------------------------------------------------------------------------------------------------

REQUEST_SECONDS = [0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5, 10]
STARTUP_SECONDS = [0.1, 0.5, 1, 2, 5, 10, 30]

requests = Counter("snakepit_requests_total", "Finished requests, by outcome.", labels=[pool_name, command, status])
workers_started = Counter("snakepit_workers_started_total", "Worker processes that became ready.", labels=[pool_name])
workers_crashed = Counter(
    "snakepit_workers_crashed_total", "Worker processes that were lost.", labels=[pool_name, error_type]
)
available_workers = Gauge(
    "snakepit_pool_available_workers", "Workers that are ready and have nothing to do.", labels=[pool_name]
)
busy_workers = Gauge("snakepit_pool_busy_workers", "Workers that execute a request.", labels=[pool_name])
queue_size = Gauge("snakepit_pool_queue_size", "Requests that wait for a worker.", labels=[pool_name])
sessions_active = Gauge("snakepit_sessions_active", "Sessions that are open, in all pools.")
request_duration = Histogram(
    "snakepit_request_duration_seconds",
    "Time from a request's arrival to its answer, the queue included.",
    labels=[pool_name, command],
    buckets=REQUEST_SECONDS,
)
queue_wait = Histogram(
    "snakepit_queue_wait_seconds",
    "Time that a request waited for a worker.",
    labels=[pool_name],
    buckets=REQUEST_SECONDS,
)
worker_startup = Histogram(
    "snakepit_worker_startup_duration_seconds",
    "Time from the start of a worker process until it was ready.",
    labels=[pool_name],
    buckets=STARTUP_SECONDS,
)

METRICS: list[Counter | Gauge | Histogram] = [
    *(requests, workers_started, workers_crashed),
    *(available_workers, busy_workers, queue_size, sessions_active),
    *(request_duration, queue_wait, worker_startup),
]

request = Operation("request", "Execute one command for a client.", requests=requests, duration=request_duration)


# ---------------------------------------------------------------------------------------------------------------------
# Events: what happens. Errors are never sampled out; metrics count every event, sampled or not.
# ---------------------------------------------------------------------------------------------------------------------

about_request: list[Label | str] = ["request_id", command, pool_name, "worker_id"]
about_worker: list[Label | str] = [pool_name, "worker_id", "pid"]
about_session: list[Label | str] = [pool_name, "session_id", "worker_id"]

EVENTS = [
    Event(
        "pool.started",
        "All workers of a pool are ready for the first time.",
        measurements={"workers": "", "duration_ms": "ms"},
        metadata=[pool_name],
    ),
    Event(
        "pool.saturated",
        "A request was refused because the queue is full.",
        measurements={"queue_size": "", "max_queue_size": ""},
        metadata=[pool_name, command],
        level="warning",
        rate_limit=10,
    ),
    Event(
        "worker.started",
        "A worker process is ready for requests.",
        measurements={"duration_ms": "ms"},
        metadata=about_worker,
        updates=[Count(workers_started), Observe(worker_startup, "duration_ms")],
    ),
    Event(
        "worker.crashed",
        "A worker process was lost; with it the request it executed, if there was one.",
        measurements={"uptime_seconds": "seconds", "requests_served": ""},
        metadata=[*about_worker, error_type, "exit_code", "signal", "memory_mb", "request_id", "command"],
        error=True,
        updates=[Count(workers_crashed)],
    ),
    Event(
        "worker.recycled",
        "A worker process was replaced as planned, after so many requests.",
        measurements={"uptime_seconds": "seconds", "requests_served": ""},
        metadata=about_worker,
    ),
    Event(
        "request.started",
        "A worker begins to execute a request.",
        measurements={"queue_time_ms": "ms"},
        metadata=about_request,
        level="debug",
        sampling=0.2,
        updates=[Observe(queue_wait, "queue_time_ms")],
    ),
    Event(
        "request.completed",
        "A request was answered with a result.",
        measurements={"duration_ms": "ms", "queue_time_ms": "ms"},
        metadata=[*about_request, "success"],
        sampling=0.2,
    ),
    Event(
        "request.failed",
        "A request was answered with an error.",
        measurements={"duration_ms": "ms", "queue_time_ms": "ms"},
        metadata=[
            *(*about_request, "success", "error_code", "error_type", "error_message", "traceback"),
            *("memory_mb", "uptime_seconds"),  # of the worker
        ],
        error=True,
    ),
    Event(
        "request.timeout",
        "A request took longer than its time-out; a worker that executed it was killed.",
        measurements={"duration_ms": "ms", "timeout_ms": "ms"},
        metadata=[*about_request, "stage"],
        error=True,
    ),
    Event(
        "session.created",
        "The first request of a session bound it to a worker.",
        metadata=about_session,
        sensitive=["session_id"],
        updates=[Add(sessions_active)],
    ),
    Event(
        "session.expired",
        "A session ended: it was not used, or its worker is gone.",
        measurements={"age_seconds": "seconds"},
        metadata=[*about_session, "reason"],
        sensitive=["session_id"],
        updates=[Add(sessions_active, amount=-1)],
    ),
    Event(
        "session.cleanup",
        "Sessions that nobody used were looked for.",
        measurements={"count": "", "duration_ms": "ms"},
        metadata=[pool_name],
        level="debug",
    ),
    Event(
        "heartbeat.missed",
        "A worker has not been heard of for too long; it is killed.",
        measurements={"silence_ms": "ms"},
        metadata=about_worker,
        level="warning",
        rate_limit=10,
    ),
    Event(
        "health.changed",
        "The health of the service is another than before.",
        metadata=["status", "previous", "message"],
        level="warning",
    ),
]


# ---------------------------------------------------------------------------------------------------------------------
# Health: each check judges every pool; it is an error only if it is for all of them
# ---------------------------------------------------------------------------------------------------------------------

HEALTH_CHECKS = [
    HealthCheck(
        "worker_availability",
        "Workers that are ready, idle or busy.",
        warning=1,
        failing=1,
        worse="below",
        probes=["ready"],
        reason="no_available_workers",
    ),
    HealthCheck(
        "error_rate", "Failed share of the latest requests.", warning=0.1, worse="above", probes=[], timeout="1s"
    ),
    HealthCheck("queue_depth", "Requests that wait for a worker.", warning=1000, worse="above", probes=[]),
    HealthCheck(
        "response_time", "Mean time of the latest requests, in milliseconds.", warning=5000, worse="above", probes=[]
    ),
]

health = Health(cache="1s")
logging = Logging(
    "info", sensitive=["passphrase", "session_id"], service=NAME, quiet=["uvicorn.error", "uvicorn.access"]
)


# ---------------------------------------------------------------------------------------------------------------------
# Recording rules: every one keeps `job` and the pool, every one has a finite value with and without traffic
# ---------------------------------------------------------------------------------------------------------------------


def per_second(counted: object, by: str = "job, pool_name", window: str = "5m") -> str:
    """Events per second, summed to these labels."""
    return f"sum by ({by}) (rate({counted}[{window}]))"


def ratio(part: object, whole: object) -> str:
    """A part of a whole, each a name or an aggregation: 0 while there is nothing, never NaN."""
    return f"({part} / ({whole} > 0)) or 0 * {whole}"


def quantile(q: float, histogram: Histogram, by: str = "job, pool_name", window: str = "5m") -> str:
    """The quantile of a histogram; 0 while nothing is observed (a comparison drops the NaN)."""
    buckets = f"sum by ({by}, le) (rate({histogram.bucket}[{window}]))"
    return f"histogram_quantile({q}, {buckets}) >= 0 or 0 * {per_second(histogram.count, by, window)}"


def recorded_quantile(q: float, buckets: RecordingRule, by: str = "job, pool_name") -> str:
    """The same of buckets whose rates are recorded, so that several quantiles read the scraped ones once."""
    return f'histogram_quantile({q}, sum by ({by}, le) ({buckets})) >= 0 or 0 * sum by ({by}) ({buckets}{{le="+Inf"}})'


def of_pool(gauge: Gauge) -> str:
    """A gauge over all instances, by pool."""
    return f"sum by (job, pool_name) ({gauge})"


request_rule = partial(RecordingRule, group="snakepit_requests", interval="30s")
worker_rule = partial(RecordingRule, group="snakepit_workers", interval="30s")
startup_rule = partial(RecordingRule, group="snakepit_starts", interval="2m")
slo_rule = partial(RecordingRule, group="snakepit_slo", interval="1m", unit="ratio", labels={"job": JOB})

requests_rate_by_status = request_rule(
    "pool_status:snakepit_requests:rate5m",
    per_second(requests, "job, pool_name, status"),
    help="Finished requests by outcome.",
    unit="events per second",
)


def ended(statuses: str = "") -> str:
    """Finished requests of each pool per second; `statuses` is a condition on their outcome."""
    return f"sum by (job, pool_name) ({requests_rate_by_status}{statuses})"


requests_rate = request_rule(
    "pool:snakepit_requests:rate5m",
    ended(),
    help="Finished requests, whatever their outcome.",
    unit="events per second",
)
errors_rate = request_rule(
    "pool:snakepit_request_errors:rate5m",
    ended(f'{{status=~"{"|".join(FAILED)}"}}'),
    help="Requests that failed by our fault: errors, time-outs, refusals by a full queue.",
    unit="events per second",
)
error_ratio = request_rule(
    "pool:snakepit_request_errors:ratio5m",
    ratio(errors_rate, requests_rate),
    help="Failed share of the requests; 0 while idle.",
    unit="ratio",
)
timeout_ratio = request_rule(
    "pool:snakepit_request_timeouts:ratio5m",
    ratio(ended('{status="timeout"}'), requests_rate),
    help="Share of the requests that ran over their time-out; 0 while idle.",
    unit="ratio",
)
duration_buckets = request_rule(
    "pool_le:snakepit_request_duration_seconds_bucket:rate5m",
    per_second(request_duration.bucket, "job, pool_name, le"),
    help="Requests by how long they took at most.",
    unit="events per second",
)
duration_rules = [
    request_rule(
        f"pool:snakepit_request_duration_seconds:p{percent}_5m",
        recorded_quantile(percent / 100, duration_buckets),
        help=f"The time within which {percent} % of the requests are answered; 0 while idle.",
        unit="seconds",
    )
    for percent in (50, 95, 99)
]
duration_p50, duration_p95, duration_p99 = duration_rules
queue_wait_p95 = request_rule(
    "pool:snakepit_queue_wait_seconds:p95_5m",
    quantile(0.95, queue_wait),
    help="The time within which 95 % of the requests get a worker; 0 while idle.",
    unit="seconds",
)
workers_total = worker_rule(
    "pool:snakepit_workers:sum",
    f"{of_pool(available_workers)} + {of_pool(busy_workers)}",
    help="Workers that are ready, idle or busy.",
    unit="workers",
)
utilisation = worker_rule(
    "pool:snakepit_worker_utilisation:ratio",
    ratio(of_pool(busy_workers), workers_total),
    help="Busy share of the workers; 0 without any.",
    unit="ratio",
)
crashes = worker_rule(
    "pool_error_type:snakepit_workers_crashed:increase10m",
    f"sum by (job, pool_name, error_type) (increase({workers_crashed}[10m]))",
    help="Workers lost within ten minutes, by how.",
    unit="workers",
)
startup_p95 = startup_rule(
    "pool:snakepit_worker_startup_duration_seconds:p95_1h",
    quantile(0.95, worker_startup, window="1h"),
    help="The time within which 95 % of the workers of the last hour became ready; 0 if none started.",
    unit="seconds",
)


# ---------------------------------------------------------------------------------------------------------------------
# SLOs: what is promised
# ---------------------------------------------------------------------------------------------------------------------

availability = SLO(
    "requests-availability",
    Availability(requests=requests, errors=requests.where(status=FAILED)),
    objective=99.5,
    window="30d",
    group_by=[pool_name],
    traffic="5/s",
    description="Requests are answered: no error, no time-out, no refusal, in each pool.",
    runbook=slo_burn_runbook,
    dashboard=SLO_TRACKING,
    team=TEAM,
)
latency = SLO(
    "requests-latency",
    Latency(request_duration, below=1),
    objective=99,
    window="30d",
    traffic="5/s",
    description="Requests are answered within 1 s, the queue included.",
    runbook=slo_burn_runbook,
    dashboard=SLO_TRACKING,
    team=TEAM,
)
SLOS = [availability, latency]

budget_remaining = slo_rule(
    "slo:snakepit_error_budget_remaining:min",
    f'min by (slo) (slo:error_budget_remaining:ratio{{spec="{NAME}"}})',
    help="What is left of each SLO's budget of 30 days, in the worst pool: 1 is untouched, 0 is spent.",
)

RECORDING_RULES = [
    *(requests_rate_by_status, requests_rate, errors_rate, error_ratio, timeout_ratio),
    *(duration_buckets, *duration_rules, queue_wait_p95),
    *(workers_total, utilisation, crashes, startup_p95),
    budget_remaining,
]


# ---------------------------------------------------------------------------------------------------------------------
# Alerts: critical wakes a person, warning is a message, info can wait for the next day
# ---------------------------------------------------------------------------------------------------------------------

SOME_TRAFFIC = 0.05
"""Requests per second from which on a ratio is judged: three a minute."""

request_alert = partial(Alert, component="requests", team=TEAM, dashboard=OVERVIEW)
worker_alert = partial(Alert, component="workers", team=TEAM, dashboard=WORKERS)
telemetry_alert = partial(Alert, component="telemetry", team=TEAM, dashboard=OVERVIEW)


def lost(minutes: int, *types: str) -> str:
    """How many workers were lost in these ways within these minutes."""
    return f"sum by (job, pool_name) (increase({workers_crashed.where(error_type=list(types))}[{minutes}m]))"


def lost_one(minutes: int, error_type: str) -> str:
    """Whether a worker was lost in this way; of a pool that is new, its first value is its first loss."""
    counter = workers_crashed.where(error_type=error_type)
    new = f"{counter} unless {counter} offset {minutes}m"
    return f"sum by (job, pool_name) (increase({counter}[{minutes}m]) > 0 or ({new})) > 0"


ALERTS = [
    request_alert(
        "SnakepitRequestErrors",
        f"{error_ratio} > 0.1 and {requests_rate} > {SOME_TRAFFIC}",
        for_="5m",
        severity=Severity.CRITICAL,
        summary="More than 10 % of the requests of a pool fail.",
        description="{{ $value | humanizePercentage }} of the requests of the pool {{ $labels.pool_name }} fail.",
        runbook=request_errors_runbook,
    ),
    request_alert(
        "SnakepitRequestTimeouts",
        f"{timeout_ratio} > 0.05 and {requests_rate} > {SOME_TRAFFIC}",
        for_="10m",
        severity=Severity.WARNING,
        summary="Requests run over their time-out.",
        description="{{ $value | humanizePercentage }} of the requests of the pool {{ $labels.pool_name }} time out.",
        runbook=slow_requests_runbook,
    ),
    request_alert(
        "SnakepitRequestsSlow",
        f"{duration_p95} > 5 and {requests_rate} > {SOME_TRAFFIC}",
        for_="10m",
        severity=Severity.WARNING,
        summary="Requests are slow.",
        description="5 % of the requests of {{ $labels.pool_name }} take longer than {{ $value | humanizeDuration }}.",
        runbook=slow_requests_runbook,
    ),
    request_alert(
        "SnakepitQueueWaitLong",
        f"{queue_wait_p95} > 1 and {requests_rate} > {SOME_TRAFFIC}",
        for_="10m",
        severity=Severity.WARNING,
        summary="Requests wait long for a worker.",
        description="5 % of the requests of {{ $labels.pool_name }} wait longer than {{ $value | humanizeDuration }}.",
        runbook=pool_capacity_runbook,
        dashboard=WORKERS,
    ),
    worker_alert(
        "SnakepitNoWorkers",
        f"{workers_total} == 0",
        for_="1m",
        severity=Severity.CRITICAL,
        summary="A pool has no worker.",
        description="The pool {{ $labels.pool_name }} of {{ $labels.job }} has no worker; nothing is done.",
        runbook=pool_capacity_runbook,
    ),
    worker_alert(
        "SnakepitPoolSaturated",
        f'{requests_rate_by_status.name}{{status="saturated"}} > 0',
        for_="5m",
        severity=Severity.CRITICAL,
        summary="A pool refuses requests because its queue is full.",
        description="The pool {{ $labels.pool_name }} refuses {{ $value | humanize }} requests per second.",
        runbook=pool_capacity_runbook,
    ),
    worker_alert(
        "SnakepitQueueLong",
        f"max by (job, pool_name) ({queue_size}) > 1000",
        for_="5m",
        severity=Severity.WARNING,
        summary="The queue of a pool is long.",
        description="{{ $value | humanize }} requests wait for a worker of the pool {{ $labels.pool_name }}.",
        runbook=pool_capacity_runbook,
    ),
    worker_alert(
        "SnakepitWorkersBusy",
        f"{utilisation} > 0.95",
        for_="15m",
        severity=Severity.WARNING,
        summary="Nearly all workers of a pool are busy.",
        description="{{ $value | humanizePercentage }} of the workers of {{ $labels.pool_name }} are busy.",
        runbook=pool_capacity_runbook,
    ),
    worker_alert(
        "SnakepitWorkersCrashing",
        f"{crashes} > 3",
        for_="0m",  # ten minutes of crashes are counted already
        severity=Severity.WARNING,
        summary="Workers are lost again and again.",
        description="{{ $value | humanize }} of {{ $labels.pool_name }} in ten minutes: {{ $labels.error_type }}.",
        runbook=worker_crashes_runbook,
    ),
    worker_alert(
        "SnakepitWorkerOutOfMemory",
        lost_one(10, "worker_out_of_memory"),
        severity=Severity.CRITICAL,
        summary="A worker reached its memory limit.",
        description="{{ $value | humanize }} workers of {{ $labels.pool_name }} ran out of memory in ten minutes.",
        runbook=worker_crashes_runbook,
    ),
    worker_alert(
        "SnakepitWorkersUnresponsive",
        f"{lost(15, 'worker_hung', 'worker_unresponsive')} > 2",
        severity=Severity.WARNING,
        summary="Workers hang and are killed.",
        description="{{ $value | humanize }} workers of {{ $labels.pool_name }} were killed in 15 minutes.",
        runbook=slow_requests_runbook,
    ),
    worker_alert(
        "SnakepitWorkersDoNotStart",
        f"{lost(10, 'worker_start_failed')} > 2",
        severity=Severity.CRITICAL,
        summary="Workers do not become ready.",
        description="{{ $value | humanize }} starts of workers of {{ $labels.pool_name }} failed in ten minutes.",
        runbook=worker_crashes_runbook,
    ),
    worker_alert(
        "SnakepitWorkerStartsSlow",
        f"{startup_p95} > 10",
        for_="15m",
        severity=Severity.INFO,
        summary="Workers start slowly.",
        description="Starting a worker of {{ $labels.pool_name }} takes up to {{ $value | humanizeDuration }}.",
        runbook=worker_crashes_runbook,
    ),
    worker_alert(
        "SnakepitSessionsPileUp",
        f"sum by (job) ({sessions_active}) > 1000 and sum by (job) (deriv({sessions_active}[30m])) > 0",
        for_="30m",
        severity=Severity.WARNING,
        summary="Sessions pile up.",
        description="{{ $labels.job }} has {{ $value | humanize }} open sessions, and their number grows.",
        runbook=sessions_runbook,
        component="sessions",
    ),
    telemetry_alert(
        "SnakepitTelemetryLoses",
        f'sum by (job, kind) (increase(promspec_telemetry_errors_total{{job="{JOB}"}}[15m])) > 0',
        for_="15m",
        severity=Severity.INFO,
        summary="Calls of the instrumentation are dropped.",
        description="{{ $labels.job }} dropped {{ $value | humanize }} calls in 15 minutes: {{ $labels.kind }}.",
        runbook=telemetry_runbook,
    ),
    telemetry_alert(
        "SnakepitLabelOverflows",
        f'sum by (job, metric, label) (increase(promspec_label_overflows_total{{job="{JOB}"}}[1h])) > 0',
        for_="15m",
        severity=Severity.INFO,
        summary="A label has more values than it may.",
        description="{{ $labels.metric }} counted {{ $value | humanize }} events an hour without {{ $labels.label }}.",
        runbook=telemetry_runbook,
    ),
]


# ---------------------------------------------------------------------------------------------------------------------
# Dashboards. A legend stands before its query. Recorded series are preferred; raw ones follow the dashboard's zoom.
# ---------------------------------------------------------------------------------------------------------------------

ZOOM = "$__rate_interval"
Colours = Sequence[tuple[float | None, str]]
NEUTRAL: Colours = [(None, "blue")]
GOOD_IS_LOW: Colours = [(None, "green"), (0.05, "orange"), (0.1, "red")]
SECONDS: Colours = [(None, "green"), (1, "orange"), (5, "red")]
BUDGET: Colours = [(None, "red"), (0.2, "orange"), (0.5, "green")]


def of_instances(gauge: object) -> dict[str, str]:
    """The largest of all instances and their mean: a line for each is unreadable in a fleet, and dear."""
    return {"largest": f"max by (job) ({gauge})", "mean": f"avg by (job) ({gauge})"}


def by(label: str, query: object) -> dict[str, str]:
    """A query whose legend is one of its labels."""
    return {f"{{{{{label}}}}}": f"{query}"}


board = partial(Dashboard, tags=[JOB], refresh="30s", since="1h", links={"Runbooks": f"{DOCUMENTATION}/runbooks"})
number = partial(Stat, width=4, height=5, decimals=1, unit="short")
rates = partial(TimeSeries, unit="reqps", min=0)
parts = partial(TimeSeries, unit="reqps", min=0, stacked=True)
shares = partial(TimeSeries, unit="percentunit", min=0, max=1)
times = partial(TimeSeries, unit="s", min=0)
counts = partial(TimeSeries, unit="short", min=0, decimals=0)

budget_left = GaugePanel(
    "Error Budget Remaining",
    "What is left of each SLO's budget of 30 days, in the worst pool: full is untouched, empty is spent.",
    by("slo", budget_remaining),
    unit="percentunit",
    decimals=0,
    min=0,
    max=1,
    thresholds=BUDGET,
    width=8,
    height=5,
)

# Pool Overview

overview_now = Row(
    "Now",
    [
        number(
            "Error Ratio",
            "Failed share of the requests over 5 minutes: errors, time-outs, refusals.",
            by("pool_name", error_ratio),
            unit="percentunit",
            thresholds=GOOD_IS_LOW,
        ),
        number("Requests", "Finished per second.", by("pool_name", requests_rate), unit="reqps", thresholds=NEUTRAL),
        number(
            "Latency p95",
            "The time within which 95 % of the requests are answered.",
            by("pool_name", duration_p95),
            unit="s",
            thresholds=SECONDS,
        ),
        number(
            "Ready Workers",
            "Workers that are ready, idle or busy.",
            by("pool_name", workers_total),
            decimals=0,
            thresholds=[(None, "red"), (1, "green")],
        ),
        budget_left,
    ],
)
overview_requests = Row(
    "Requests",
    [
        parts(
            "Requests by Outcome",
            "Finished requests per second; rejected is the clients' own fault.",
            by("status", f"sum by (status) ({requests_rate_by_status})"),
        ),
        shares(
            "Failed Share",
            "Failed share of each pool's requests; above 10 % for 5 minutes somebody is woken.",
            {"{{pool_name}}": f"{error_ratio}", "{{pool_name}} time-outs": f"{timeout_ratio}"},
            thresholds=[(None, "green"), (0.1, "red")],
        ),
        parts(
            "Requests by Command",
            "The eight commands that are executed most.",
            by("command", f"topk(8, {per_second(requests, 'command', ZOOM)})"),
        ),
        Table(
            "Failing Commands",
            "The ten commands that failed most within the hour.",
            Query(f"topk(10, sum by (command, status) (increase({requests.where(status=FAILED)}[1h])) > 0)", "Failed"),
            columns={"command": "Command", "status": "Outcome"},
            unit="short",
            decimals=0,
        ),
    ],
)
overview_time = Row(
    "Time",
    [
        times(
            "Latency",
            "From a request's arrival to its answer; 1 s is promised to 99 % of them.",
            {
                "{{pool_name}} p50": f"{duration_p50}",
                "{{pool_name}} p95": f"{duration_p95}",
                "{{pool_name}} p99": f"{duration_p99}",
            },
            thresholds=SECONDS,
        ),
        Heatmap(
            "Latency Distribution",
            "How many requests took how long.",
            Query(f"sum by (le) (increase({request_duration.bucket}[{ZOOM}]))", "{{le}}"),
            unit="s",
        ),
        times(
            "Latency p95 by Command",
            "The time within which 95 % of a command's requests are answered; 0 while idle.",
            by("command", quantile(0.95, request_duration, "command", ZOOM)),
        ),
        times(
            "Queue Wait p95",
            "The time within which 95 % of the requests get a worker; 0 while idle.",
            by("pool_name", queue_wait_p95),
        ),
    ],
)
overview = board(
    OVERVIEW,
    [overview_now, overview_requests, overview_time],
    description="Are the pools well, and if not, which command, which outcome?",
    variables=[pool_name, command],
)

# Workers and Queue

workers_now = Row(
    "Now",
    [
        number(
            "Busy Share",
            "Busy share of the ready workers.",
            by("pool_name", utilisation),
            unit="percentunit",
            thresholds=[(None, "green"), (0.8, "orange"), (0.95, "red")],
        ),
        number(
            "Idle Workers",
            "Workers that are ready and have nothing to do.",
            by("pool_name", of_pool(available_workers)),
            decimals=0,
            thresholds=[(None, "red"), (1, "green")],
        ),
        number(
            "Queue",
            "Requests that wait for a worker; above 1,000 there is an alert.",
            by("pool_name", of_pool(queue_size)),
            decimals=0,
            thresholds=[(None, "green"), (100, "orange"), (1000, "red")],
        ),
        number(
            "Refused",
            "Requests refused by a full queue, per second.",
            by("pool_name", f'{requests_rate_by_status}{{status="saturated"}}'),
            unit="reqps",
            thresholds=[(None, "green"), (0.001, "red")],
        ),
        number(
            "Crashes",
            "Workers lost within the hour.",
            by("pool_name", f"sum by (pool_name) (increase({workers_crashed}[1h]))"),
            decimals=0,
            thresholds=[(None, "green"), (1, "orange"), (10, "red")],
        ),
        number("Sessions", "Open sessions.", f"sum by (job) ({sessions_active})", decimals=0, thresholds=NEUTRAL),
    ],
)
workers_capacity = Row(
    "Capacity",
    [
        counts(
            "Workers",
            "Workers by what they do, over all instances.",
            {
                "{{pool_name}} idle": of_pool(available_workers),
                "{{pool_name}} busy": of_pool(busy_workers),
            },
            stacked=True,
        ),
        counts("Queue Size", "Requests that wait for a worker.", by("pool_name", of_pool(queue_size))),
        shares(
            "Utilisation",
            "Busy share of the ready workers; above 95 % for 15 minutes there is an alert.",
            by("pool_name", utilisation),
            thresholds=[(None, "green"), (0.95, "red")],
        ),
        counts("Sessions Open", "Open sessions of the instances.", of_instances(sessions_active), decimals=1),
    ],
)
workers_life = Row(
    "Starts and crashes",
    [
        counts(
            "Workers Lost by Cause",
            "Workers that ended without being told to, in ten minutes.",
            by("error_type", f"sum by (error_type) ({crashes})"),
            stacked=True,
        ),
        counts(
            "Workers Started",
            "Workers that became ready: after a crash, a recycling or a deployment.",
            by("pool_name", f"sum by (pool_name) (increase({workers_started}[{ZOOM}]))"),
        ),
        times(
            "Start-up Time p95",
            "The time within which 95 % of the workers of the last hour became ready.",
            by("pool_name", startup_p95),
        ),
        BarGauge(
            "Causes of the Day",
            "Workers lost within 24 hours, by cause.",
            by("error_type", f"sum by (error_type) (increase({workers_crashed}[1d]))"),
            unit="short",
            decimals=0,
            min=0,
            width=12,
        ),
    ],
)
workers_processes = Row(
    "Supervising process",
    [
        counts(
            "Memory",
            "Resident memory of the instances: choose some of them above to see these alone.",
            of_instances("process_resident_memory_bytes"),
            unit="bytes",
        ),
        BarGauge(
            "Largest Instances",
            "The five with the most memory now.",
            by("instance", "topk(5, process_resident_memory_bytes)"),
            unit="bytes",
            width=12,
        ),
        counts(
            "Processor Time",
            "Busy cores of an instance on average, its workers excluded.",
            by("job", f"avg by (job) (rate(process_cpu_seconds_total[{ZOOM}]))"),
            decimals=2,
        ),
        rates(
            "Telemetry Dropped",
            "Calls of the instrumentation that were dropped; requests are never touched.",
            by("kind", per_second("promspec_telemetry_errors_total", "kind", ZOOM)),
            unit="cps",
        ),
    ],
)
workers = board(
    WORKERS,
    [workers_now, workers_capacity, workers_life, workers_processes],
    description="Is there enough capacity, and do the workers stay alive?",
    variables=[pool_name],
)


# SLO Tracking


def burn_rate(window: str) -> dict[str, str]:
    """How many times too fast each SLO's budget is spent, in its worst pool: 1 spends it in exactly 30 days."""
    allowed = f'(1 - max by (slo) (slo:objective:ratio{{spec="{NAME}"}}))'
    return by("slo", f'max by (slo) (slo:error_ratio:rate{window}{{spec="{NAME}"}}) / on (slo) {allowed}')


burns = partial(TimeSeries, unit="none", min=0)
slo_now = Row(
    "Now",
    [
        budget_left,
        Stat(
            "Promised",
            "The objective of each SLO.",
            by("slo", f'max by (slo) (slo:objective:ratio{{spec="{NAME}"}})'),
            unit="percentunit",
            decimals=2,
            sparkline=False,
            thresholds=NEUTRAL,
            width=8,
            height=5,
        ),
    ],
)
slo_speed = Row(
    "How fast the budgets are spent",
    [
        burns("Burn Rate over 1 h", "1 spends the budget in 30 days; at 14.4 somebody is woken.", burn_rate("1h")),
        burns("Burn Rate over 6 h", "1 spends the budget in 30 days; at 6 somebody is woken.", burn_rate("6h")),
        burns("Burn Rate over 1 d", "1 spends the budget in 30 days; at 3 there is a message.", burn_rate("1d")),
        burns("Burn Rate over 3 d", "1 spends the budget in 30 days; above there is a message.", burn_rate("3d")),
    ],
)
slo_budgets = Row(
    "Budgets",
    [
        TimeSeries(
            "Error Budget over Time",
            "What is left of each budget: 1 is untouched, 0 is spent, below 0 is overdrawn.",
            by("slo", budget_remaining),
            unit="percentunit",
            max=1,
            thresholds=BUDGET,
        ),
        rates(
            "Failed Share over 5 min",
            "The newest view of each SLO, by pool where each has a budget of its own.",
            {"{{slo}} {{pool_name}}": f'slo:error_ratio:rate5m{{spec="{NAME}"}}'},
            unit="percentunit",
        ),
    ],
)
slo_tracking = board(
    SLO_TRACKING,
    [slo_now, slo_speed, slo_budgets],
    description="What was promised, what was kept, how long the budgets last.",
    since="6h",
)

DASHBOARDS = [overview, workers, slo_tracking]


# ---------------------------------------------------------------------------------------------------------------------
# Routing, deployment, and the spec that holds everything
# ---------------------------------------------------------------------------------------------------------------------

SLACK_URL = "/etc/alertmanager/secrets/slack_url"
mail = Email("snakepit-team@example.com")
critical = Receiver(
    "snakepit-page",
    [
        PagerDuty(routing_key_file="/etc/alertmanager/secrets/pagerduty_key"),
        Slack("#snakepit-incidents", api_url_file=SLACK_URL),
    ],
)
warning = Receiver("snakepit-slack", [Slack("#snakepit", api_url_file=SLACK_URL)])
info = Receiver("snakepit-mail", [mail])

routing = Routing(
    info,
    [
        Route(critical, severity=Severity.CRITICAL, group_wait="10s", repeat_interval="1h"),
        Route(warning, severity=Severity.WARNING, group_wait="30s", repeat_interval="4h"),
        Route(info, severity=Severity.INFO, group_wait="5m", repeat_interval="1d"),
    ],
    group_by=["alertname", "job", "component"],
    group_wait="30s",
    group_interval="5m",
    repeat_interval="4h",
    smtp=Smtp(
        "smtp.example.com:587",
        sender="alerts@example.com",
        username="alerts@example.com",
        password_file="/etc/alertmanager/secrets/smtp_password",
    ),
)

deployment = Deployment(
    JOB,
    targets=[f"localhost:{PORT}"],
    scrape_interval="15s",
    evaluation_interval="30s",
    runbook_base_url=f"{DOCUMENTATION}/runbooks",
    dashboard_base_url="https://grafana.example.com",
    absence_runbook=metrics_absent_runbook,
    absence_dashboard=OVERVIEW,
    namespace="snakepit",
    image="snakepit:1.0.0",
    port=PORT,
)

spec = Spec(
    NAME,
    owner=TEAM,
    title="Snakepit",
    description="A pool of Python worker processes that executes commands for clients, with sessions.",
    metrics=METRICS,
    error_codes=ErrorCode,
    operations=[request],
    events=EVENTS,
    health_checks=HEALTH_CHECKS,
    health=health,
    logging=logging,
    recording_rules=RECORDING_RULES,
    slos=SLOS,
    alerts=ALERTS,
    runbooks=RUNBOOKS,
    dashboards=DASHBOARDS,
    routing=routing,
    deployment=deployment,
)
