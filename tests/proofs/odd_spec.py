"""Alerts of odd shapes, of which each is proven or asks for a Scenario."""

from promspec import Alert, Counter, Gauge, Histogram, Label, RecordingRule, Runbook, Severity, Spec

queue = Label("queue", "The queue.", values=["mail", "sms"])
result = Label("result", "How it ended.", values=["ok", "failed", "timeout"])
path = Label("path", "The route.", max_values=20)

requests = Counter("shop_requests_total", "Finished requests.", labels=[result])
orders = Counter("shop_orders_total", "Orders.", labels=[queue])
duration = Histogram("shop_request_duration_seconds", "Time to answer.", labels=[path], buckets=[0.1, 0.5, 1, 2.5, 5])
depth = Gauge("shop_queue_depth", "Jobs that wait.", labels=[queue])
limit = Gauge("shop_queue_limit", "Jobs that may wait.", labels=[queue])
disk = Gauge("shop_disk_free_bytes", "Free space.", unit="bytes")
temperature = Gauge("shop_temperature_celsius", "Of the room.", unit="celsius")
last_run = Gauge("shop_last_run_timestamp_seconds", "When the batch last ended.", unit="seconds")
maintenance = Gauge("shop_maintenance", "1 while somebody works on it.")
replicas = Gauge("shop_replicas", "Replicas that are ready.")
version = Gauge("shop_version", "1, by version.", labels=[Label("release", "The version.", max_values=5)])
runbook = Runbook("look", "Look", summary="Look.")

depth_5m = RecordingRule("queue:shop_queue_depth:avg5m", f"avg_over_time({depth}[5m])")

EXPRESSIONS = {
    "QuantileHigh": f"histogram_quantile(0.95, sum by (le) (rate({duration.bucket}[5m]))) > 2",
    "QuantileByPath": f"histogram_quantile(0.9, sum by (path, le) (rate({duration.bucket}[10m]))) > 1",
    "RatioWithTraffic": (
        f'sum(rate({requests}{{result!="ok"}}[5m])) / sum(rate({requests}[5m])) > 0.1 '
        f"and sum(rate({requests}[5m])) > 0.5"
    ),
    "RatioOfRegex": f'sum(rate({requests}{{result=~"failed|timeout"}}[5m])) / sum(rate({requests}[5m])) > 0.25',
    "AverageHigh": f"rate({duration.sum}[5m]) / rate({duration.count}[5m]) > 1.5",
    "Absent": f"absent({replicas})",
    "AbsentOverTime": f"absent_over_time({replicas}[10m])",
    "AbsentOfJob": 'absent(up{job="shop"} == 1)',
    "DiskFull": f"predict_linear({disk}[6h], 4 * 3600) < 0",
    "DiskFullSoon": f"predict_linear({disk}[1h], 86400) < 0 and {disk} < 1e9",
    "Rising": f"deriv({temperature}[30m]) > 0.01",
    "RisenMuch": f"delta({temperature}[1h]) > 10",
    "Flapping": f"changes({maintenance}[1h]) > 4",
    "Restarts": f"resets({requests}[30m]) > 2",
    "LessThanYesterday": f"sum(rate({orders}[1h])) < 0.5 * sum(rate({orders}[1h] offset 1d))",
    "QueueFull": f"{depth} > 100 unless on () {maintenance} == 1",
    "QueueOverLimit": f"{depth} / on (queue) {limit} > 0.9",
    "QueueOverLimitIgnoring": f"{depth} > ignoring (instance) group_left 0.8 * max by (queue, job) ({limit})",
    "TopQueue": f"topk(1, sum by (queue) ({depth})) > 500",
    "MaxOfSubquery": f"max_over_time(sum(rate({requests}[5m]))[30m:1m]) > 100",
    "MinOfSubquery": f"min_over_time({depth}[15m]) > 50",
    "Stale": f"time() - {last_run} > 7200",
    "StaleMax": f"time() - max({last_run}) > 7200 and on () absent({maintenance} == 1)",
    "TimestampOld": f"time() - timestamp({replicas}) > 60",
    "MaxOverTime": f"max_over_time({temperature}[10m]) > 35",
    "TwoVersions": f"count(count by (release) ({version})) > 1",
    "CountValues": f'count(count_values("replicas", {replicas})) > 1',
    "BoolSum": f"sum({replicas} < bool 2) > 1",
    "Relabelled": f'label_replace({depth} > 200, "team", "$1-team", "queue", "(.*)")',
    "Increase": f"increase({requests.where(result='timeout')}[15m]) > 3",
    "Irate": f"irate({orders}[2m]) > 50",
    "Between": f"{temperature} > 10 and {temperature} < 20",
    "Outside": f"{temperature} < 5 or {temperature} > 60",
    "NotEqual": f"{replicas} != 3",
    "Recorded": f"{depth_5m} > 80",
    "StandardDeviation": f"stddev_over_time({temperature}[30m]) > 5",
    "Scalar": f"sum({depth}) > scalar(sum({limit}))",
    "Percent": f"100 * (1 - {disk} / 2e9) > 90",
    "QuantileOverTime": f"quantile_over_time(0.9, {temperature}[20m]) > 30",
    "Negated": f"-{temperature} > 5",
    "Modulo": f"{replicas} % 2 == 1",
    "Clamped": f"clamp_max({depth}, 300) > 250",
    "HourOfDay": f"{depth} > 10 and on () hour() < 6",
}

spec = Spec(
    "shop",
    owner="web",
    metrics=[requests, orders, duration, depth, limit, disk, temperature, last_run, maintenance, replicas, version],
    recording_rules=[depth_5m],
    alerts=[
        Alert(
            name,
            expr,
            for_="0s" if index % 3 == 0 else "5m",
            severity=Severity.WARNING,
            summary="It is so.",
            description="Now {{ $value | humanize }}." if index % 2 else "",
            runbook=runbook,
        )
        for index, (name, expr) in enumerate(EXPRESSIONS.items())
    ],
)
