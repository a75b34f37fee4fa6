"""More groups than the ruler takes, and limits that are none."""

from promspec import Alert, Availability, Counter, Deployment, Gauge, Label, Operation, RecordingRule, Severity, SLO, Spec

status = Label("status", "How it ended.", values=["success", "error"])
requests = Counter("requests_total", "Requests.", labels=[status])
errors = Counter("errors_total", "Failures.")
serve = Operation("serve", requests=requests, errors=errors)
size = Gauge("queue_size", "Jobs that wait.")
spec = Spec(
    "shop",
    owner="web",
    operations=[serve],
    metrics=[size],
    recording_rules=[RecordingRule(f"job:queue_size:max{n}m", f"max_over_time({size}[{n}m])") for n in (1, 2, 3)],
    slos=[SLO("shop-availability", Availability(serve), objective=99, window="30d", runbook="https://example.com/a")],
    alerts=[
        Alert(
            "QueueLong",
            " + ".join(f"job:queue_size:max{n}m" for n in (1, 2, 3)) + " > 9",
            for_="5m",
            severity=Severity.WARNING,
            summary="A queue is long.",
            runbook="https://example.com/queues",
        )
    ],
    allow={"routing/none": "a case"},
    deployment=Deployment("shop", rule_target="mimir", max_rules_per_group=2, max_rule_groups=6),
)
