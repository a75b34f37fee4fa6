"""Times lint: inference alone, the check of the CAD spec beyond its imports, a directory of 1,000 rule files."""

from __future__ import annotations

import json
import re
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from promspec.linting.nodes import Source  # noqa: E402
from promspec.linting.paths import read  # noqa: E402
from promspec.linting.recognising import Recogniser  # noqa: E402
from promspec.linting.registry import DEPLOYMENT, LintRegistry  # noqa: E402
from promspec.linting.rule_files import RuleReader  # noqa: E402
from promspec.promql import Expr, infer  # noqa: E402
from promspec.promql.parser import _parsed  # noqa: E402
from tests.lint_corpus.corpus import METRICS, folders, metrics  # noqa: E402
from tests.lint_corpus.planting import sites  # noqa: E402

REPEATS = 5
CAD = ROOT / "spec" / "cad_ml_platform.py"
FILES = 1000
SYSTEMS = ("databases", "kubernetes_mixin", "slo_generators")
"""Whole systems, which came later: without them the directory is comparable with that of earlier figures."""

IMPORTS = """
import time
import promspec.cli.app
from promspec.pipeline import examine
began = time.process_time()
examine({spec!r})
print(time.process_time() - began)
"""


def registry(folder: Path) -> LintRegistry:
    """The series of a folder's exposition and of its own recording rules, with the values that were seen."""
    source = read(str(folder / "rules.yml"))
    assert isinstance(source, Source)
    reader = RuleReader()
    rules = [rule for document in Recogniser().documents(source, True) for rule in reader.rules(document.node)]
    return LintRegistry([metrics(folder)], rules, DEPLOYMENT, seen=True)


def fastest(work: Callable[[], object]) -> float:
    """Processor seconds of the fastest of several runs: those of others, and waiting, do not count."""
    runs = []
    for _ in range(REPEATS):
        began = time.process_time()
        work()
        runs.append(time.process_time() - began)
    return min(runs)


def corpus() -> list[tuple[LintRegistry, list[str], list[Expr]]]:
    """For each folder of good files its registry, its expressions, and their trees."""
    return [
        (registry(folder), [site.text for site in sites(folder.name)], [site.tree for site in sites(folder.name)])
        for folder in folders()
    ]


def inference() -> None:
    """Expressions each second, of the corpus, on one core."""
    every = corpus()
    count = sum(len(texts) for _, texts, _ in every)
    inferred = fastest(lambda: [infer(tree, registry) for registry, _, trees in every for tree in trees])
    parsed = fastest(lambda: [_parsed.__wrapped__(text, True) for _, texts, _ in every for text in texts])
    print(f"{count} expressions of {len(every)} exporters, one core")
    print(f"  inferred after parsing   {count / inferred:>10,.0f} a second")
    print(f"  parsed                   {count / parsed:>10,.0f} a second")


def checking() -> None:
    """The check of the CAD spec, in processes that have imported everything."""
    script = IMPORTS.format(spec=str(CAD))
    runs = [
        float(
            subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True).stdout
        )
        for _ in range(REPEATS)
    ]
    print(f"the CAD spec loaded and checked, beyond imports {median(runs) * 1000:>6.0f} ms")


def changed(text: str, number: int) -> str:
    """A rule file with other ranges and other names of alerts."""
    text = re.sub(r"\[(\d+)m\]", lambda found: f"[{int(found[1]) + number}m]", text)
    return re.sub(r"alert: (\w+)", lambda found: f"alert: {found[1]}{number}", text)


def directory() -> None:
    """A directory of rule files: those of the corpus again and again, with other ranges, other names of alerts."""
    exporters = [folder for folder in folders() if folder.name not in SYSTEMS]
    rules = [(folder, (folder / "rules.yml").read_text(encoding="utf-8")) for folder in exporters]
    with tempfile.TemporaryDirectory(prefix="promspec-bench-") as name:
        for number in range(FILES):
            folder, text = rules[number % len(rules)]
            text = changed(text, number)
            (Path(name) / f"{folder.name}-{number:04}.yml").write_text(text, encoding="utf-8")
        metrics_of = [word for folder in exporters for word in ("--metrics", str(folder / METRICS))]
        command = [sys.executable, "-m", "promspec", "lint", name, *metrics_of, "--format", "json"]
        before, began = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
        took, after = time.perf_counter() - began, resource.getrusage(resource.RUSAGE_CHILDREN)
        busy = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
        found = len(json.loads(done.stdout))
        print(f"promspec lint of {FILES:,} rule files, {found} findings: {took:.1f} s, {busy:.1f} s of them busy")


def main() -> None:
    """Print every figure."""
    inference()
    checking()
    directory()


if __name__ == "__main__":
    main()
