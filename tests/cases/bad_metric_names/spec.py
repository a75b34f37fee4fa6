"""Every way in which a metric's name can be wrong."""

from promspec import Counter, Gauge, Histogram, Info, Label, Spec

color = Label("color", "A colour.", values=["red", "blue"])

spec = Spec(
    "shop",
    owner="web",
    metrics=[
        Counter("requests", "Finished requests."),
        Counter("orders_count", "Finished orders."),
        Gauge("queue_total", "Waiting jobs."),
        Gauge("build_info", "The build."),
        Info("release", "The release."),
        Gauge("open_bucket", "Open buckets."),
        Gauge("latency_ms", "How slow."),
        Gauge("disk_mebibytes", "How full."),
        Gauge("cpu_percent", "How busy."),
        Gauge("wait_milliseconds", "How long."),
        Histogram("seconds_of_wait", "How long."),
        Gauge("shop:size", "How large."),
        Gauge("shopSize", "How large."),
        Gauge("_hidden", "Hidden."),
        Gauge("queue_gauge", "Waiting jobs."),
        Counter("sold_by_color_total", "Sold things.", labels=[color]),
        Gauge("started_timestamp", "When it started."),
        Gauge("size", "Size.", unit="bytes"),
        Gauge("backlog", "todo"),
        Gauge("waiting", "Waiting jobs,\nand more."),
    ],
)
