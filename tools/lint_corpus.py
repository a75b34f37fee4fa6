"""Lints the corpus of good files and the faults planted in it; writes the tables of docs/lint_corpus.md."""

from __future__ import annotations

import os
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))
os.environ["PATH"] = os.pathsep.join([str(ROOT / ".tools" / "bin"), os.environ.get("PATH", "")])

from tests.lint_corpus.tables import TABLES, begins, ends  # noqa: E402

DOCUMENT = ROOT / "docs" / "lint_corpus.md"


def main() -> None:
    """Put each table between its marks, and print it."""
    text = DOCUMENT.read_text(encoding="utf-8")
    for mark, table in TABLES.items():
        lines = "\n".join(table())
        before, after = text[: text.index(begins(mark)) + len(begins(mark))], text[text.index(ends(mark)) :]
        text = f"{before}\n\n{lines}\n\n{after}"
        print(lines, end="\n\n")
    DOCUMENT.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
