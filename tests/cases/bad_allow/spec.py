"""Allowances: one that works, and all that do not."""

from promspec import Counter, Gauge, Spec

spec = Spec(
    "shop",
    owner="web",
    metrics=[
        Gauge("latency_ms", "How slow.", allow={"metric/base-unit": "a partner reads this name"}),
        Gauge("wait_ms", "How slow.", allow={"metric/base-unit": " "}),
        Gauge("size_bytes", "How large.", allow={"metric/base-unit": "not needed"}),
        Gauge("speed", "How fast.", allow={"metric/base-units": "misspelt"}),
        Counter("a_total", "A.", allow={"metric/duplicate": "no"}),
    ],
)
