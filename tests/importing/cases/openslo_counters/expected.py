"""The SLOs of queue, imported from in.yml. Yours to edit."""

from promspec import SLO, Counter, Gauge, Label, Ratio, Spec

# What the queries select. Something else exposes it, so nothing is generated for it but rules.
state = Label("state", "Asked for: ok", max_values=100)
queue_wait_seconds = Gauge("queue_wait_seconds", "Read by the SLO queue.", external=True)
queue_slots_used = Gauge("queue_slots_used", "Read by the SLO fill.", external=True)
queue_slots = Gauge("queue_slots", "Read by the SLO fill.", external=True)
queue_jobs_total = Counter("queue_jobs_total", "Counted by the SLO windows.", labels=[state], external=True)

# in.yml:1
# line 5: it has no timeWindow, so it gets 30 days; write window=….
# line 5: it has no alertPolicies, so it alerts nobody; delete tiers=[] and the two lines below it for promspec's own
# alerts.
queue = SLO(
    "queue",
    Ratio(
        bad=f"sum_over_time(count({queue_wait_seconds} > 10)[$window:30s])",
        total=f"sum_over_time(count({queue_wait_seconds})[$window:30s])",
    ),
    objective=95,
    tiers=[],
    budget_exhausted=None,
    budget_forecast=None,
)

# in.yml:14
# line 18: it has no timeWindow, so it gets 30 days; write window=….
# line 18: it has no alertPolicies, so it alerts nobody; delete tiers=[] and the two lines below it for promspec's own
# alerts.
fill = SLO(
    "fill",
    Ratio(good=f"sum(sum_over_time({queue_slots_used}[$window]))", total=f"sum(sum_over_time({queue_slots}[$window]))"),
    objective=50,
    tiers=[],
    budget_exhausted=None,
    budget_forecast=None,
)

# in.yml:27
# line 31: it has no timeWindow, so it gets 30 days; write window=….
# line 31: it has no alertPolicies, so it alerts nobody; delete tiers=[] and the two lines below it for promspec's own
# alerts.
windows = SLO(
    "windows",
    Ratio(good=queue_jobs_total.where(state="ok"), total=queue_jobs_total),
    objective=95,
    tiers=[],
    budget_exhausted=None,
    budget_forecast=None,
)

spec = Spec(
    "queue",
    owner="queue",
    metrics=[queue_wait_seconds, queue_slots_used, queue_slots, queue_jobs_total],
    slos=[queue, fill, windows],
)
