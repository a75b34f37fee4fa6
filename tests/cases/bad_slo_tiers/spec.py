from promspec import PAGE_FAST, SLO, Counter, Ratio, Severity, Spec, Tier

bad = Counter("orders_lost_total", "Lost orders.")
total = Counter("orders_total", "All orders.")
book = "https://example.com/runbooks/orders"
sli = Ratio(bad=bad, total=total)

spec = Spec(
    "orders",
    owner="sales",
    slos=[
        SLO("certain", sli, objective=100, runbook=book),
        SLO("low", sli, objective=90, runbook=book),
        SLO("low-by-choice", sli, objective=90, tiers=[PAGE_FAST], runbook=book),
        SLO("nervous", sli, objective=99.9, minimum_events=1, traffic="1/m", runbook=book),
        SLO("deaf", sli, objective=99.9, minimum_events=100, traffic="1/m", runbook=book),
        SLO("patient", sli, objective=99.9, tiers=[PAGE_FAST.but(budget=0.001)], runbook=book),
        SLO("week", sli, objective=99.9, window="7d", calendar="month", runbook=book),
        SLO("none", sli, objective=99.9, minimum_events=0, runbook=book),
        SLO(
            "reserved",
            sli,
            objective=99.9,
            tiers=[Tier("budget-forecast", short="5m", long="1h", budget=0.02, severity=Severity.INFO)],
            runbook=book,
        ),
    ],
)
