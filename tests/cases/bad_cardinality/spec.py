"""Budgets that are exceeded, and what costs out of proportion."""

from promspec import (
    Alert,
    Counter,
    Dashboard,
    Deployment,
    Label,
    Receiver,
    RecordingRule,
    Routing,
    Row,
    Runbook,
    Severity,
    Spec,
    TimeSeries,
)

tenant = Label("tenant", "Whose.", max_values=3_000)
kind = Label("kind", "What.", values=["a", "b", "c", "d", "e"])
visits = Counter("visits_total", "Visits of pages.", labels=[tenant, kind], series_budget=20_000)
clicks = Counter("clicks_total", "Clicks on pages.", labels=[tenant], series_budget=2_000)

spec = Spec(
    "shop",
    owner="web",
    series_budget=10_000,
    metrics=[visits, clicks],
    recording_rules=[
        RecordingRule("all:visits:rate5m", "rate(visits_total[5m])"),
        RecordingRule("tenant:visits:rate5m", "sum by (tenant) (rate(visits_total[5m]))"),
    ],
    alerts=[
        Alert(
            "TenantQuiet",
            "tenant:visits:rate5m < 1",
            severity=Severity.INFO,
            summary="A tenant is quiet.",
            runbook=Runbook("quiet", "A tenant is quiet", summary="Nobody comes."),
        )
    ],
    dashboards=[
        Dashboard(
            "Shop",
            [
                Row(
                    "All",
                    [TimeSeries("Visits", "All visits.", "sum(rate(visits_total[$__rate_interval]))", unit="reqps")],
                )
            ],
        )
    ],
    routing=Routing(Receiver("default")),
    deployment=Deployment("shop", sample_limit=1_000),
)
