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
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))
os.environ["PATH"] = os.pathsep.join([str(ROOT / ".tools" / "bin"), os.environ.get("PATH", "")])

from promspec.files import GeneratedFile  # noqa: E402
from promspec.load import load  # noqa: E402
from promspec.pipeline import compile_spec  # noqa: E402
from promspec.plan.dashboards import plan_dashboards  # noqa: E402
from promspec.render.dashboards import render_dashboards  # noqa: E402
from promspec.series import SpecSeries  # noqa: E402
from promspec.vocabulary.spec import Spec  # noqa: E402
from tests.support.backfilled import serving  # noqa: E402
from tests.support.grafana_queries import Dashboards, Target  # noqa: E402
from tools.query_cost.evaluating import RuleCosts, Watch, behind, rule_costs  # noqa: E402
from tools.query_cost.expanding import Expansion, rules_of  # noqa: E402
from tools.query_cost.fleet import Fleet  # noqa: E402
from tools.query_cost.measuring import Asked, Cost, Meter, differences  # noqa: E402
from tools.query_cost.recording import UNLIMITED, record  # noqa: E402

REFRESH = 30.0
"""Seconds between two refreshes of a dashboard, for which the rules' cost is told."""
LIMIT = 1.0
"""Raw queries of more seconds are measured over a few steps, and their cost is extended to all."""
TOLERANCE = 0.01
"""So far values may differ: what is recorded is up to an evaluation old."""
IN_MEMORY = 60
"""So many minutes of samples a Prometheus has in memory at least while its rules are measured."""
DEAREST = 12
"""So many of the rules that cost most are shown."""


@dataclass(slots=True)
class Compared:
    """A dashboard or several: what they cost as generated and by raw series, where the two disagree, what they read."""

    ours: Cost = field(default_factory=Cost)
    raw: Cost = field(default_factory=Cost)
    panels: int = 0
    different: list[str] = field(default_factory=list)
    reads: frozenset[str] = frozenset()

    def add(self, other: Compared) -> None:
        """Count another in."""
        self.ours, self.raw = self.ours + other.ours, self.raw + other.raw
        self.panels += other.panels
        self.different += other.different
        self.reads |= other.reads


def queries(folder: Path, spec: Path, since: str = "") -> Iterator[Target]:
    """What Grafana asks for the dashboards of a spec."""
    yield from _targets(folder, compile_spec(spec).files, since)


def written_queries(folder: Path, spec: Spec, since: str = "") -> Iterator[Target]:
    """The same, as the spec has them: without anything that is recorded for the dashboards."""
    series = SpecSeries(spec)
    series.panel_records = ()
    yield from _targets(folder, render_dashboards(plan_dashboards(spec, series), spec.name), since)


def _targets(folder: Path, files: Iterable[GeneratedFile], since: str) -> Iterator[Target]:
    for file in files:
        if file.path.startswith("dashboards/"):
            path = folder / file.path
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(file.text, encoding="utf-8")
    yield from Dashboards(folder / "dashboards").targets(since)


def compare(meter: Meter, pair: tuple[Target, Target], expansion: Expansion, end: float, repeats: int) -> Compared:
    """One query, as it is generated and, as the spec has it, by raw series."""
    target, written = pair
    start = end if target.instant else end - target.span
    ours, raw = Asked(target.query, start, end, target.step), expansion.raw(written.query)
    different = list(differences(meter.values(ours.query, end), meter.values(raw, end), TOLERANCE))
    return Compared(
        meter.cost(ours, repeats),
        meter.cost(Asked(raw, start, end, target.step), repeats, LIMIT),
        1,
        [f"{target.place}: {each}" for each in different],
        behind(expansion, [target.query]),
    )


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


@dataclass(frozen=True, slots=True)
class Options:
    """How large the fleet is, for how many hours it was scraped, and how it is measured."""

    instances: int
    hours: int
    repeats: int
    minutes: int
    panels: bool


