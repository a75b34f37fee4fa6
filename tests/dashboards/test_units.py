"""Grafana's units: the list is that of the libraries, and a wrong unit leads to the right one."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import grafana_foundation_sdk
import pytest
from grafanalib import formatunits
from hypothesis import given
from hypothesis import strategies as st

from promspec.grafana_units import PREFIXES, UNITS, known_unit, meant_unit


def test_the_list_is_that_of_grafanalib_and_of_the_foundation_sdk() -> None:
    # Read, not imported: the module holds one annotated constant for each unit.
    source = (Path(grafana_foundation_sdk.__file__).parent / "models" / "units.py").read_text(encoding="utf-8")
    of_the_sdk = set(re.findall(r'\] = "([^"]*)"', source))
    of_grafanalib = {value for name, value in vars(formatunits).items() if name.isupper() and isinstance(value, str)}
    assert len(of_the_sdk) > 250
    assert set(UNITS) == of_the_sdk | of_grafanalib


def test_no_unit_is_listed_twice() -> None:
    assert len(UNITS) == len(set(UNITS))


@pytest.mark.parametrize("unit", ["s", "percentunit", "reqps", "bytes", "none", "suffix:files", "si:mF", "time:YYYY"])
def test_a_unit_of_grafana_is_known(unit: str) -> None:
    assert known_unit(unit)


@pytest.mark.parametrize("unit", ["", "seconds", "S", "req/s", "suffix:", "prefix:", "files", " s"])
def test_anything_else_is_not(unit: str) -> None:
    assert not known_unit(unit)


@given(st.sampled_from(PREFIXES), st.text(min_size=1))
def test_a_prefix_with_anything_behind_it_is_a_unit_of_ones_own(prefix: str, text: str) -> None:
    assert known_unit(prefix + text)


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("seconds", "s"),
        ("Milliseconds", "ms"),
        ("ratio", "percentunit"),
        ("%", "percent"),
        ("req/s", "reqps"),
        ("BYTES", "bytes"),
        ("percentunits", "percentunit"),
        ("bytes/s", "Bps"),
        ("something else", ""),
    ],
)
def test_a_wrong_unit_leads_to_the_right_one(written: str, meant: str) -> None:
    assert meant_unit(written) == meant


@given(st.text())
def test_what_was_meant_is_always_known(written: str) -> None:
    meant = meant_unit(written)
    assert meant == "" or known_unit(meant)


def test_the_module_needs_nothing_but_the_standard_library() -> None:
    code = "import sys, promspec.grafana_units as u; print([m for m in sys.modules if m.split('.')[0] == 'grafanalib'])"
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert result.stdout.strip() == "[]"
