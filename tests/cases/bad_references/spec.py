from promspec import SLO, Alert, Counter, Dashboard, Ratio, Row, Runbook, Severity, Spec, Stat

requests = Counter("requests_total", "Finished requests.")
errors = Counter("errors_total", "Failed requests.")
unused = Runbook("unused", "Unused", summary="Nothing leads here.")
used = Runbook("used", "Used", summary="Something leads here.", detection={"How many": "sum(rate(requets_total[5m]))"})

spec = Spec(
    "shop",
    owner="web",
    runbooks=[unused],
    slos=[SLO("shop-availability", Ratio(bad=errors, total=requests), objective=99.9, dashboard="Overvew")],
    alerts=[
        Alert("A", "up == 0", severity=Severity.INFO, summary="A.", dashboard="Nowhere", runbook=used),
        Alert("B", "up == 0", severity=Severity.INFO, summary="B.", runbook="used"),
        Alert("C", "up == 0", severity=Severity.INFO, summary="C"),
        Alert("D", "up == 0", severity=Severity.INFO, summary="D.", labels={"severity": "page"}, runbook=used),
    ],
    dashboards=[Dashboard("Overview", [Row("Row", [Stat("Up", "Whether it is up.", "up", unit="short")])])],
)
