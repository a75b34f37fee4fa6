from promspec import PAGE_FAST, PAGE_SLOW, SLO, TICKET_FAST, TICKET_SLOW, Counter, Ratio, Severity, Spec

bad = Counter("orders_lost_total", "Lost orders.")
total = Counter("orders_total", "All orders.")
runbook = "https://example.com/runbooks/orders"
sli = Ratio(bad=bad, total=total)

spec = Spec(
    "orders",
    owner="sales",
    slos=[
        SLO("dropped", sli, objective=99.9, tiers=[PAGE_FAST, TICKET_SLOW], runbook=runbook),
        SLO(
            "changed",
            sli,
            objective=99.9,
            window="7d",
            tiers=[
                PAGE_FAST.but(name="urgent", for_="1m"),
                PAGE_SLOW.but(severity=Severity.WARNING),
                TICKET_FAST.but(short="1h", long="8h"),
                TICKET_SLOW.but(budget=0.2, labels={"channel": "slow"}),
            ],
            runbook=runbook,
        ),
        SLO("low", sli, objective=70, runbook=runbook),
        SLO("busy", sli, objective=99.9, traffic="50/s", runbook=runbook),
        SLO("quiet", sli, objective=99.9, traffic="6/h", runbook=runbook),
    ],
)
