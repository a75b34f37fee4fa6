"""The spec that the tests of events, logs and health generate, and its package."""

from __future__ import annotations

import time
from collections.abc import Callable

SIGNALS = """
pool = Label("pool", values=["small", "large"])
how = Label("class", values=["crash", "kill"])
started = Counter("started_total", "Started.", labels=[pool])
rows = Counter("rows_total", "Rows.", labels=[Label("task", max_values=9)])
startup = Histogram("startup_seconds", "Time to start.", labels=[pool], buckets=[0.1, 1])
size = Gauge("queue_size", "Waiting.")
spec = Spec(
    "pit", owner="o",
    events=[
        Event("worker.started", "One runs.", measurements=["duration_ms", "queue_size"], metadata=[pool, "worker_id"],
              updates=[Count(started), Observe(startup, "duration_ms"), SetTo(size, "queue_size")]),
        Event("worker.crashed", "One died.", metadata=[pool, how, "exit_code"], error=True),
        Event("request.done", measurements=["rows"], metadata=["task", "client"], sampling=0.5, sensitive=["client"],
              updates=[Count(rows, amount="rows")]),
        Event("noise", rate_limit=3, updates=[Add(size, amount=-1)]),
    ],
    health_checks=[
        HealthCheck("workers", warning=2, failing=1, worse="below", reason="no_workers", timeout="5s"),
        HealthCheck("error_rate", warning=0.1, probes=[], timeout="5s"),
        HealthCheck("core", probes=["live", "startup"], timeout="5s"),
    ],
    health=Health(cache="0s"),
    logging=Logging("debug", sensitive=["iban"], max_length=100),
)
"""


def until(condition: Callable[[], object], seconds: float = 5.0) -> None:
    """Wait for a condition; fail if it does not come true."""
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it did not come true"
        time.sleep(0.005)
