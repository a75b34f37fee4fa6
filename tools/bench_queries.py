"""What a spec's dashboards cost a Prometheus: by what is recorded, and by scraped series alone; and what rules cost.

    python tools/bench_queries.py [spec/X.py ...] [--instances 60] [--hours 24] [--panels]

A fleet is backfilled, its rules are run over it, and a real Prometheus is asked what Grafana would ask: each panel's
query as it is generated, and the same with every recorded series replaced by what its rule asks. docs/query_cost.md
says more.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))
os.environ["PATH"] = os.pathsep.join([str(ROOT / ".tools" / "bin"), os.environ.get("PATH", "")])

from promspec.load import load  # noqa: E402
from promspec.pipeline import compile_spec  # noqa: E402
from promspec.plan.rules import Group, Record  # noqa: E402
from promspec.quantities import milliseconds  # noqa: E402
from promspec.series import SpecSeries  # noqa: E402
from tests.support.backfilled import serving  # noqa: E402
from tests.support.grafana_queries import Dashboards, Target  # noqa: E402
from tools.query_cost.expanding import Expansion, rules_of  # noqa: E402
from tools.query_cost.fleet import END, Fleet  # noqa: E402
from tools.query_cost.measuring import Asked, Cost, Meter, differences  # noqa: E402
from tools.query_cost.recording import UNLIMITED, record  # noqa: E402

REFRESH = 30.0
"""Seconds between two refreshes of a dashboard, and the time over which the rules' cost is counted."""
LIMIT = 1.0
"""Raw queries of more seconds are measured over a few steps, and their cost is extended to all."""
TOLERANCE = 0.01
"""So far values may differ: what is recorded is up to an evaluation old."""
CLAIMED = 3.3
"""So many times faster the seeds of this project claim recorded series to be."""


@dataclass(slots=True)
class Compared:
    """A dashboard or several: what they cost as generated and by raw series, and where the two disagree."""

    ours: Cost = field(default_factory=Cost)
    raw: Cost = field(default_factory=Cost)
    panels: int = 0
    different: list[str] = field(default_factory=list)

    def add(self, other: Compared) -> None:
        """Count another in."""
        self.ours, self.raw = self.ours + other.ours, self.raw + other.raw
        self.panels += other.panels
        self.different += other.different


def queries(folder: Path, spec: Path, since: str = "") -> Iterator[Target]:
    """What Grafana asks for the dashboards of a spec."""
    for file in compile_spec(spec).files:
        if file.path.startswith("dashboards/"):
            path = folder / file.path
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(file.text, encoding="utf-8")
    yield from Dashboards(folder / "dashboards").targets(since)


def compare(meter: Meter, target: Target, expansion: Expansion, repeats: int) -> Compared:
    """One query, as it is generated and by raw series."""
    start = END if target.instant else END - target.span
    ours, raw = Asked(target.query, start, END, target.step), expansion.raw(target.query)
    different = list(differences(meter.values(ours.query, END), meter.values(raw, END), TOLERANCE))
    return Compared(
        meter.cost(ours, repeats),
        meter.cost(Asked(raw, start, END, target.step), repeats, LIMIT),
        1,
        [f"{target.place}: {each}" for each in different],
    )


def rules_cost(meter: Meter, groups: Sequence[Group], repeats: int) -> Cost:
    """What the recording rules cost in the time of a refresh, each group as often as it is evaluated."""
    total = Cost()
    for group in groups:
        for rule in group.rules:
            if isinstance(rule, Record):
                once = meter.cost(Asked(rule.expr, END, END, 0), repeats)
                total += once * (REFRESH * 1000 / milliseconds(group.interval))
    return total


def table(rows: dict[str, Compared]) -> None:
    """A line for each dashboard, then all of them."""
    total = Compared()
    for row in rows.values():
        total.add(row)
    print(f"  {'':<28}{'queries':>8}{'latency':>20}{'samples read':>32}{'CPU':>20}")
    for name, row in {**rows, "all": total}.items():
        ours, raw = row.ours, row.raw
        pairs = ((raw.latency, ours.latency), (raw.samples, ours.samples), (raw.cpu, ours.cpu))
        print(
            f"  {name[:27]:<28}{row.panels:>8}{_seconds(raw.latency):>10}{_seconds(ours.latency):>10}"
            f"{raw.samples:>18,.0f}{ours.samples:>14,.0f}{_seconds(raw.cpu):>10}{_seconds(ours.cpu):>10}",
            "".join(f"{_times(*pair):>12}" for pair in pairs),
        )


