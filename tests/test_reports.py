"""A failing test that shows a lone surrogate is reported as any other, by several processes too."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

FAILING = r"""
import logging
from hypothesis import given, strategies as st

def test_shown():
    print("printed \udc80")
    logging.getLogger("x").error("logged \udc80")
    assert "\udc80" == "b"

@given(st.text(alphabet=st.characters(categories=["Cs"]), min_size=1))
def test_found(text):
    assert text == ""

def test_fine():
    pass
"""


@pytest.mark.slow
def test_a_lone_surrogate_in_a_report_ends_no_worker(root: Path, tmp_path: Path) -> None:
    (tmp_path / "test_failing.py").write_text(FAILING, encoding="utf-8")
    command = [*("-q", "-n", "1", "-p", "tests.support.reports", "-p", "no:cacheprovider", "--rootdir"), str(tmp_path)]
    done = subprocess.run(
        [sys.executable, "-m", "pytest", *command, str(tmp_path)], cwd=root, capture_output=True, text=True, check=False
    )
    assert "2 failed, 1 passed" in done.stdout, done.stdout + done.stderr
    assert "crashed" not in done.stdout
    assert "printed \\udc80" in done.stdout
    assert "logged \\udc80" in done.stdout
