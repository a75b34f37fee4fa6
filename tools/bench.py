"""Times every spec: the command from a cold start, the stages, importing what was generated, and one scrape of that."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from statistics import median

from promspec.pipeline import compile_spec
from promspec.plan.rules import AlertRule

ROOT = Path(__file__).resolve().parent.parent
REPEATS = 5

# Runs in a process of its own: an import can be timed only once in each.
PROBE = """
import json, sys, time
import prometheus_client
sys.path.insert(0, ".")
began = time.perf_counter()
__import__("output." + sys.argv[1] + ".instrumentation")
imported = time.perf_counter() - began
began = time.perf_counter()
text = prometheus_client.generate_latest()
scraped = time.perf_counter() - began
series = sum(1 for line in text.splitlines() if line and not line.startswith(b"#"))
print(json.dumps([imported, scraped, series]))
"""

# What Python itself costs: the peer of the command's cold start in the same run.
NOTHING = [sys.executable, "-c", "pass"]


def timed(work: Callable[[], object]) -> float:
    """Seconds that one call of `work` takes."""
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def whole_process(command: Sequence[str]) -> tuple[float, float]:
    """Seconds of wall time and MiB of peak memory of one run of a command."""
    began = time.perf_counter()
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode != 0:
        raise SystemExit(f"{' '.join(command)} exited with {process.returncode}")
    return time.perf_counter() - began, usage.ru_maxrss / 1024


def cold(command: Sequence[str]) -> tuple[float, float]:
    """Medians of wall time (s) and peak memory (MiB) over several runs."""
    runs = [whole_process(command) for _ in range(REPEATS)]
    return median(seconds for seconds, _ in runs), median(memory for _, memory in runs)


def probe(name: str) -> tuple[float, float, int]:
    """Seconds to import `output.<name>.instrumentation`, seconds to render a scrape, and the scrape's series."""
    done = subprocess.run(
        [sys.executable, "-c", PROBE, name], cwd=ROOT, capture_output=True, text=True, timeout=60, check=True
    )
    imported, scraped, series = json.loads(done.stdout)
    return imported, scraped, series


def commands(spec: Path) -> None:
    """The command from a cold start, beside an interpreter that does nothing."""
    promspec = [sys.executable, "-c", "from promspec.cli import main; main()"]
    nothing, _ = cold(NOTHING)
    print(f"  {'python -c pass':<22}{nothing:>8.2f} s")
    with tempfile.TemporaryDirectory() as folder:
        rows = {
            "generate, all new": [*promspec, "generate", str(spec), "--force", "--output", folder],
            "generate --check": [*promspec, "generate", "--check", str(spec)],
            "check": [*promspec, "check", str(spec)],
        }
        for name, command in rows.items():
            seconds, memory = cold(command)
            print(f"  {name:<22}{seconds:>8.2f} s{memory:>8.0f} MiB{seconds / nothing:>8.1f} x")


def contents(spec: Path) -> None:
    """What the spec gives: files, lines, rules, alerts, panels."""
    compiled = compile_spec(spec)
    plan = compiled.plan
    assert plan is not None, f"{spec} has errors"
    alerts = sum(isinstance(rule, AlertRule) for group in plan.alerting_rules for rule in group.rules)
    records = sum(len(group.rules) for group in plan.recording_rules)
    panels = sum(len(row.panels) for board in plan.dashboards for row in board.rows)
    lines = sum(file.text.count("\n") for file in compiled.files)
    print(
        f"  {len(compiled.files)} files, {lines:,} lines; {len(plan.instrumentation.metrics)} metrics, {records} ",
        end="",
    )
    print(f"recording rules, {alerts} alerts, {len(plan.dashboards)} dashboards with {panels} panels")


def main() -> None:
    """Print a paragraph per spec."""
    for spec in sorted((ROOT / "spec").glob("[!_]*.py")):
        print(spec.stem)
        contents(spec)
        commands(spec)
        warm = median(timed(partial(compile_spec, spec)) for _ in range(REPEATS))
        print(f"  {'compile, warm':<22}{warm:>8.2f} s")
        imported, scraped, series = (
            median(column) for column in zip(*(probe(spec.stem) for _ in "12345"), strict=True)
        )
        print(f"  {'import generated':<22}{imported * 1e3:>8.0f} ms")
        print(f"  {'one scrape':<22}{scraped * 1e3:>8.1f} ms   {series:.0f} series")


if __name__ == "__main__":
    main()
