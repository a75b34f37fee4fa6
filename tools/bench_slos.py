"""Counts the samples that the rules of one SLO read: ours beside rules after Sloth and Pyrra, 60 instances x 30 days.

A real Prometheus is asked, over blocks that promtool backfilled. The raw counters have a sample a minute, to keep that
affordable: with scrapes every 15 seconds what is read of raw series is four times as much, what is recorded is not.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))
os.environ["PATH"] = os.pathsep.join([str(ROOT / ".tools" / "bin"), os.environ.get("PATH", "")])

from promspec import promtool  # noqa: E402
from promspec.load import load  # noqa: E402
from promspec.plan.alerting_rules import plan_alerting_rules  # noqa: E402
from promspec.plan.recording_rules import plan_recording_rules  # noqa: E402
from promspec.plan.rules import Record  # noqa: E402
from promspec.quantities import milliseconds  # noqa: E402
from tests.slo_corpus.rule_sets import BUDGET, ERRORS, REQUESTS, SPEC, sloth_alerts, sloth_records  # noqa: E402
from tests.support.processes import listening  # noqa: E402

INSTANCES, DAYS, STEP = 60, 30, 60
CLOCK = ("1m", "1m")
DAY = 86_400


@dataclass(frozen=True, slots=True)
class Rule:
    """An expression, how often it is evaluated, and the name that it is recorded under."""

    expr: str
    interval: str
    record: str = ""


def ours(folder: Path) -> list[Rule]:
    """What promspec generates for the SLO."""
    spec = folder / "spec.py"
    spec.write_text(SPEC.format(scrape=CLOCK[0], evaluation=CLOCK[1]), encoding="utf-8")
    loaded = load(spec).spec
    assert loaded is not None
    groups = (*plan_recording_rules(loaded), *plan_alerting_rules(loaded))
    found = [(group.interval, rule) for group in groups for rule in group.rules if "slo" in group.name]
    return [Rule(rule.expr, interval, rule.record if isinstance(rule, Record) else "") for interval, rule in found]


def sloth() -> list[Rule]:
    """Sloth's rules: every window from raw rates."""
    rules = [*sloth_records(), *sloth_alerts()]
    return [Rule(rule["expr"], CLOCK[1], rule.get("record", "")) for rule in rules]


PYRRA = (("5m", "1h4m", 14), ("32m", "6h26m", 7), ("2h9m", "1d1h43m", 2), ("6h26m", "4d6h51m", 1))
"""Its windows for 30 days. Source: https://github.com/pyrra-dev/pyrra, slo/slo.go, Windows."""


def pyrra() -> list[Rule]:
    """Pyrra's rules: burn rates from raw rates, and the period from raw increases every two and a half minutes."""
    windows = sorted({window for short, long, _ in PYRRA for window in (short, long)}, key=milliseconds)
    rates = [(w, f"sum(rate({ERRORS}[{w}])) / sum(rate({REQUESTS}[{w}]))") for w in windows]
    rules = [Rule(expr, CLOCK[1], f"requests:burnrate{window}") for window, expr in rates]
    for short, long, factor in PYRRA:
        pair = [f"requests:burnrate{window} > ({factor} * {BUDGET})" for window in (short, long)]
        rules.append(Rule(" and ".join(pair), CLOCK[1]))
    return [*rules, *(Rule(f"sum(increase({name}[{DAYS}d]))", "2m30s") for name in (REQUESTS, ERRORS))]


def lines(begin: int, end: int, recorded: dict[str, int], origin: int) -> Iterator[str]:
    """The samples from `begin` up to `end`: the raw counters, and what rules have recorded, as often as they do."""
    for name, rate in ((REQUESTS, 10), (ERRORS, 0.005)):
        for instance in range(INSTANCES):
            series = f'{name}{{job="shop",instance="{instance}",version="1"}}'
            yield from (f"{series} {(at - origin) * rate:g} {at}" for at in range(begin, end, STEP))
    for series, step in recorded.items():
        yield from (f"{series} 1 {at}" for at in range(begin, end, step))


