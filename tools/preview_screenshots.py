"""Takes the screenshots of docs/preview: the CAD system's pages over a made-up day with an incident, in Chromium.

The day is not a measurement: every series of the spec moves by a fixed rule, and one provider fails for 40 minutes.
With pngquant on PATH the pictures become a third as large.
"""

from __future__ import annotations

import math
import os
import shutil
import subprocess
import sys
import tempfile
import zlib
from collections.abc import Iterator
from itertools import chain, product
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))
os.environ["PATH"] = os.pathsep.join([str(ROOT / ".tools" / "bin"), os.environ.get("PATH", "")])

from promspec import naming, objectives  # noqa: E402
from promspec.cli.remembering import compiled  # noqa: E402
from promspec.plan.catalog_entries import MetricEntry  # noqa: E402
from promspec.previewing.asking import Window, asked  # noqa: E402
from promspec.previewing.server import Server  # noqa: E402
from promspec.previewing.site import preview  # noqa: E402
from promspec.vocabulary.spec import Spec  # noqa: E402
from tests.support.backfilled import backfill, backfill_rules, serving  # noqa: E402
from tests.support.browser import Browser  # noqa: E402

END = 1_769_868_000
"""2026-01-31 14:00:00 UTC."""
HOURS, STEP = 4, 30
START = END - HOURS * 3600
INCIDENT = (END - 55 * 60, END - 15 * 60)
FAILING = "paddle"
PASSES = 7
"""How deep the rules read each other."""
_PROCESS = {
    "process_resident_memory_bytes": 3.1e8,
    "process_cpu_seconds_total": 0.4,
    "process_open_fds": 60.0,
    "process_max_fds": 1024.0,
    "python_gc_collections_total": 0.2,
}
"""What the client library tells of each process, about."""
PICTURES = ROOT / "docs" / "preview"


def samples(metrics: tuple[MetricEntry, ...], job: str, spec: str) -> Iterator[str]:
    """Every series of the metrics over the day, for two instances."""
    for instance in ("one:8000", "two:8000"):
        target = {"instance": instance, "job": job}
        yield from (
            f"{_series('promspec_info', {**target, 'spec': spec})} 1 {at}" for at in range(START, END + 1, STEP)
        )
        yield from (f"{_series('up', target)} 1 {at}" for at in range(START, END + 1, STEP))
        for name, rate in _PROCESS.items():
            yield from _counter(name, target, rate) if name.endswith("_total") else _flat(name, target, rate)
        for metric in metrics:
            for values in product(*(label.values or ("default",) for label in metric.labels)):
                labels = {label.name: value for label, value in zip(metric.labels, values, strict=True)}
                yield from _metric(metric, {**labels, **target})


def promises(spec: Spec, providers: tuple[str, ...]) -> Iterator[str]:
    """Since when each SLO has been recorded: some days, or the incident would be a large part of all there was."""
    since = naming.slo_since(objectives.clock(spec.deployment).base)
    for slo in spec.slos:
        for values in product(*(providers for _ in slo.group_labels)):
            labels = {"slo": slo.name, "spec": spec.name, **dict(zip(slo.group_labels, values, strict=True))}
            series = _series(since, labels)
            yield from (f"{series} {START - 5 * 86_400} {at}" for at in range(START, END + 1, 60))


def _flat(name: str, labels: dict[str, str], value: float) -> Iterator[str]:
    series = _series(name, labels)
    yield from (f"{series} {value * _wave(name, labels, at):.6g} {at}" for at in range(START, END + 1, STEP))


def _metric(metric: MetricEntry, labels: dict[str, str]) -> Iterator[str]:
    if metric.kind.startswith("counter"):
        yield from _counter(metric.name, labels, _rate(metric.name, labels))
    elif metric.kind == "histogram":
        yield from _histogram(metric, labels)
    else:
        name = metric.name
        yield from (
            f"{_series(name, labels)} {_level(name, labels, at):.6g} {at}" for at in range(START, END + 1, STEP)
        )


def _counter(name: str, labels: dict[str, str], rate: float) -> Iterator[str]:
    total, series = 0.0, _series(name, labels)
    for at in range(START, END + 1, STEP):
        total += rate * STEP * _wave(name, labels, at) * _fault(name, labels, at)
        yield f"{series} {total:.2f} {at}"