def measure(folder: Path, path: Path, options: Options) -> None:
    """Print the tables of one spec."""
    spec, plan = load(path).spec, compile_spec(path).plan
    if spec is None or plan is None:
        raise SystemExit(f"{path} has errors: run promspec check {path}")
    end = int(time.time()) // 60 * 60 - IN_MEMORY * 60
    fleet = Fleet(spec, options.instances, options.hours, end)
    series, groups = SpecSeries(spec), plan.recording_rules
    began = time.perf_counter()
    database = fleet.write(folder)
    print(f"{spec.name}: {fleet.instances} instances x {len(fleet.curves)} series x {fleet.hours} h, ", end="")
    print(f"a sample each {fleet.scrape} s: ")
    print(f"  {fleet.samples:,} samples, written in {time.perf_counter() - began:.0f} s, ", end="", flush=True)
    began = time.perf_counter()
    record(folder, database, groups, series, fleet.begin, end)
    print(f"the rules run over them in {time.perf_counter() - began:.0f} s")
    costs = rule_costs(folder, fleet, groups, Watch(60 * options.minutes))
    expansion = Expansion(rules_of(groups), series)
    with serving(folder, *UNLIMITED) as server:
        meter = Meter(server)
        for since in ("", f"{options.hours}h"):
            print(f"  over {since or 'the range that a dashboard opens with'}: raw, then generated")
            rows: dict[str, Compared] = {}
            pairs = (queries(folder / "generated", path, since), written_queries(folder / "written", spec, since))
            for target, written in zip(*pairs, strict=True):
                one = compare(meter, (target, written), expansion, end, options.repeats)
                rows.setdefault(target.place.split(" / ")[0], Compared()).add(one)
                if options.panels:
                    line(target, one)
            table(rows)
            judge(rows, costs)
    dearest(costs)


def line(target: Target, one: Compared) -> None:
    """A query's line."""
    print(
        f"    {target.place[:60]:<62}{one.raw.latency * 1e3:>10,.1f} ms{one.ours.latency * 1e3:>8,.1f} ms"
        f"{one.raw.samples:>16,.0f}{one.ours.samples:>12,.0f}"
    )


def judge(rows: dict[str, Compared], costs: RuleCosts) -> None:
    """Whether both ways answered the same, and what the rules cost of what they save."""
    every = [each for row in rows.values() for each in row.different]
    count = sum(row.panels for row in rows.values())
    wrong = len({each.split(": ")[0] for each in every})
    print(f"  {count - wrong} of {count} queries have the same values both ways, within {TOLERANCE:.0%}")
    for each in every[:10]:
        print(f"    {each}")
    print(f"  CPU in the {REFRESH:.0f} s of a refresh: what one viewer saves, what the rules cost that are read for it")
    total = Compared()
    for row in rows.values():
        total.add(row)
    for name, row in {**rows, "all": total}.items():
        saved, cost = row.raw.cpu - row.ours.cpu, costs.of(row.reads) * REFRESH
        share = f"{cost / saved:>8.1%}" if saved > 0 else "       -"
        print(f"    {name[:27]:<28}{_seconds(saved):>10}{cost * 1000:>10.1f} ms{share}  ({len(row.reads)} names)")
    saved, cost = total.raw.cpu - total.ours.cpu, costs.total * REFRESH
    said = f", {cost / saved:.2%} of what a viewer of all dashboards saves" if saved > 0 else ""
    print(f"    all rules, those that no dashboard reads too: {cost * 1000:.1f} ms{said}")


def dearest(costs: RuleCosts) -> None:
    """The names whose rules cost most."""
    print(f"  Prometheus says that it spends {costs.spent * REFRESH * 1000:.1f} ms on the rules; those that cost most:")
    for name, cost in sorted(costs.by_name.items(), key=lambda pair: -pair[1])[:DEAREST]:
        print(f"    {name:<72}{cost * REFRESH * 1000:>8.2f} ms{cost / costs.total:>8.1%}")


def main() -> None:
    """Measure each spec in a folder of its own."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("specs", nargs="*", type=Path, help="the specs; without any, all in spec/")
    parser.add_argument("--instances", type=int, default=60, help="how many instances the fleet has")
    parser.add_argument("--hours", type=int, default=24, help="how many hours it was scraped for")
    parser.add_argument("--repeats", type=int, default=3, help="how often each query is asked; the median counts")
    parser.add_argument("--panels", action="store_true", help="a line for each query as well")
    parser.add_argument("--minutes", type=int, default=4, help="for how many minutes rules are measured, best 4")
    given = parser.parse_args()
    options = Options(given.instances, given.hours, given.repeats, given.minutes, given.panels)
    sys.stdout.reconfigure(line_buffering=True)  # type: ignore[union-attr]
    for spec in given.specs or sorted((ROOT / "spec").glob("[!_]*.py")):
        with tempfile.TemporaryDirectory(prefix="promspec-bench-") as name:
            measure(Path(name), spec, options)


if __name__ == "__main__":
    main()
