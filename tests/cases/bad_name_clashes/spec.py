from promspec import Counter, Gauge, Histogram, Spec

spec = Spec(
    "shop",
    owner="web",
    metrics=[
        Counter("requests_total", "Finished requests."),
        Counter("requests_total", "Finished requests, again."),
        Gauge("requests", "Running requests."),
        Gauge("requests_created", "When it began."),
        Histogram("wait_seconds", "How long."),
        Counter("waits_total", "Waits."),
        Gauge("wait_s_total_x", "Nearly."),
        Gauge("waitsecs", "One."),
        Gauge("wait_secs", "Two.", allow={"metric/base-unit": "an old name that a partner reads"}),
        Gauge("up", "Whether it is up."),
        Gauge("promspec_shop", "Ours."),
        Gauge("process_open_fds", "Files."),
    ],
)