def _histogram(metric: MetricEntry, labels: dict[str, str]) -> Iterator[str]:
    rate, bounds = _rate(metric.name, labels), [float(bound) for bound in metric.buckets]
    middle = bounds[len(bounds) // 2 - 1] * (0.1 + 0.1 * _chance(f"{labels}"))
    counts, total, sums = [0.0] * len(bounds), 0.0, 0.0
    for at in range(START, END + 1, STEP):
        slow = 2.6 if _failing(labels, at) else 1 + 0.3 * math.sin(at / 5000 + 9 * _chance(str(labels)))
        events = rate * STEP * _wave(metric.name, labels, at)
        total, sums = total + events, sums + events * middle * slow
        for index, bound in enumerate(bounds):
            part = 1.0 if math.isinf(bound) else 1 / (1 + (max(bound, 1e-9) / (middle * slow or 1)) ** -3.2)
            counts[index] += events * part
            bucket = _series(f"{metric.name}_bucket", {**labels, "le": metric.buckets[index]})
            yield f"{bucket} {counts[index]:.2f} {at}"
        yield f"{_series(f'{metric.name}_count', labels)} {total:.2f} {at}"
        yield f"{_series(f'{metric.name}_sum', labels)} {sums:.2f} {at}"


def _rate(name: str, labels: dict[str, str]) -> float:
    """Events per second: few of what is bad, many of what is well."""
    bad = any(word in name for word in ("error", "reject", "limited", "blocked", "rollback", "evict", "miss", "drop"))
    status = labels.get("status", "success")
    share = {"success": 1.0, "cache_hit": 0.4}.get(status, 0.002)
    return (0.0002 if bad else 1.0) * share * (0.3 + _chance(f"{name}{labels}"))


def _fault(name: str, labels: dict[str, str], at: int) -> float:
    """How many times as often it happens in the incident."""
    if not _failing(labels, at):
        return 1.0
    bad = "error" in name or labels.get("status") in ("error", "rejected")
    chosen = labels.get("code", "provider_timeout") in ("provider_timeout", "network_error")
    return 160.0 if bad and chosen else 0.6 if not bad else 1.0


def _level(name: str, labels: dict[str, str], at: int) -> float:
    """A gauge at a time."""
    wave = _wave(name, labels, at)
    if name.endswith(("_info", "_loaded")):
        return 1.0
    if "state" in labels:
        open_ = _failing({"provider": labels.get("circuit", "")}, at)
        return float(labels["state"] == ("open" if open_ else "closed"))
    if "timestamp" in name or "start_time" in name:
        return float(START - 86_400)
    if name.endswith("_bytes"):
        return 4e8 * wave
    if any(word in name for word in ("ratio", "ema", "percent", "score", "drift", "confidence")):
        return 0.02 + 0.03 * wave + (0.2 if INCIDENT[0] <= at < INCIDENT[1] and "error" in name else 0)
    if name == "vector_store_stats" or "snapshots" in name:
        return 12.0
    return round(20 * wave)


def _failing(labels: dict[str, str], at: int) -> bool:
    return INCIDENT[0] <= at < INCIDENT[1] and labels.get("provider") == FAILING


def _wave(name: str, labels: dict[str, str], at: int) -> float:
    """Between a half and one and a half, slow, with some noise that is the same at every run."""
    phase = 6.3 * _chance(f"{name}{sorted(labels.items())}")
    return 1 + 0.25 * math.sin(at / 2600 + phase) + 0.25 * (_chance(f"{at // 120}{phase}") - 0.5)


def _chance(text: str) -> float:
    """A number 0-1 that follows from a text alone."""
    return zlib.crc32(text.encode()) / 0xFFFFFFFF


def _series(name: str, labels: dict[str, str]) -> str:
    inside = ",".join(f'{label}="{value}"' for label, value in labels.items())
    return f"{name}{{{inside}}}"


def build(folder: Path) -> Path:
    """The pages over the made-up day."""
    found = compiled(ROOT / "spec" / "cad_ml_platform.py")
    assert found.spec is not None
    assert found.plan is not None
    entries = found.plan.catalog.metrics
    vision = next(entry for entry in entries if entry.name == "vision_requests_total")
    providers = next(label.values for label in vision.labels if label.name == "provider")
    backfill(folder, chain(samples(entries, found.spec.job, found.spec.name), promises(found.spec, providers)))
    backfill_rules(folder, ROOT / "output" / found.spec.name / "recording_rules.yml", START, END, PASSES)
    with serving(folder) as server:
        data = asked(found.plan.dashboards, Server(server.url), Window(float(END)))
    pages = folder / "pages"
    pages.mkdir()
    for file in preview(found.spec, found.plan, data):
        (pages / file.path).write_text(file.text.replace(server.url, "http://prometheus.example.com"), encoding="utf-8")
    return pages


def main() -> None:
    """Build the pages and take every picture."""
    PICTURES.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="promspec-preview-") as name:
        pages = Path(sys.argv[1]) if len(sys.argv) > 1 else build(Path(name))
        overview = "dashboard-cad-ml-platform-platform-overview.html"
        for picture, page, width, height, dark in (
            ("dashboard-light", overview, 1360, 1150, False),
            ("dashboard-dark", overview, 1360, 1150, True),
            ("alerts", "alerts.html", 1360, 860, False),
            ("overview", "index.html", 1360, 900, False),
            ("phone", overview, 390, 844, True),
        ):
            with Browser(width, height, dark=dark) as browser:
                browser.open(pages / page)
                path = PICTURES / f"{picture}.png"
                path.write_bytes(browser.screenshot())
                if pngquant := shutil.which("pngquant"):
                    subprocess.run([pngquant, "--force", "--strip", "--speed=1", f"--output={path}", path], check=True)
                print(f"{path.relative_to(ROOT)}: {path.stat().st_size:,} bytes")


if __name__ == "__main__":
    main()
