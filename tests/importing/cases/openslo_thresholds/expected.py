"""The SLOs of pipeline, imported from in.yml. Yours to edit."""

from promspec import SLO, Gauge, Histogram, Holds, Label, Spec

# What the queries select. Something else exposes it, so nothing is generated for it but rules.
topic = Label("topic", max_values=100)
cluster = Label("cluster", "Asked for: prod", max_values=100)
consumer_lag = Gauge("consumer_lag", "Read by the SLO lag.", labels=[topic, cluster], external=True)
# No query shows its buckets: write those it has, if you use them.
pipeline_wait_seconds = Histogram("pipeline_wait_seconds", "Counted by the SLO quantile.", external=True)

# in.yml:1
# line 5: it has no alertPolicies, so it alerts nobody; delete tiers=[] and the two lines below it for promspec's own
# alerts.
lag = SLO(
    "lag",
    Holds(f"max by (topic) (max_over_time({consumer_lag.where(cluster='prod')}[2m])) <= 100"),
    objective=99,
    window="7d",
    group_by=[topic],
    tiers=[],
    budget_exhausted=None,
    budget_forecast=None,
    team="data",
)

# in.yml:16
# line 20: it has no alertPolicies, so it alerts nobody; delete tiers=[] and the two lines below it for promspec's own
# alerts.
quantile = SLO(
    "quantile",
    Holds(f"(histogram_quantile(0.95, sum by (le) (rate({pipeline_wait_seconds.bucket}[5m]))) <= Inf) < 1.5"),
    objective=98,
    window="7d",
    tiers=[],
    budget_exhausted=None,
    budget_forecast=None,
)

spec = Spec("pipeline", owner="pipeline", metrics=[consumer_lag, pipeline_wait_seconds], slos=[lag, quantile])
