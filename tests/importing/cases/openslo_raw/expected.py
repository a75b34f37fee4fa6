"""The SLOs of wifi, imported from in.yml. Yours to edit."""

from promspec import SLO, Gauge, Ratio, Spec

# What the queries select. Something else exposes it, so nothing is generated for it but rules.
wifi_satisfaction_ratio = Gauge("wifi_satisfaction_ratio", "Read by the SLO satisfaction.", external=True)
wifi_errors_ratio = Gauge("wifi:errors:ratio", "Read by the SLO recorded.", external=True)

# in.yml:1
# line 5: it has no timeWindow, so it gets 30 days; write window=….
# line 5: it has no alertPolicies, so it alerts nobody; delete tiers=[] and the two lines below it for promspec's own
# alerts.
satisfaction = SLO(
    "satisfaction",
    Ratio(
        good=f"sum(sum_over_time({wifi_satisfaction_ratio}[$window]))",
        total=f"sum(count_over_time({wifi_satisfaction_ratio}[$window]))",
    ),
    objective=95,
    tiers=[],
    budget_exhausted=None,
    budget_forecast=None,
)

# in.yml:20
# line 28: a ratio has no events, so each evaluation weighs the same, busy or quiet; give bad and total events where
# there are such.
# line 24: it has no timeWindow, so it gets 30 days; write window=….
# line 24: it has no alertPolicies, so it alerts nobody; delete tiers=[] and the two lines below it for promspec's own
# alerts.
recorded = SLO(
    "recorded",
    Ratio(bad=f"clamp_max({wifi_errors_ratio}, 1) >= 0", total=f"0 * ({wifi_errors_ratio} >= 0) + 1"),
    objective=95,
    tiers=[],
    budget_exhausted=None,
    budget_forecast=None,
)

spec = Spec("wifi", owner="wifi", metrics=[wifi_satisfaction_ratio, wifi_errors_ratio], slos=[satisfaction, recorded])
