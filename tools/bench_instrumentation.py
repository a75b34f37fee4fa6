"""Times the generated instrumentation beside prometheus_client and the OpenTelemetry SDK, in one run, on the same work.

What is compared takes turns: a round times each once, so that a busy machine slows all of them. Printed are the medians
over the rounds and the median of each round's ratio. The same figures go to .bench/instrumentation.json.
"""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
import tempfile
import time
import tracemalloc
from collections.abc import Callable
from dataclasses import asdict
from functools import partial
from pathlib import Path
from statistics import median
from typing import Any

import prometheus_client
from prometheus_client import CollectorRegistry, generate_latest

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from tools.bench_measured import (  # noqa: E402
    BUCKETS,
    CLOSED,
    fill,
    opentelemetry,
    package,
    package_again,
    peers,
    several_processes,
)
from tools.bench_rows import ROUNDS, Row, in_turns, rows  # noqa: E402

IMPORT = """
import sys, time, prometheus_client
sys.path.insert(0, ".")
began = time.perf_counter()
import output.cad_ml_platform.instrumentation
print(time.perf_counter() - began)
"""


def hot_paths(ours: Any) -> list[Row]:
    """Counting and observing."""
    registry = CollectorRegistry()
    counter = prometheus_client.Counter("errors_total", "E.", ["provider", "code", "stage"], registry=registry)
    histogram = prometheus_client.Histogram("seconds", "S.", ["provider"], buckets=BUCKETS, registry=registry)
    gauge = prometheus_client.Gauge("level", "L.", ["provider"], registry=registry)
    otel = opentelemetry()
    names = {
        "m": ours.metrics,
        "code": ours.ErrorCode.TIMEOUT,
        "counter": counter,
        "child": counter.labels(**CLOSED),
        "histogram": histogram,
        "spread": histogram.labels("paddle"),
        "gauge": gauge,
        **otel,
    }
    labels = 'provider="paddle", code=code, stage="infer"'
    counters = {
        "ours": f"m.errors_total.inc({labels})",
        ".labels(**kw).inc()": f"counter.labels({labels}).inc()",
        ".labels(*args).inc()": 'counter.labels("paddle", code, "infer").inc()',
        "cached child .inc()": "child.inc()",
    }
    histograms = {
        "ours": 'm.seconds.observe(0.3, provider="paddle")',
        ".labels(**kw).observe()": 'histogram.labels(provider="paddle").observe(0.3)',
        "cached child .observe()": "spread.observe(0.3)",
    }
    if otel:
        attributes = '{"provider": "paddle", "code": code, "stage": "infer"}'
        counters["OpenTelemetry .add()"] = f"otel_counter.add(1, {attributes})"
        histograms["OpenTelemetry .record()"] = 'otel_histogram.record(0.3, {"provider": "paddle"})'
    amounts = {"ours": f"m.errors_total.inc(2, {labels})", ".labels(**kw).inc(2)": f"counter.labels({labels}).inc(2)"}
    gauges = {
        "ours": 'm.level.set(3, provider="paddle")',
        ".labels(**kw).set()": 'gauge.labels(provider="paddle").set(3)',
    }
    return [
        *rows(
            "counter, 3 closed labels",
            in_turns(counters, names),
            {".labels(**kw).inc()": "8", "cached child .inc()": "2", "OpenTelemetry .add()": "20"},
        ),
        *rows(
            "histogram, 10 buckets",
            in_turns(histograms, names),
            {".labels(**kw).observe()": "5", "OpenTelemetry .record()": "20"},
        ),
        *rows("counter, an amount of 2", in_turns(amounts, names), {}),
        *rows("gauge, set", in_turns(gauges, names), {}),
    ]