def _times(raw: float, ours: float) -> str:
    return f"{raw / ours:,.1f} x" if ours else "-"


def _seconds(length: float) -> str:
    return f"{length:,.1f} s" if length >= 10 else f"{length * 1000:,.0f} ms"


def measure(folder: Path, path: Path, instances: int, hours: int, repeats: int, panels: bool) -> None:
    """Print the tables of one spec."""
    spec, plan = load(path).spec, compile_spec(path).plan
    if spec is None or plan is None:
        raise SystemExit(f"{path} has errors: run promspec check {path}")
    fleet, series, groups = Fleet(spec, instances, hours), SpecSeries(spec), plan.recording_rules
    began = time.perf_counter()
    database = fleet.write(folder)
    print(
        f"{spec.name}: {instances} instances x {len(fleet.curves)} series x {hours} h, a sample each {fleet.scrape} s: "
    )
    print(f"  {fleet.samples:,} samples, written in {time.perf_counter() - began:.0f} s, ", end="", flush=True)
    began = time.perf_counter()
    record(folder, database, groups, series, fleet.begin, END)
    print(f"the rules run over them in {time.perf_counter() - began:.0f} s")
    expansion = Expansion(rules_of(groups), series)
    with serving(folder, *UNLIMITED) as server:
        meter = Meter(server)
        cost = rules_cost(meter, groups, repeats)
        for since in ("", f"{hours}h"):
            rows = compared(meter, folder, path, since, expansion, repeats, panels)
            print(f"  over {since or 'the range that a dashboard opens with'}: raw, then generated")
            table(rows)
            judge(rows, cost)


def compared(
    meter: Meter, folder: Path, spec: Path, since: str, expansion: Expansion, repeats: int, panels: bool
) -> dict[str, Compared]:
    """Each dashboard's comparison; with `panels`, a line for each query."""
    rows: dict[str, Compared] = {}
    for target in queries(folder, spec, since):
        one = compare(meter, target, expansion, repeats)
        rows.setdefault(target.place.split(" / ")[0], Compared()).add(one)
        if panels:
            print(
                f"    {target.place[:60]:<62}{one.raw.latency * 1e3:>10,.1f} ms{one.ours.latency * 1e3:>8,.1f} ms"
                f"{one.raw.samples:>16,.0f}{one.ours.samples:>12,.0f}",
                flush=True,
            )
    return rows


def judge(rows: dict[str, Compared], rules: Cost) -> None:
    """Whether both ways answered the same, and what the rules cost of what they save."""
    every = [each for row in rows.values() for each in row.different]
    count = sum(row.panels for row in rows.values())
    wrong = len({each.split(": ")[0] for each in every})
    print(f"  {count - wrong} of {count} queries have the same values both ways, within {TOLERANCE:.0%}")
    for each in every[:10]:
        print(f"    {each}")
    saved = {name: row.raw.cpu - row.ours.cpu for name, row in rows.items()}
    shares = {
        "all dashboards": sum(saved.values()),
        "one of them, on average": sum(saved.values()) / len(saved),
    } | saved
    print(
        f"  all rules, in the {REFRESH:.0f} s of a refresh: {rules.samples:,.0f} samples, {_seconds(rules.cpu)} of CPU"
    )
    said = (f"{name} {rules.cpu / each:.1%}" for name, each in shares.items() if each > 0)
    print(f"  which is, of what they save a viewer of {', '.join(said)}")
    print(f"  the seeds of this project claim that recorded series are {CLAIMED} times faster")


def main() -> None:
    """Measure each spec in a folder of its own."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("specs", nargs="*", type=Path, help="the specs; without any, all in spec/")
    parser.add_argument("--instances", type=int, default=60, help="how many instances the fleet has")
    parser.add_argument("--hours", type=int, default=24, help="how many hours it was scraped for")
    parser.add_argument("--repeats", type=int, default=3, help="how often each query is asked; the median counts")
    parser.add_argument("--panels", action="store_true", help="a line for each query as well")
    given = parser.parse_args()
    sys.stdout.reconfigure(line_buffering=True)  # type: ignore[union-attr]
    for spec in given.specs or sorted((ROOT / "spec").glob("[!_]*.py")):
        with tempfile.TemporaryDirectory(prefix="promspec-bench-") as name:
            measure(Path(name), spec, given.instances, given.hours, given.repeats, given.panels)


if __name__ == "__main__":
    main()
