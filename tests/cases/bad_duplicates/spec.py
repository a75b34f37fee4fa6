from promspec import SLO, Alert, Counter, Operation, Ratio, Receiver, Route, Routing, RecordingRule, Runbook, Severity, Spec

requests = Counter("requests_total", "Finished requests.")
errors = Counter("errors_total", "Failed requests.")
book = Runbook("book", "Book", summary="A book.")
other = Runbook("book", "Another", summary="Another book.")

spec = Spec(
    "shop",
    owner="web",
    metrics=[requests, errors],
    operations=[Operation("work", requests=requests), Operation("work", requests=requests)],
    recording_rules=[
        RecordingRule("job:requests:rate5m", "sum by (job) (rate(requests_total[5m]))"),
        RecordingRule("job:requests:rate5m", "sum by (job) (rate(errors_total[5m]))"),
        RecordingRule("errors_total", "sum(errors_total)"),
        RecordingRule("job:a:sum", "job:b:sum * 2", group="g", interval="30s"),
        RecordingRule("job:b:sum", "sum by (job) (up)", group="g", interval="1m"),
        RecordingRule("job:c:sum", "job:c:sum + 1"),
        RecordingRule("flat_name", "sum(up)"),
    ],
    alerts=[
        Alert("Down", "up == 0", severity=Severity.INFO, summary="Down.", runbook=book),
        Alert("Down", "up < 1", severity=Severity.INFO, summary="Down.", runbook=other),
    ],
    slos=[
        SLO("shop-availability", Ratio(bad=errors, total=requests), objective=99.9, runbook=book),
        SLO("shop_availability", Ratio(bad=errors, total=requests), objective=99, runbook=book),
    ],
    routing=Routing(Receiver("mail"), [Route(Receiver("mail"), severity=Severity.CRITICAL)]),
)