def processes() -> list[Row]:
    """The same calls in a service of several processes, beside those of one, and the client in its own such mode."""
    alone = package_again()
    with several_processes():
        shared = package_again()
        registry = CollectorRegistry()
        counter = prometheus_client.Counter("errors_total", "E.", ["provider", "code", "stage"], registry=registry)
        histogram = prometheus_client.Histogram("seconds", "S.", ["provider"], buckets=BUCKETS, registry=registry)
        gauge = prometheus_client.Gauge("level", "L.", ["provider"], registry=registry, multiprocess_mode="livesum")
        calls = {
            "counter": (
                "errors_total.inc(",
                "counter.labels({}).inc()",
                ", ".join(f"{k}={v!r}" for k, v in CLOSED.items()),
            ),
            "histogram": ("seconds.observe(0.3, ", "histogram.labels({}).observe(0.3)", 'provider="paddle"'),
            "gauge": ("level.set(3, ", "gauge.labels({}).set(3)", 'provider="paddle"'),
        }
        names = {"shared": shared.metrics, "alone": alone.metrics, "counter": counter}
        names |= {"histogram": histogram, "gauge": gauge}
        found = []
        for what, (own, client, labels) in calls.items():
            statements = {
                "ours": f"shared.{own}{labels})",
                "ours in one process": f"alone.{own}{labels})",
                "the client, several processes": client.format(labels),
            }
            found += rows(f"{what}, several processes", in_turns(statements, names), {"ours in one process": "0.5"})
        return found


def operations(ours: Any) -> list[Row]:
    """A tracked operation: count, duration, one stage; and one that ends in an exception."""

    def fine() -> None:
        with ours.job.track(provider="paddle") as request, request.stage("infer"):
            pass

    def failing() -> None:
        try:
            with ours.job.track(provider="paddle") as request, request.stage("infer"):
                raise TimeoutError
        except TimeoutError:
            pass

    times = in_turns({"fine": "fine()", "failing": "failing()"}, {"fine": fine, "failing": failing}, 500)
    target = "< 5 µs"
    return [
        Row("tracked operation with a stage", "-", median(times["fine"]), 0, "ns", 0, target),
        Row("the same, mapping an exception", "-", median(times["failing"]), 0, "ns", 0, target),
    ]


def events() -> list[Row]:
    """An event that nobody samples: without a consumer, with one that does not get it; and the metrics it moves."""
    fresh = package_again()
    names = {"events": fresh.events}
    quiet = {"ours": 'events.job_noted(duration_ms=3, who="a")'}
    counted = {"ours": 'events.job_happened(duration_ms=3, provider="paddle", status="success", who="a")'}
    alone, moving = in_turns(quiet, names), in_turns(counted, names)
    fresh.events.register_consumer("job.*", lambda record: None)
    sampled_out = in_turns(quiet, names)
    found = {
        "event without a consumer": (alone, "< 1 µs"),
        "event that is sampled out": (sampled_out, "< 1 µs"),
        "event that counts and observes": (moving, ""),
    }
    return [Row(what, "-", median(times["ours"]), 0, "ns", 0, target) for what, (times, target) in found.items()]


def timed(work: Callable[[], object]) -> float:
    """Seconds of one call."""
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def expositions(ours: Any) -> list[Row]:
    """100,000 series, per series, the first time excluded; then 1,000."""
    registry = peers("counter", 316)
    fill(ours, "counter", 316)
    series = 316 * 316
    ours.exposition()
    own, theirs = [], []
    for _ in range(5):
        own.append(timed(ours.exposition) / series * 1e9)
        theirs.append(timed(lambda: generate_latest(registry)) / series * 1e9)
    ratio = median(b / a for a, b in zip(own, theirs, strict=True))
    small = prometheus_client.CollectorRegistry()
    storage = ours.metrics.errors_total._storage
    family = type(storage)("counter", "thousand_total", "Thousand.", ["a"])
    for number in range(1_000):
        next(family.cell((f"value-{number}",)))
    small.register(family)
    texts = [timed(lambda: "".join(family.slices(False)).encode()) * 1e9 for _ in range(ROUNDS)]
    small_peer = peers("counter", 32)
    clients = [timed(lambda: generate_latest(small_peer)) * 1e9 for _ in range(9)]
    held, idle, held_by_client = (
        stall(ours.scrape),
        stall(lambda: time.sleep(0.1)),
        stall(lambda: generate_latest(registry)),
    )
    what = "event loop held up, 100,000 series"
    return [
        Row(what, "nothing to do", held, idle, "ns", idle / held, ""),
        Row(what, "generate_latest in a thread", held, held_by_client, "ns", held_by_client / held, ""),
        Row("exposition, 100,000 series, each", "generate_latest", median(own), median(theirs), "ns", ratio, "30"),
        Row(
            "exposition, 1,000 series, whole",
            "generate_latest",
            median(texts),
            median(clients),
            "ns",
            median(clients) / median(texts),
            "< 1 ms",
        ),
    ]


