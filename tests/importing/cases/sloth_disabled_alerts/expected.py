"""The SLOs of batch, imported from in.yml. Yours to edit."""

from promspec import SLO, TICKET_FAST, TICKET_SLOW, Counter, Label, Ratio, Spec

# What the queries select. Something else exposes it, so nothing is generated for it but rules.
state = Label("state", "Asked for: failed", max_values=100)
batch_jobs_total = Counter(
    "batch_jobs_total",
    "Counted by the SLOs silent, tickets-only.",
    labels=[state],
    external=True,
)

# On every alert of the SLOs below.
labels = {"original_tier": "2"}

# in.yml:5
silent = SLO(
    "silent",
    Ratio(bad=batch_jobs_total.where(state="failed"), total=batch_jobs_total),
    objective=99,
    tiers=[],
    budget_exhausted=None,
    budget_forecast=None,
    labels=labels,
)

# in.yml:14
# line 18: its alerts are no longer called BatchJobs, but by the SLO and the tier; change what matches the name, such as
# routes.
# line 24: the annotation who shows a label of Sloth; show $labels.slo, $labels.spec and $labels.tier instead.
tickets_only = SLO(
    "tickets-only",
    Ratio(bad=batch_jobs_total.where(state="failed"), total=batch_jobs_total),
    objective=99.5,
    tiers=[
        TICKET_FAST.but(
            labels={"slack_channel": "#batch"},
            annotations={"dashboard": "https://grafana.example.com/d/batch"},
        ),
        TICKET_SLOW.but(
            labels={"slack_channel": "#batch"},
            annotations={"dashboard": "https://grafana.example.com/d/batch"},
        ),
    ],
    labels=labels,
)

# line 3: the label tier is promspec's own, so it is called original_tier here; change what matches it, or rename it.
spec = Spec("batch", owner="batch", metrics=[batch_jobs_total], slos=[silent, tickets_only])
