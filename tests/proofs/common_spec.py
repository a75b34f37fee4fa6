"""Alerts of the shapes that teams write most often, one of each, as their runbooks and rule collections have them."""

from promspec import Alert, Counter, Gauge, Histogram, Label, Runbook, Severity, Spec

queue = Label("queue", "The queue.", values=["mail", "sms"])
result = Label("result", "How it ended.", values=["ok", "failed", "timeout"])
node = Label("node", "The node.", max_values=20)
version = Label("version", "The version.", max_values=5)
mode = Label("mode", "What it was used for.", values=["idle", "user", "system"])
core = Label("cpu", "The core.", max_values=8)

requests = Counter("shop_requests_total", "Finished requests.", labels=[result])
orders = Counter("shop_orders_total", "Orders.", labels=[queue])
cpu = Counter("shop_cpu_seconds_total", "CPU.", unit="seconds", labels=[mode, core])
duration = Histogram("shop_request_duration_seconds", "Time to answer.", labels=[queue], buckets=[0.1, 0.5, 1, 2.5, 5])
depth = Gauge("shop_queue_depth", "Jobs that wait.", labels=[queue])
limit = Gauge("shop_queue_limit", "Jobs that may wait.", labels=[queue])
used = Gauge("shop_memory_used_bytes", "Memory in use.", unit="bytes")
total = Gauge("shop_memory_limit_bytes", "Memory there is.", unit="bytes")
temperature = Gauge("shop_temperature_celsius", "Of the room.", unit="celsius")
last_run = Gauge("shop_last_run_timestamp_seconds", "When the batch last ended.", unit="seconds")
start = Gauge("shop_start_time_seconds", "When it was started.", unit="seconds")
ready = Gauge("shop_node_ready", "1 if it is.", labels=[node])
build = Gauge("shop_build", "1, by version.", labels=[version])
leader = Gauge("shop_leader", "1 for the leader.")
runbook = Runbook("look", "Look", summary="Look.")

