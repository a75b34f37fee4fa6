"""Things of the wrong kind: classes for instances, numbers as texts, one thing twice, names that Prometheus refuses."""

from promspec import (
    SLO,
    Alert,
    Availability,
    Code,
    Counter,
    Dashboard,
    Email,
    ErrorCodes,
    Gauge,
    Histogram,
    Label,
    Latency,
    PagerDuty,
    RecordingRule,
    Row,
    Runbook,
    Severity,
    Slack,
    Spec,
    Stat,
    Webhook,
    matches,
)

region = Label("region", "Where.", values=["eu", "us"])
tenant = Label("tenant", "Who.", max_values="50")
book = Runbook("book", "A book", summary="What to do.")


class Plain(ErrorCodes):
    TIMEOUT = "timeout"


class Fallback(ErrorCodes, fallback="TIMOUT"):
    TIMEOUT = Code("timeout", action="Wait.")


class Option(ErrorCodes, labelname="code"):
    TIMEOUT = Code("timeout", action="Wait.")


orders = Counter("orders_total", "Finished orders.", labels=(label for label in [region]))
duration = Histogram("order_duration_seconds", "Time per order.", buckets=["0.1", 0.5])
queue = Gauge("queue_length", "Waiting\x00orders.", labels=[region])
size = Gauge("size_bytes", "Size.", labels=[region], allow=["metric/help"])
stock = Gauge("stock_items", "Items in stock.", labels=[Label("shelf", "Which.", max_values=10)])

spec = Spec(
    "class",
    owner="web",
    error_codes=ErrorCodes,
    metrics=[orders, duration, queue, size, stock, Counter],
    recording_rules=[
        RecordingRule("a:orders:rate5m", f"rate({orders}[5m])", labels={"bad-label": "x"}),
        RecordingRule("b:orders:rate5m", f"rate({orders}[5m])", labels={"__name__": "x"}, interval="0s"),
    ],
    slos=[
        SLO("bare", Availability, objective=99, runbook=book),
        SLO("nan", Latency(duration, below=float("nan")), objective="99", runbook=book),
        SLO("counter", Availability(orders), objective=99, traffic="a lot", window=30, runbook=book),
    ],
    alerts=[
        Alert("Number", f"rate({orders}[5m]) > 1", for_=300, severity="warning", summary="S.", runbook=Runbook),
        Alert("Misspelt", f"rate({orders}[5m]) > 1", severity=Severity.INFO, sumary="S.", runbook=book),
        Alert("Key", f"rate({orders}[5m]) > 1", severity="info", summary="S.", annotations={"a b": "x"}, runbook=book),
    ],
    dashboards=[
        Dashboard(
            "D",
            [
                Row(
                    "R",
                    [
                        Stat("None", "Where None.", f"sum({stock.where(shelf=None)})", unit="short"),
                        Stat("Class", "Where a class.", f"sum({stock.where(shelf=Label)})", unit="short"),
                        Stat("Regex", "A bad one.", f"sum({stock.where(shelf=matches('a('))})", unit="short"),
                        Stat("Alert", "No query.", book, unit="short", thresholds=[(None, "green"), ("10", "red")]),
                    ],
                )
            ],
        )
    ],
)
mail = Email("nobody")
slack = Slack("#x", api_url_file="https://hooks.slack.com/services/T0/B0/x")
pager = PagerDuty(routing_key_file="0123456789abcdef0123456789abcdef")
hook = Webhook("https://user:password@hooks.example.com/x")
