"""Runs the corpus of SLO situations through promtool, with our rules and Sloth's; writes the table of docs/slos.md."""

from __future__ import annotations

import os
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))
os.environ["PATH"] = os.pathsep.join([str(ROOT / ".tools" / "bin"), os.environ.get("PATH", "")])

from tests.slo_corpus.measuring import rule_files  # noqa: E402
from tests.slo_corpus.rule_sets import RULE_SETS  # noqa: E402
from tests.slo_corpus.situations import SITUATIONS  # noqa: E402
from tests.slo_corpus.verdicts import BEGINS, ENDS, HEAD, row, totals  # noqa: E402

DOCUMENT = ROOT / "docs" / "slos.md"


def main() -> None:
    """Put the table between its marks, and print it."""
    for clock in {(each.scrape, each.evaluation) for each in SITUATIONS}:
        for name in RULE_SETS:
            rule_files(name, *clock)
    with ThreadPoolExecutor(2) as pool:
        rows = list(pool.map(row, SITUATIONS))
    table = "\n".join([*HEAD, *rows, "", *totals(SITUATIONS)])
    text = DOCUMENT.read_text(encoding="utf-8")
    before, after = text[: text.index(BEGINS) + len(BEGINS)], text[text.index(ENDS) :]
    DOCUMENT.write_text(f"{before}\n\n{table}\n\n{after}", encoding="utf-8")
    print(table)


if __name__ == "__main__":
    main()
