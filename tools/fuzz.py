"""Fuzzes PromQL, inference and lint with hostile, random and damaged input; prints how much, and what failed."""

from __future__ import annotations

import argparse
import faulthandler
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from tests.support.fuzz_targets import Fuzzer, good_files  # noqa: E402

HANG = 60
"""Seconds after which an input counts as hung: its stack is printed, and the run ends."""


def main() -> int:
    """Run every part."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--bytes", type=int, default=1_000_000, help="random bytes, in many small inputs")
    options.add_argument("--expressions", type=int, default=100_000, help="random expressions, by the grammar")
    options.add_argument("--seed", type=int, default=1)
    chosen = options.parse_args()
    failures = 0
    with tempfile.TemporaryDirectory(prefix="promspec-fuzz-") as name:
        for part in ("hostile", "bytes", "expressions"):
            fuzzer = Fuzzer(Path(name), chosen.seed)
            began = time.perf_counter()
            fuzzer.before = lambda: faulthandler.dump_traceback_later(HANG, exit=True)
            if part == "hostile":
                fuzzer.hostile()
            elif part == "bytes":
                fuzzer.random_bytes(chosen.bytes, good_files(ROOT / "tests" / "lint_corpus" / "good"))
            else:
                fuzzer.expressions(chosen.expressions)
            faulthandler.cancel_dump_traceback_later()
            tally, took = fuzzer.tally, time.perf_counter() - began
            print(
                f"{part}: {tally.inputs:,} inputs, {tally.bytes:,} random bytes, {tally.expressions:,} expressions "
                f"({tally.parsed:,} parsed) in {took:.0f} s; slowest {tally.slowest * 1000:.0f} ms: {tally.slow}"
            )
            for failure in tally.failures[:20]:
                print(f"  {failure}")
            failures += len(tally.failures) + tally.misplaced
    print(f"{failures} failures")
    return int(failures > 0)


if __name__ == "__main__":
    raise SystemExit(main())
