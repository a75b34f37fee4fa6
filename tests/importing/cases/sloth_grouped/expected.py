"""The SLOs of api, imported from in.yml. Yours to edit."""

from promspec import SLO, Counter, Histogram, Label, Ratio, Spec

# What the queries select. Something else exposes it, so nothing is generated for it but rules.
route = Label("route", max_values=100)
label_class = Label("class", "Asked for: 5xx", max_values=100)
code = Label("code", "Asked for: 2.., not 204", max_values=100)
api_requests_total = Counter(
    "api_requests_total",
    "Counted by the SLO by-route.",
    labels=[route, label_class],
    external=True,
)
api_duration_seconds = Histogram(
    "api_duration_seconds",
    "Counted by the SLO slow-by-route.",
    labels=[route, code],
    buckets=[5],
    external=True,
)
api_jobs_failed_total = Counter("api_jobs_failed_total", "Counted by the SLO per-series.", external=True)
api_jobs_total = Counter("api_jobs_total", "Counted by the SLO per-series.", external=True)

# in.yml:4
by_route = SLO(
    "by-route",
    Ratio(bad=api_requests_total.where(**{"class": "5xx"}), total=api_requests_total),
    objective=99,
    group_by=[route],
)

# in.yml:11
slow_by_route = SLO(
    "slow-by-route",
    Ratio(
        bad=(
            f'sum by (route) (increase({api_duration_seconds.count}{{code=~"2..",code!="204"}}[$window])) - sum by '
            f'(route) (increase({api_duration_seconds.bucket}{{code=~"2..",code!="204",le="5"}}[$window]))'
        ),
        total=f'sum by (route) (increase({api_duration_seconds.count}{{code=~"2..",code!="204"}}[$window]))',
    ),
    objective=99,
    group_by=[route],
)

# in.yml:19
per_series = SLO(
    "per-series",
    Ratio(bad=f"increase({api_jobs_failed_total}[$window])", total=f"increase({api_jobs_total}[$window])"),
    objective=90,
)

spec = Spec(
    "api",
    owner="api",
    metrics=[api_requests_total, api_duration_seconds, api_jobs_failed_total, api_jobs_total],
    slos=[by_route, slow_by_route, per_series],
)
