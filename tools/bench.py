"""Times, for every spec: compiling it, importing what was generated from it, and one scrape of that (best of five)."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

from promspec.pipeline import compile_spec

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


def timed(work: Callable[[], object]) -> float:
    """Seconds that one call of `work` takes."""
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def probe(name: str) -> tuple[float, float, int]:
    """Seconds to import `output.<name>.instrumentation`, seconds to render a scrape, and the scrape's series."""
    done = subprocess.run(
        [sys.executable, "-c", PROBE, name], cwd=ROOT, capture_output=True, text=True, timeout=60, check=True
    )
    imported, scraped, series = json.loads(done.stdout)
    return imported, scraped, series


def main() -> None:
    """Print one line per spec, times in milliseconds."""
    print(f"{'spec':<24}{'compile ms':>12}{'import ms':>12}{'scrape ms':>12}{'series':>10}")
    for spec in sorted((ROOT / "spec").glob("[!_]*.py")):
        compiled = min(timed(partial(compile_spec, spec)) for _ in range(REPEATS))
        probes = [probe(spec.stem) for _ in range(REPEATS)]
        imported, scraped, series = (min(column) for column in zip(*probes, strict=True))
        print(f"{spec.stem:<24}{compiled * 1e3:>12.1f}{imported * 1e3:>12.1f}{scraped * 1e3:>12.2f}{series:>10.0f}")


if __name__ == "__main__":
    main()
