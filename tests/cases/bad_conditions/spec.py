"""Alerts, legends and rules that are valid, and do not do what they look like; one thing listed twice."""

from promspec import (
    Alert,
    Counter,
    Dashboard,
    Histogram,
    Label,
    Receiver,
    RecordingRule,
    Routing,
    Row,
    Runbook,
    Spec,
    Stat,
    TimeSeries,
)

region = Label("region", "Where.", values=["eu", "us"])
orders = Counter("orders_total", "Finished orders.", labels=[region])
duration = Histogram("order_duration_seconds", "Time per order.", labels=[region])
book = Runbook("book", "A book", summary="What to do.")
rate = f"sum by (region) (rate({orders}[5m]))"
condition = RecordingRule("region:orders:high", f"{rate} > 5", group="high")


def alert(name: str, expr: str, description: str = "", **more: object) -> Alert:
    return Alert(name, expr, severity="warning", summary="S.", description=description, runbook=book, **more)


twice = alert("Twice", f"{rate} > 1")
spec = Spec(
    "shop",
    owner="web",
    metrics=[orders, duration],
    recording_rules=[
        condition,
        RecordingRule("a:b:c", "b:c:d", group="a"),
        RecordingRule("b:c:d", "a:b:c", group="b"),
    ],
    alerts=[
        twice,
        twice,
        alert("Always", rate),
        alert("AlwaysBool", f"{rate} > bool 5"),
        alert("Recorded", f"{condition}"),
        alert("Absent", f"absent({orders})"),
        alert("OneBrace", f"{rate} > 1", "{ $labels.region } is slow"),
        alert("Variable", f"{rate} > 1", "{{ $label.region }} has {{ $vlaue }}"),
        alert("OwnVariable", f"{rate} > 1", "{{ $r := $labels.region }}{{ $r }} and {{ $externalLabels.cluster }}"),
        alert("ByHand", f"{rate} > 1", annotations={"summary": "Mine."}),
        alert("Method", f"rate({orders.where}[5m]) > 1"),
        alert("Range", f"rate({duration.sum}) > 1"),
    ],
    dashboards=[
        Dashboard(
            "Shop",
            [
                Row("Empty", []),
                Row(
                    "Full",
                    [
                        TimeSeries("Orders", "Per second.", {f"{{{region}}}": rate}, unit="reqps"),
                        Stat(
                            "Slow",
                            "The 95th percentile.",
                            f"histogram_quantile(95, sum by (le) (rate({duration.bucket}[$__rate_interval])))",
                            unit="s",
                        ),
                    ],
                ),
            ],
        )
    ],
    routing=Routing(Receiver("nobody"), group_by=["alertnam", "job"]),
)
