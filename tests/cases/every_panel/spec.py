from promspec import (
    BarGauge,
    Counter,
    Dashboard,
    Gauge,
    GaugePanel,
    Heatmap,
    Histogram,
    Label,
    Query,
    Row,
    Spec,
    Stat,
    StateTimeline,
    Table,
    Text,
    TimeSeries,
)

size = Label("size", "How large.", values=["small", "large"])
orders = Counter("orders_total", "Finished orders.", labels=[size])
duration = Histogram("order_duration_seconds", "Time to take an order.", labels=[size], buckets=[0.1, 1])
state = Gauge("door_open", "Whether the door is open.", labels=[size])
rate = f"sum by (size) (rate({orders}[$__rate_interval]))"

spec = Spec(
    "shop",
    owner="web",
    metrics=[orders, duration, state],
    dashboards=[
        Dashboard(
            "Everything",
            [
                Row("Numbers", [Stat(f"Stat {n}", "Orders per second.", rate, unit="reqps") for n in range(6)]),
                Row(
                    "Charts",
                    [
                        TimeSeries("Lines", "Orders per second.", {"{{size}}": rate}, unit="reqps", stacked=True),
                        GaugePanel("Dial", "Doors.", f"avg({state})", unit="percentunit", min=0, max=1),
                        BarGauge("Bars", "Orders per second.", Query(rate, "{{size}}"), unit="reqps"),
                        Heatmap(
                            "Heat",
                            "Time to take an order.",
                            f"sum by (le) (rate({duration.bucket}[$__rate_interval]))",
                            unit="s",
                        ),
                        Table("Table", "Orders per second.", rate, unit="reqps"),
                        StateTimeline(
                            "States", "Doors.", {"{{size}}": f"{state}"}, unit="short", mappings={0: "shut", 1: "open"}
                        ),
                        Text("Words", "Where this comes from.", content="# Words"),
                    ],
                    collapsed=True,
                ),
            ],
            variables=[size],
            tags=["shop"],
            links={"Manual": "https://example.com/manual"},
        ),
        Dashboard("Second", [Row("Row", [Stat("Orders", "Orders per second.", rate, unit="reqps")])]),
    ],
)
