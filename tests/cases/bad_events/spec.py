"""Events that do not fit the metrics they move."""

from promspec import Add, Count, Counter, Event, Gauge, Histogram, Label, Observe, Operation, SetTo, Spec

pool = Label("pool", values=["small", "large"])
other = Label("pool", values=["small", "huge"])
anything = Label("pool", max_values=5)
started = Counter("started_total", "Started.", labels=[pool])
runs = Counter("runs_total", "Runs.", labels=[Label("status", values=["success", "error"])])
visits = Counter("visits_total", "Visits.", labels=[Label("who", max_values=9)])
startup = Histogram("startup_seconds", "Time to start.")
size = Gauge("queue_size", "Waiting tasks.")
foreign = Gauge("node_load1", "Load.", external=True)

spec = Spec(
    "pool",
    owner="web",
    metrics=[foreign],
    operations=[Operation("run", requests=runs)],
    events=[
        Event("Worker Started"),
        Event("worker.started", measurements=["duration_ms", "duration_ms"]),
        Event("worker.labels", measurements=["x ms"], metadata=["_hidden"]),
        Event("worker.secret", sensitive=["client"]),
        Event("worker.failed", error=True, sampling=0.5),
        Event("worker.rate", sampling=1.5, rate_limit=0),
        Event("worker.both", metadata=["a"], measurements=["a"]),
        Event("worker.amount", updates=[Count(started, amount=float("inf"), labels={"pool": "small"})]),
        Event("worker.sources", metadata=["x"], updates=[Count(started, labels={"pool": "a"}, fields={"pool": "x"})]),
        Event("worker.unfilled", metadata=["pol"], updates=[Count(started)]),
        Event("worker.value", updates=[Count(started, labels={"pool": "smal"})]),
        Event("worker.label", metadata=[pool], updates=[Count(started, labels={"pools": "small"})]),
        Event("worker.open", metadata=["pool"], updates=[Count(started)]),
        Event("worker.open_label", metadata=[anything], updates=[Count(started)]),
        Event("worker.closed", metadata=[other], updates=[Count(started)]),
        Event("worker.hidden", metadata=[pool], sensitive=["pool"], updates=[Count(started)]),
        Event("worker.token", metadata=["api_token"], updates=[Count(visits, fields={"who": "api_token"})]),
        Event("worker.measured", measurements=["duration_ms"], updates=[Observe(startup, "duration"), SetTo(size, "x")]),
        Event("worker.scaled", measurements=["duration_ms"], updates=[Observe(startup, "duration_ms", scale=1000)]),
        Event("worker.down", metadata=[pool], updates=[Count(started, amount=-1)]),
        Event("worker.foreign", updates=[Add(foreign)]),
        Event("run.ended", updates=[Count(runs, labels={"status": "success"})]),
        Event("worker.twice"),
        Event("worker_twice"),
        Event("worker.wrong", updates=[Count(size), Observe(startup)]),
    ],
)