def backfill(folder: Path, end: int, recorded: dict[str, int]) -> None:
    """Blocks of a day each."""
    begin = end - DAYS * DAY
    for day in range(DAYS):
        path = folder / "samples.txt"
        first = begin + day * DAY
        with path.open("w", encoding="utf-8") as file:
            file.writelines(f"{line}\n" for line in lines(first, first + DAY, recorded, begin))
            file.write("# EOF\n")
        command = [str(promtool.find()), "tsdb", "create-blocks-from", "openmetrics", "--max-block-duration=24h"]
        subprocess.run([*command, str(path), str(folder / "tsdb")], check=True, capture_output=True, timeout=600)


def recorded_by(rules: list[Rule], labels: str) -> dict[str, int]:
    """The series that rules record, with the seconds between their samples."""
    named = {rule.record: milliseconds(rule.interval) // 1000 for rule in rules if rule.record}
    return {f"{name}{labels}": step for name, step in named.items()}


def read(client: httpx.Client, expr: str, at: int) -> tuple[int, float]:
    """The samples that an expression reads, and the seconds it takes."""
    answer = client.get("/api/v1/query", params={"query": expr, "time": at, "stats": "all"}).json()
    assert answer["status"] == "success", answer
    stats = answer["data"]["stats"]
    return stats["samples"]["totalQueryableSamples"], stats["timings"]["execTotalTime"]


def report(client: httpx.Client, name: str, rules: list[Rule], at: int) -> int:
    """Print a line for a rule set; gives its samples per minute."""
    samples, seconds, each = 0.0, 0.0, 0
    for rule in rules:
        times = 60_000 / milliseconds(rule.interval)
        count, took = read(client, rule.expr, at)
        samples, seconds, each = samples + count * times, seconds + took * times, each + count
    counts = f"{each:>12,} samples at once{samples:>12,.0f} a minute"
    print(f"  {name:<12}{len(rules):>3} rules{counts}{seconds:>8.3f} s a minute")
    return round(samples)


def main() -> None:
    """Backfill, ask, and print a line for each rule set."""
    with tempfile.TemporaryDirectory(prefix="promspec-bench-") as name:
        folder = Path(name)
        sets = {"promspec": ours(folder), "Sloth-style": sloth(), "Pyrra-style": pyrra()}
        end = int(time.time()) // 7200 * 7200 - 7200
        recorded = recorded_by(sets["promspec"], '{slo="requests",spec="shop"}')
        for other in ("Sloth-style", "Pyrra-style"):
            recorded |= recorded_by(sets[other], "")
        began = time.perf_counter()
        backfill(folder, end, recorded)
        raw = 2 * INSTANCES * DAYS * DAY // STEP
        print(f"one SLO, {INSTANCES} instances x {DAYS} days, {raw:,} raw samples ", end="")
        print(f"({STEP} s apart), backfilled in {time.perf_counter() - began:.0f} s")
        (folder / "prometheus.yml").write_text("global: {}\n", encoding="utf-8")

        def command(port: int) -> list[str]:
            options = [
                "--storage.tsdb.retention.time=90d",
                "--log.level=warn",
                f"--web.listen-address=127.0.0.1:{port}",
            ]
            paths = [f"--config.file={folder / 'prometheus.yml'}", f"--storage.tsdb.path={folder / 'tsdb'}"]
            return [str(promtool.find("prometheus")), *paths, *options]

        with (
            listening("Prometheus", command, "/-/ready", folder / "log", seconds=120) as server,
            httpx.Client(base_url=server.url, timeout=300, trust_env=False) as client,
        ):
            read_by = {name: report(client, name, rules, end - STEP) for name, rules in sets.items()}
        for other in ("Sloth-style", "Pyrra-style"):
            print(f"  {other} reads {read_by[other] / read_by['promspec']:,.0f} times what promspec reads")


if __name__ == "__main__":
    main()
