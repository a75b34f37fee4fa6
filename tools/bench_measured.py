"""What is measured by `bench_instrumentation`: a package generated for it, and the same families of its peers."""

from __future__ import annotations

import atexit
import importlib
import os
import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import prometheus_client
from prometheus_client import CollectorRegistry, values

from promspec.load import load
from promspec.plan.instrumentation import plan_instrumentation
from promspec.render.instrumentation import render_instrumentation

BUCKETS = [0.005, 0.01, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10]
CLOSED = {"provider": "paddle", "code": "timeout", "stage": "infer"}

SPEC = f"""
from promspec import *

provider = Label("provider", values=["paddle", "deepseek", "tesseract"])
stage = Label("stage", values=["load", "preprocess", "infer", "parse", "postprocess"])
status = Label("status", values=["success", "error", "rejected"])
many = [Label("a", max_values=1_000), Label("b", max_values=1_000)]

class ErrorCode(ErrorCodes):
    TIMEOUT = Code("timeout", exceptions=["builtins.TimeoutError"])
    INTERNAL = Code("internal_error")

requests = Counter("requests_total", "Requests.", labels=[provider, status])
errors = Counter("errors_total", "Errors.", labels=[provider, ErrorCode.label, stage])
seconds = Histogram("seconds", "Time.", labels=[provider], buckets={BUCKETS})
stages = Histogram("stage_seconds", "Time.", labels=[provider, stage], buckets={BUCKETS})
job = Operation("job", requests=requests, errors=errors, duration=seconds, stages=stages)
happened = Event("job.happened", "It happened.", measurements=["duration_ms"], metadata=[provider, status, "who"],
                 updates=[Count(requests), Observe(seconds, "duration_ms")])
noted = Event("job.noted", "It was noted.", measurements=["duration_ms"], metadata=["who"], sampling=0.0)
spec = Spec("measured", owner="bench", error_codes=ErrorCode, operations=[job], events=[happened, noted], metrics=[
    Counter("many_total", "Many.", labels=many), Histogram("many_seconds", "Many.", labels=many, buckets={BUCKETS}),
    Gauge("level", "Level.", labels=[provider]),
])
"""


def package() -> Any:
    """The instrumentation of `SPEC`, generated, and imported with a registry of its own."""
    folder = Path(tempfile.mkdtemp(prefix="promspec-bench-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    (folder / "spec.py").write_text(SPEC, encoding="utf-8")
    spec = load(folder / "spec.py").spec
    assert spec is not None
    for file in render_instrumentation(plan_instrumentation(spec), "spec.py"):
        target = folder / "measured" / file.path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(file.text, encoding="utf-8")
    sys.path.insert(0, str(folder))
    usual, prometheus_client.REGISTRY = prometheus_client.REGISTRY, CollectorRegistry()
    try:
        return importlib.import_module("measured.instrumentation")
    finally:
        prometheus_client.REGISTRY = usual


def package_again() -> Any:
    """The package, imported anew: with no series."""
    for name in [name for name in sys.modules if name.split(".")[0] == "measured"]:
        del sys.modules[name]
    usual, prometheus_client.REGISTRY = prometheus_client.REGISTRY, CollectorRegistry()
    try:
        return importlib.import_module("measured.instrumentation")
    finally:
        prometheus_client.REGISTRY = usual


@contextmanager
def several_processes() -> Iterator[None]:
    """What is imported or made meanwhile belongs to a service of several processes, ours and the client's."""
    with tempfile.TemporaryDirectory() as folder:
        usual, os.environ["PROMETHEUS_MULTIPROC_DIR"] = values.ValueClass, folder
        values.ValueClass = values.MultiProcessValue()  # type: ignore[no-untyped-call]
        try:
            yield
        finally:
            values.ValueClass = usual
            del os.environ["PROMETHEUS_MULTIPROC_DIR"]


def opentelemetry() -> dict[str, Any]:
    """A counter and a histogram of the SDK; nothing if it is not installed."""
    try:
        metrics = importlib.import_module("opentelemetry.sdk.metrics")
        export = importlib.import_module("opentelemetry.sdk.metrics.export")
        view = importlib.import_module("opentelemetry.sdk.metrics.view")
    except ImportError:
        return {}
    buckets = view.View(instrument_name="s", aggregation=view.ExplicitBucketHistogramAggregation(BUCKETS))
    meter = metrics.MeterProvider([export.InMemoryMetricReader()], views=[buckets]).get_meter("bench")
    return {"otel_counter": meter.create_counter("c"), "otel_histogram": meter.create_histogram("s")}


def peers(kind: str, side: int) -> Any:
    """A family of prometheus_client with side² series."""
    registry = CollectorRegistry()
    if kind == "counter":
        family: Any = prometheus_client.Counter("many_total", "Many.", ["a", "b"], registry=registry)
    else:
        family = prometheus_client.Histogram("many_seconds", "M.", ["a", "b"], buckets=BUCKETS, registry=registry)
    for a in range(side):
        for b in range(side):
            child = family.labels(f"value-{a}", f"value-{b}")
            child.inc() if kind == "counter" else child.observe(0.3)
    return registry


def fill(ours: Any, kind: str, side: int) -> None:
    """The same in ours."""
    for a in range(side):
        for b in range(side):
            if kind == "counter":
                ours.metrics.many_total.inc(a=f"value-{a}", b=f"value-{b}")
            else:
                ours.metrics.many_seconds.observe(0.3, a=f"value-{a}", b=f"value-{b}")
