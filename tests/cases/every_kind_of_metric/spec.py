from promspec import Counter, Gauge, Histogram, Info, Label, Spec

size = Label("size", "How large.", values=["small", "large"])
tenant = Label("tenant", "Whose it is.", max_values=50)

spec = Spec(
    "shop",
    owner="web",
    metrics=[
        Counter("orders_total", "Finished orders.", labels=[size, tenant]),
        Counter("orders_lost_total", "Orders that were lost.", labels=[size], initialise="never"),
        Gauge("queue_jobs", "Waiting jobs.", labels=[size]),
        Gauge("memory_bytes", "Memory in use.", unit="bytes"),
        Histogram("order_duration_seconds", "Time to take an order.", labels=[size], buckets=[0.1, 0.5, 1, 2.5]),
        Histogram("wait_seconds", "Time in the queue."),
        Info("shop_info", "The version that runs."),
    ],
)
