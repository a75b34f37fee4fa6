"""A small spec whose dashboards have every kind of panel and the oddities that any spec may have."""

from __future__ import annotations

from promspec import (
    SLO,
    Availability,
    BarGauge,
    Code,
    Counter,
    Dashboard,
    Deployment,
    ErrorCodes,
    Gauge,
    GaugePanel,
    Heatmap,
    Histogram,
    Label,
    Operation,
    Query,
    RecordingRule,
    Row,
    Severity,
    Spec,
    Stat,
    StateTimeline,
    Table,
    Text,
    TimeSeries,
)

engine = Label("engine", "Which engine reads the drawing.", values=["paddle", "tesseract"])
status = Label("status", "How it ended.", values=["success", "error", "rejected"])
compare_status = Label("status", "How a comparison ended.", values=["success", "not_found"])
class_ = Label("class", "A keyword of Python as a label.", max_values=20)
state = Label("state", "Of the breaker.", values=["closed", "open"])


class Failure(ErrorCodes):
    """What can go wrong."""

    TIMEOUT = Code("timeout", severity=Severity.WARNING, action="Look at the engine's health.")
    BAD_INPUT = Code("bad_input", severity=Severity.INFO, action="None.", spends_budget=False)


requests = Counter("read_requests_total", "Finished requests.", labels=[engine, status])
errors = Counter("read_errors_total", "Failed requests.", labels=[engine, Failure.label])
duration = Histogram("read_duration_seconds", "Time to answer.", labels=[engine], buckets=[0.1, 0.5, 1, 5])
compared = Counter("compare_requests_total", "Comparisons.", labels=[compare_status, class_])
breaker = Gauge("breaker_state", "1 for the state it is in.", labels=[engine, state])
disk = Gauge("node_filesystem_avail_bytes", "Free space, from node_exporter.", external=True)
idle = Gauge("idle_workers", "Workers without work.")
error_ratio = RecordingRule(
    "engine:read_errors:ratio",
    f"sum by (engine) (rate({errors}[5m])) / sum by (engine) (rate({requests}[5m]))",
)
read = Operation("read", requests=requests, errors=errors, duration=duration)

overview = Dashboard(
    "Platform Overview",
    [
        Row(
            "At a glance",
            [
                Stat(
                    "Requests",
                    "Finished requests per second.",
                    f"sum(rate({requests}[$__rate_interval]))",
                    unit="reqps",
                    decimals=2,
                ),
                Stat(
                    "Up",
                    "Whether the processes can be scraped.",
                    "min(up) or vector(0)",
                    unit="none",
                    sparkline=False,
                    thresholds=[(None, "red"), (1, "green")],
                    mappings={0: ("down", "red"), 1: "up", "nan": "unknown"},
                ),
                Stat("Idle", 'Workers without work: "idle", \\ and {braces}.', idle, unit="suffix:workers"),
                GaugePanel(
                    "Error ratio",
                    "Failed over all requests.",
                    f"max({error_ratio})",
                    unit="percentunit",
                    thresholds=[(None, "green"), (0.01, "orange"), (0.05, "red")],
                ),
            ],
        ),
        Row(
            "Traffic",
            [
                TimeSeries(
                    "Requests by outcome",
                    "Finished requests per second, by status — größer als 0.",
                    {"{{status}}": f"sum by (status) (rate({requests.where(engine='paddle')}[$__rate_interval]))"},
                    unit="reqps",
                    min=0,
                    stacked=True,
                ),
                TimeSeries(
                    "Latency",
                    "Time to answer.",
                    [
                        Query(
                            f"histogram_quantile(0.95, sum by (le) (rate({duration.bucket}[$__rate_interval])))", "p95"
                        ),
                        Query(f"max(rate({duration.sum}[$__rate_interval]))", "busiest"),
                    ],
                    unit="s",
                    thresholds=[(None, "green"), (2.5, "red")],
                ),
                TimeSeries("Comparisons", "By status and class.", f"rate({compared}[$__rate_interval])", unit="ops"),
                BarGauge(
                    "Errors by code",
                    "Failed requests per second.",
                    {"{{code}}": f"sum by (code) (rate({errors}[$__rate_interval]))"},
                    unit="eps",
                ),
            ],
        ),
        Row(
            "Detail",
            [
                Heatmap(
                    "Durations",
                    "Requests by duration.",
                    f"sum by (le) (increase({duration.bucket}[$__rate_interval]))",
                    unit="s",
                ),
                Heatmap(
                    "Error ratio by engine",
                    "Failed over all requests.",
                    {"{{engine}}": error_ratio},
                    unit="percentunit",
                    buckets=False,
                    scheme="Reds",
                    min=0,
                    max=0.25,
                ),
                Table(
                    "Slowest",
                    "Requests of each engine.",
                    {
                        "Requests": f"topk(5, sum by (engine, status) (increase({requests}[1h])))",
                        "Errors": f"sum by (engine) (increase({errors}[1h]))",
                    },
                    unit="short",
                    columns={"engine": "Engine"},
                    thresholds=[(None, "text"), (10, "red")],
                ),
                Table("Free space", "By host.", disk, unit="bytes", width=6, height=4),
                StateTimeline(
                    "Breakers",
                    "Open or closed.",
                    {"{{engine}}": f"max by (engine) ({breaker.where(state='open')})"},
                    unit="none",
                    mappings={0: ("closed", "green"), 1: ("open", "red")},
                ),
                Text("What to do", "Advice.", "Read the **runbook**; it costs $5."),
            ],
            collapsed=True,
        ),
    ],
    description="What to look at first.",
    variables=[engine, status, class_],
    tags=["overview", "read-service"],
    links={"Source": "https://example.org/read?a=b&c=d"},
)
recorded_only = Dashboard(
    "Ratios",
    [
        Row("All", [TimeSeries("Error ratio", "Recorded.", error_ratio, unit="percentunit")]),
        Row("Missing", [Stat("Absent", "1 if nothing is scraped.", f"absent({requests})", unit="bool_yes_no")]),
    ],
    uid="ratios",
    variables=[status, engine],
    refresh="1h30m",
    since="2d12h",
)
words = Dashboard("Words only", [Row("Text", [Text("Hello", "A greeting.", "# Hello")])], refresh="0s")

spec = Spec(
    "read_service",
    owner="reading-team",
    error_codes=Failure,
    metrics=[compared, breaker, disk, idle],
    operations=[read],
    recording_rules=[error_ratio],
    slos=[SLO("read-availability", Availability(read), objective=99.5)],
    dashboards=[overview, recorded_only, words],
    deployment=Deployment("read-service", scrape_interval="10s"),
)
