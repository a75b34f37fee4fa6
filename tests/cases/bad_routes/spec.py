"""Routes that no alert of the spec can reach, and some that one can."""

from promspec import (
    SLO,
    Alert,
    Counter,
    Deployment,
    Label,
    Operation,
    Ratio,
    Receiver,
    Route,
    Routing,
    Runbook,
    Severity,
    Spec,
)

region = Label("region", "Where.", values=["eu", "us"])
status = Label("status", "How it ended.", values=["success", "error"])
requests = Counter("requests_total", "Finished requests.", labels=[region, status])
api = Operation("api", requests=requests, failure="error")
book = Runbook("busy", "Busy", summary="What to do.")
busy = Alert(
    "Busy",
    f"sum by (region) (rate({requests}[5m])) > 100",
    for_="5m",
    severity=Severity.WARNING,
    summary="Too many requests.",
    runbook=book,
    labels={"area": "{{ $labels.region }}"},
)
sli = Ratio(bad=requests.where(status="error"), total=requests)
availability = SLO("api-availability", sli, objective=99.5, window="30d", runbook=book)
pager, web, eu = Receiver("pager"), Receiver("web"), Receiver("eu")
routing = Routing(
    Receiver("default"),
    [
        Route(pager, severity=Severity.CRITICAL),
        Route(web, team="webb"),
        Route(web, labels={"zone": "a"}),
        Route(web, severity=Severity.INFO),
        Route(eu, labels={"region": "eu"}, continue_=True),
        Route(eu, labels={"region": "asia"}),
        Route(eu, labels={"area": "anything"}),
        Route(eu, severity=Severity.CRITICAL, labels={"region": "us"}),
        Route(web, labels={"cluster": "one"}),
        Route(web, labels={"slo": "api-availability", "tier": "page-fast"}),
        Route(web, team="web", severity=Severity.WARNING),
        Route(eu, labels={"alertname": "Busy"}),
        Route(pager, severity=Severity.CRITICAL, team="web"),
    ],
)
spec = Spec(
    "shop",
    owner="web",
    operations=[api],
    slos=[
        SLO(
            "api-availability",
            Ratio(bad=requests.where(status="error"), total=requests),
            objective=99.5,
            window="30d",
            runbook=book,
        )
    ],
    alerts=[busy],
    routing=routing,
    deployment=Deployment("shop", external_labels={"cluster": "one"}, absence_alerts=False),
)
