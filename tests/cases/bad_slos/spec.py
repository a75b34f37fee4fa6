from promspec import SLO, Counter, Gauge, Histogram, Label, Latency, Ratio, Runbook, Severity, Spec, Tier

provider = Label("provider", "The engine.", values=["paddle"])
requests = Counter("requests_total", "Finished requests.")
errors = Counter("errors_total", "Failed requests.")
load = Gauge("load", "How busy.")
wait = Histogram("wait_seconds", "How long.", buckets=[0.5, 1, 2.5])
book = Runbook("burning", "Burning", summary="The budget burns.")
fast = Tier("fast", short="30s", long="40d", budget=0.02, severity=Severity.CRITICAL)
weak = Tier("weak", short="1h", long="7d", budget=0.1, severity=Severity.WARNING)

spec = Spec(
    "shop",
    owner="web",
    slos=[
        SLO("perfect", Ratio(bad=errors, total=requests), objective=100, runbook=book),
        SLO("as-ratio", Ratio(bad=errors, total=requests), objective=0.999, runbook=book),
        SLO("both", Ratio(bad=errors, good=requests, total=requests), objective=99, runbook=book),
        SLO("no-bucket", Latency(wait, below=2), objective=99, runbook=book),
        SLO("low", Ratio(bad=errors, total=requests), objective=90, runbook=book),
        SLO("grouped", Ratio(bad=errors, total=requests), objective=99, group_by=[provider, "regoin"], runbook=book),
        SLO("tiers", Ratio(bad=errors, total=requests), objective=99, tiers=[fast, weak, weak], runbook=book),
        SLO("gauge", Ratio(bad=load.where(), total=requests), objective=99, runbook=book),
        SLO("query", Ratio(bad="sum(increase(erors_total[$window]))", total=requests), objective=99),
        SLO("Name With Blanks", Ratio(bad=errors, total=requests), objective=99, runbook=book),
    ],
)
