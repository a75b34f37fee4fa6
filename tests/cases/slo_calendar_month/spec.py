from promspec import SLO, Counter, Label, Ratio, Spec

region = Label("region", "Where.", values=["eu", "us"])
bad = Counter("orders_lost_total", "Lost orders.", labels=[region])
total = Counter("orders_total", "All orders.", labels=[region])
runbook = "https://example.com/runbooks/orders"

spec = Spec(
    "orders",
    owner="sales",
    slos=[
        SLO("orders", Ratio(bad=bad, total=total), objective=99.9, calendar="month", runbook=runbook),
        SLO(
            "each",
            Ratio(bad=bad, total=total),
            objective=99.9,
            calendar="month",
            group_by=[region],
            budget_exhausted="info",
            budget_forecast=None,
            runbook=runbook,
        ),
    ],
)
