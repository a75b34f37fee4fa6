"""Metrics that something else exposes can be queried; nothing is generated for them."""

from promspec import Alert, Counter, Gauge, Label, RecordingRule, Severity, Spec

mode = Label("mode", "The CPU's mode.", values=["idle", "user", "system"])
cpu = Counter("node_cpu_seconds_total", "Seconds the CPUs spent in each mode.", labels=[mode], external=True)
free = Gauge("node_filesystem_avail_bytes", "Free space.", labels=[Label("mountpoint", max_values=50)], external=True)

spec = Spec(
    "nodes",
    owner="infra",
    metrics=[cpu, free],
    recording_rules=[
        RecordingRule(
            "instance:node_cpu:ratio",
            f"1 - avg by (instance) (rate({cpu.where(mode='idle')}[5m]))",
            group="nodes",
            labels={"source": "node"},
        )
    ],
    alerts=[
        Alert(
            "NodeBusy",
            'instance:node_cpu:ratio{source="node"} > 0.9',
            for_="15m",
            severity=Severity.WARNING,
            summary="A node is busy.",
            description="{{ $labels.instance }} is {{ $value | humanizePercentage }} busy.",
            runbook="https://example.com/nodes",
            group="nodes",
            team="storage",
            component="node",
            keep_firing_for="10m",
        ),
        Alert(
            "DiskFull",
            f"predict_linear({free}[6h], 24 * 3600) < 0",
            severity=Severity.WARNING,
            summary="A disk will be full within a day.",
            description="{{ $labels.mountpoint }} on {{ $labels.instance }} ({{ $labels.device }})",
            runbook="https://example.com/nodes",
        ),
    ],
)
