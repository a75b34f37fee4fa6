"""Groups that are larger than Mimir takes are divided; what reads each other stays together, where it fits."""

from promspec import Alert, Deployment, Gauge, Label, RecordingRule, Severity, Spec

queues = Gauge("queue_size", "Jobs that wait.", labels=[Label("queue", "Which.", values=["a", "b"])])
pairs = [
    rule
    for number in range(1, 13)
    for rule in (
        RecordingRule(f"job:queue_size:max{number}h", f"max by (job) (max_over_time({queues}[{number}h]))"),
        RecordingRule(f"job:queue_fill:ratio{number}h", f"job:queue_size:max{number}h / 100"),
    )
]
chain = [
    RecordingRule("queue:wait:sum0", f"sum by (queue) ({queues})", group="chain", interval="1m"),
    *(
        RecordingRule(f"queue:wait:sum{n}", f"queue:wait:sum{n - 1} + 1", group="chain", interval="1m")
        for n in range(1, 23)
    ),
]
alerts = [
    Alert(
        f"QueueLong{number}",
        f"job:queue_fill:ratio{number % 12 + 1}h > 0.{number + 10}",
        for_="5m",
        severity=Severity.WARNING,
        summary="A queue is long.",
        runbook="https://example.com/queues",
    )
    for number in range(25)
]
spec = Spec(
    "queues",
    owner="jobs",
    metrics=[queues],
    recording_rules=[*pairs, *chain],
    alerts=alerts,
    allow={"routing/none": "a case", "rule/unused": "a case"},
    deployment=Deployment("queues", rule_target="mimir"),
)
