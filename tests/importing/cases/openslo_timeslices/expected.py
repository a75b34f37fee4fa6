"""The SLOs of web, imported from in.yml. Yours to edit."""

from promspec import SLO, Counter, Label, Ratio, Spec, not_matches

# What the queries select. Something else exposes it, so nothing is generated for it but rules.
code = Label("code", "Asked for: not 5..", max_values=100)
web_requests_total = Counter(
    "web_requests_total",
    "Counted by the SLOs slices, ratio-slices.",
    labels=[code],
    external=True,
)

# in.yml:1
# line 17: a slice of 2m is judged at every evaluation, not once in each; there is nothing to do: the share of bad time
# is the same.
# line 13: its month begins in UTC, not in Europe/Zurich; there is nothing to do: Prometheus knows UTC alone.
# line 13: its month begins on the first, not on day 21; leave it, or drop calendar='month' for a period that rolls on.
# line 5: it has no alertPolicies, so it alerts nobody; delete tiers=[] and the two lines below it for promspec's own
# alerts.
slices = SLO(
    "slices",
    Ratio(
        bad=(
            f"(1 - (sum(increase({web_requests_total.where(code=not_matches('5..'))}[2m])) or 0 * "
            f"sum(increase({web_requests_total}[2m]))) / (sum(increase({web_requests_total}[2m])) > 0)) > bool 0.05"
        ),
        total=f"0 * sum(increase({web_requests_total}[2m])) + 1",
    ),
    objective=99,
    calendar="month",
    tiers=[],
    budget_exhausted=None,
    budget_forecast=None,
)

# in.yml:18
# line 26: a slice of 1m is judged at every evaluation, not once in each; there is nothing to do: the share of bad time
# is the same.
# line 24: a calendar window of 1Q rolls here: promspec knows the calendar month alone; keep window='90d', or write
# calendar='month'.
# line 22: it has no alertPolicies, so it alerts nobody; delete tiers=[] and the two lines below it for promspec's own
# alerts.
ratio_slices = SLO(
    "ratio-slices",
    Ratio(
        bad=(
            f"1 - (sum(increase({web_requests_total.where(code=not_matches('5..'))}[1m])) or 0 * "
            f"sum(increase({web_requests_total}[1m]))) / (sum(increase({web_requests_total}[1m])) > 0)"
        ),
        total=f"0 * sum(increase({web_requests_total}[1m])) + 1",
    ),
    objective=99,
    window="90d",
    tiers=[],
    budget_exhausted=None,
    budget_forecast=None,
)

spec = Spec("web", owner="web", metrics=[web_requests_total], slos=[slices, ratio_slices])
