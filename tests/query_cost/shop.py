"""A spec whose dashboard reads what rules, an SLO and dashboards record: rates, ratios, quantiles, sums over time."""

from __future__ import annotations

from promspec import (
    SLO,
    Availability,
    Code,
    Counter,
    Dashboard,
    ErrorCodes,
    Gauge,
    Histogram,
    Label,
    Operation,
    RecordingRule,
    Row,
    Spec,
    TimeSeries,
)

engine = Label("engine", 'Which "engine"; äöü and $1 are allowed.', values=["a", "b\\c", 'd"$1', "ü"])
status = Label("status", "How it ended.", values=["success", "error"])


class ShopError(ErrorCodes):
    TIMEOUT = Code("timeout", action="Wait.")
    REFUSED = Code("refused", action="Ask.", spends_budget=False)


requests = Counter("requests_total", "Requests.", labels=[engine, status])
errors = Counter("errors_total", "Errors.", labels=[engine, ShopError.label])
took = Histogram("took_seconds", "How long.", labels=[engine], buckets=[0.1, 1, 10])
buy = Operation("buy", requests=requests, errors=errors)
load = Gauge("load_ratio", "Load.", labels=[engine])

rate = RecordingRule("engine:requests:rate5m", f"sum by (job, engine) (rate({requests}[5m]))")
failed = RecordingRule("code:errors:rate5m", f"sum by (job, code) (rate({errors}[5m]))")
ratio = RecordingRule("job:errors:ratio", f"sum by (job) ({failed}) / (sum by (job) ({rate}) > 0)")
p90 = RecordingRule("engine:took:p90", f"histogram_quantile(0.9, sum by (job, engine, le) (rate({took.bucket}[5m])))")
where = RecordingRule("here:load:max", f"max by (job) ({load})", labels={"place": 'here "$1"'})

QUERIES = [
    str(rate),
    'code:errors:rate5m{code="timeout"}',
    str(ratio),
    str(p90),
    'here:load:max{place=~"here.*"}',
    "max_over_time(engine:requests:rate5m[10m])",
    "engine:requests:rate5m offset 10m",
    'slo:error_ratio:rate1h{spec="shop"}',
    'slo:error_budget_remaining:ratio{spec="shop"}',
    f"sum by (status) (rate({requests}[$__rate_interval]))",
    f"histogram_quantile(0.5, sum by (le) (rate({took.bucket}[$__rate_interval])))",
    f"sum by (engine) (rate({errors.where(code='timeout')}[$__rate_interval]))",
    f"avg by (engine) ({load})",
    f"sum by (status) (increase({requests}[$__rate_interval]))",
    f"max by (status) (rate({requests}[10m]))",
    str(load),
]

spec = Spec(
    "shop",
    owner="web",
    error_codes=ShopError,
    metrics=[load, took],
    operations=[buy],
    recording_rules=[rate, failed, ratio, p90, where],
    slos=[SLO("buying", Availability(buy), objective=99, window="30d")],
    dashboards=[
        Dashboard("Shop", [Row("All", [TimeSeries("Chart", "A chart.", QUERIES, unit="short")])], variables=[engine])
    ],
)
