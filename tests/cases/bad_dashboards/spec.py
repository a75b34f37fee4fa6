from promspec import Counter, Dashboard, GaugePanel, Label, Row, Spec, Stat, Table, TimeSeries

color = Label("color", "A colour.", values=["red"])
sold = Counter("sold_total", "Sold things.", labels=[color])
shape = Label("shape", "A shape.", values=["round"])
rows = [
    Row(
        "Row",
        [
            Stat("Sold", "Sold things.", f"sum(rate({sold}[5m]))", unit="reqp"),
            Stat("Sold", "Sold things, again.", f"sum(rate({sold}[5m]))", unit="reqps"),
            Stat("Wide", "Too wide.", f"sum(rate({sold}[5m]))", unit="reqps", width=30),
            Stat("Nothing", "Shows nothing.", [], unit="reqps"),
            TimeSeries("Unknown", "Unknown metric.", "rate(sold_totl[$__rate_interval])", unit="ops"),
            TimeSeries("Broken", "Does not parse.", "rate(sold_total[$__rate_interval]", unit="ops"),
            Table("No description", "", f"sum(rate({sold}[5m]))", unit="reqps"),
            GaugePanel(
                "Steps",
                "Thresholds out of order.",
                f"sum(rate({sold}[5m]))",
                unit="reqps",
                thresholds=[(None, "green"), (5, "red"), (1, "orange")],
            ),
        ],
    )
]

spec = Spec(
    "shop",
    owner="web",
    metrics=[sold],
    dashboards=[Dashboard("Board", rows, variables=[shape]), Dashboard("Board", rows[:0], uid="a b")],
)
