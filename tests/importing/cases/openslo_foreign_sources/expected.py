"""The SLOs of web, imported from in.yml. Yours to edit."""

from promspec import SLO, Counter, Label, Ratio, Spec, matches

# What the queries select. Something else exposes it, so nothing is generated for it but rules.
code = Label("code", "Asked for: 5..", max_values=100)
web_requests_total = Counter("web_requests_total", "Counted by the SLO requests.", labels=[code], external=True)

# in.yml:5: traces is not imported
# line 14: the metric source is Datadog, not Prometheus; write what it measures in PromQL.

# in.yml:18
# line 26: the range 5m becomes the window that each rule asks for; there is nothing to do: longer windows are sums of
# short ones.
# line 22: it has no timeWindow, so it gets 30 days; write window=….
# line 22: it has no alertPolicies, so it alerts nobody; delete tiers=[] and the two lines below it for promspec's own
# alerts.
requests = SLO(
    "requests",
    Ratio(bad=web_requests_total.where(code=matches("5..")), total=web_requests_total),
    objective=98,
    tiers=[],
    budget_exhausted=None,
    budget_forecast=None,
)

spec = Spec("web", owner="web", metrics=[web_requests_total], slos=[requests])