EXPRESSIONS = {
    "CountUp": 'count(up{job="shop"} == 1) < 2',
    "CountNodes": f"count({ready}) < 3",
    "CountReady": f"count({ready} == 1) < 2",
    "ReadyShare": f"count({ready} == 1) / count({ready}) < 0.5",
    "ReadyShareOr": f"(count({ready} == 1) or vector(0)) / count({ready}) < 0.5",
    "UpShare": 'sum(up{job="shop"}) / count(up{job="shop"}) < 0.5',
    "AvgUp": 'avg(up{job="shop"}) < 0.5',
    "TwoVersions": f"count(count by (version) ({build})) > 1",
    "TwoVersionsByJob": f"count by (job) (count by (job, version) ({build})) > 1",
    "Restarted": f"changes({start}[15m]) > 2",
    "RestartedSince": f"time() - {start} < 300",
    "Resets": f"resets({requests}[30m]) > 2",
    "NoLeader": f"sum({leader}) != 1",
    "NoLeaderB": f"sum({leader}) == 0",
    "TwoLeaders": f"sum({leader}) > 1",
    "Skew": f"max({temperature}) - min({temperature}) > 10",
    "SkewAvg": f"abs({temperature} - on () group_left avg({temperature})) > 10",
    "Above": f"{used} / {total} > 0.9",
    "AbovePct": f"100 * {used} / {total} > 90",
    "FreeShare": f"({total} - {used}) / {total} < 0.1",
    "CpuIdle": 'avg by (instance) (rate(shop_cpu_seconds_total{mode="idle"}[5m])) * 100 < 10',
    "CpuBusy": '100 - avg by (instance) (rate(shop_cpu_seconds_total{mode="idle"}[5m])) * 100 > 90',
    "CpuBusy1": '1 - avg by (instance) (rate(shop_cpu_seconds_total{mode="idle"}[5m])) > 0.9',
    "Anomaly": f"({temperature} - avg_over_time({temperature}[1d])) / stddev_over_time({temperature}[1d]) > 3",
    "AnomalyAbs": (
        f"abs(avg_over_time({temperature}[10m]) - avg_over_time({temperature}[1d])) "
        f"> 3 * stddev_over_time({temperature}[1d])"
    ),
    "Twice": f"sum(rate({orders}[5m])) > 2 * sum(rate({orders}[5m] offset 1w))",
    "Grown": f"{depth} > 1.5 * {depth} offset 1h",
    "GrownB": f"{depth} - {depth} offset 1h > 100",
    "Stuck": f"changes({temperature}[10m]) == 0 and {temperature} > 0",
    "StuckQueue": f"{depth} > 0 and on (queue) rate({orders}[5m]) == 0",
    "StuckQueue2": f"min_over_time({depth}[10m]) > 0 and rate({orders}[10m]) == 0",
    "NoOrders": f"sum(increase({orders}[10m])) == 0",
    "NoOrdersZero": f"(sum(increase({orders}[10m])) or vector(0)) == 0",
    "NoOrdersDay": f"sum(rate({orders}[10m])) == 0 and on () hour() >= 8 and on () hour() < 20",
    "Weekday": f"{depth} > 10 and on () day_of_week() > 0 < 6",
    "NewErrors": f"increase({requests.where(result='failed')}[5m]) > 0",
    "NewErrors2": f"({requests.where(result='failed')} unless {requests.where(result='failed')} offset 10m) > 0",
    "AbsentOrZero": f"absent({leader}) or {leader} == 0",
    "QuantileAgg": f"quantile(0.9, {temperature}) > 5",
    "BadShare": f"avg_over_time(({temperature} > bool 25)[1h:1m]) > 0.5",
    "Present": f"present_over_time({leader}[10m]) unless {leader}",
    "CountOver": f"count_over_time({temperature}[10m]) < 5",
    "SumOver": f"sum_over_time({depth}[10m]) > 500",
    "LastOver": f"last_over_time({temperature}[10m]) > 35",
    "AbsDiff": f"abs({used} - {total}) > 100",
    "Rounded": f"floor({temperature} / 10) >= 4",
    "Sqrt": f"sqrt({temperature}) > 6",
    "Exp": f"{temperature} ^ 2 > 900",
    "Group": f"group by (queue) ({depth} > 50)",
    "Bottom": f"bottomk(1, {temperature}) < 5",
    "Std": f"stddev({temperature}) > 5",
    "SlowShare": (
        '1 - sum(rate(shop_request_duration_seconds_bucket{le="0.5"}[5m])) '
        "/ sum(rate(shop_request_duration_seconds_count[5m])) > 0.05"
    ),
    "Fraction": (
        f"histogram_quantile(0.99, sum by (queue, le) (rate({duration.bucket}[5m]))) > 2 "
        f"and sum by (queue) (rate({duration.count}[5m])) > 1"
    ),
    "Saturated": f"sum by (queue) ({depth}) / on (queue) sum by (queue) ({limit}) > 0.9",
    "Joined": f"{depth} * on (instance) group_left (version) {build} > 100",
    "Smooth": f"predict_linear({depth}[30m], 3600) > 1000 and deriv({depth}[30m]) > 0",
    "Cert": f"({last_run} - time()) / 86400 < 14",
    "Unary": f"-(-{temperature}) > 10",
    "IfElse": f"({depth} > 100 and on () {leader} == 1) or ({depth} > 500)",
    "TopShare": f"max by (queue) ({depth}) / on () group_left sum({depth}) > 0.9",
    "Timestamp": f"time() - timestamp({leader}) > 60",
    "OldOver": f"time() - max_over_time({last_run}[1d]) > 7200",
    "MaxBy": f"max by (node) ({ready}) == 0",
    "AbsentJob": 'absent(up{job="shop"})',
    "SumUp": 'sum(up{job="shop"}) < 2',
    "SumUpOr": '(sum(up{job="shop"}) or vector(0)) < 2',
    "LabelReplace": f'label_replace({depth}, "q", "$1", "queue", "(.*)") > 100',
    "LabelJoin": f'label_join({depth}, "q", "-", "queue", "job") > 100',
    "Delta": f"delta({used}[1h]) > 1e9",
    "IDelta": f"idelta({used}[10m]) > 1e9",
    "ErrorBudget": f"1 - sum(rate({requests.where(result='ok')}[5m])) / sum(rate({requests}[5m])) > 0.05",
    "Or0": f"(sum(rate({requests.where(result='failed')}[5m])) or vector(0)) / sum(rate({requests}[5m])) > 0.05",
}

spec = Spec(
    "shop",
    owner="web",
    metrics=[
        *(
            requests,
            orders,
            cpu,
            duration,
            depth,
            limit,
            used,
            total,
            temperature,
            last_run,
            start,
            ready,
            build,
            leader,
        )
    ],
    alerts=[
        Alert(
            name,
            expr,
            for_="5m",
            severity=Severity.WARNING,
            summary="It is so.",
            description="It is so.",
            runbook=runbook,
        )
        for name, expr in EXPRESSIONS.items()
    ],
)