def stall(work: Callable[[], object]) -> float:
    """Nanoseconds: the longest that an event loop was held up while a thread did something; the median of nine."""

    async def watched() -> float:
        worst, done = 0.0, asyncio.create_task(asyncio.to_thread(work))
        while not done.done():
            began = time.perf_counter()
            await asyncio.sleep(0.001)
            worst = max(worst, time.perf_counter() - began - 0.001)
        return worst

    return median(asyncio.run(watched()) for _ in range(9)) * 1e9


def memories() -> list[Row]:
    """Bytes per series after a scrape, of 10,000 counters and 2,500 histograms."""
    found = []
    for kind, side in (("counter", 100), ("histogram", 50)):
        fresh = package_again()
        own = allocated(partial(scraped, fresh, kind, side))
        theirs = allocated(partial(peers_scraped, kind, side))
        series = side * side
        what = f"memory of a {kind}"
        found.append(Row(what, "prometheus_client", own / series, theirs / series, "B", theirs / own, "2"))
    return found


_kept: list[object] = []


def scraped(fresh: Any, kind: str, side: int) -> None:
    """Fill the package, and scrape it once."""
    fill(fresh, kind, side)
    fresh.exposition()


def peers_scraped(kind: str, side: int) -> None:
    """Fill a registry of the client, hold on to it, and scrape it once."""
    registry = peers(kind, side)
    _kept.append(registry)
    generate_latest(registry)


def allocated(work: Callable[[], object]) -> int:
    """Bytes that are still allocated after the work."""
    tracemalloc.start()
    work()
    size, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    return size


def import_time() -> float:
    """Seconds to import the CAD package after prometheus_client, in a process of its own; compiled, as if installed."""
    with tempfile.TemporaryDirectory() as cache:
        environment = {**os.environ, "PYTHONPYCACHEPREFIX": cache}
        environment.pop("PYTHONDONTWRITEBYTECODE", None)
        command = [sys.executable, "-c", IMPORT]
        runs = [
            subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=True).stdout
            for _ in range(8)
        ]
    return median(map(float, runs[1:]))  # The first one compiled.


def main() -> None:
    """Print the table and write the file."""
    ours = package()
    table = [*hot_paths(ours), *processes(), *operations(ours), *events(), *expositions(ours)]
    table += memories()
    table.append(Row("import of the CAD package", "-", import_time() * 1e9, 0, "ns", 0, "< 50 ms"))
    print("instrumentation")
    for row in table:
        theirs = f"{row.theirs:>14,.0f}{row.ratio:>9.1f} x" if row.theirs else " " * 25
        target = f"   ({row.target if row.target[:1] == '<' else '≥ ' + row.target})" if row.target else ""
        print(f"  {row.what:<36}{row.peer:<26}{row.ours:>12,.0f} {row.unit:<2}{theirs}{target}")
    (ROOT / ".bench").mkdir(exist_ok=True)
    figures = {"python": sys.version.split()[0], "rounds": ROUNDS, "rows": [asdict(row) for row in table]}
    (ROOT / ".bench" / "instrumentation.json").write_text(json.dumps(figures, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
