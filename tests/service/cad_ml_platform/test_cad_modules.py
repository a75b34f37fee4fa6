"""The service's modules: the examples in their docstrings are true, and each says what it owns."""

from __future__ import annotations

import doctest
import importlib
import pkgutil

import pytest

import service.cad_ml_platform as package

NAMES = [found.name for found in pkgutil.walk_packages(package.__path__, f"{package.__name__}.")]


@pytest.mark.parametrize("name", [name for name in NAMES if not name.endswith("__main__")])
def test_a_module_says_what_it_owns_and_its_examples_hold(name: str) -> None:
    module = importlib.import_module(name)
    assert module.__doc__
    assert doctest.testmod(module).failed == 0


def test_all_modules_are_found() -> None:
    assert {f"{package.__name__}.{part}" for part in ("api.drawings", "providers.rapid", "ocr", "load")} <= set(NAMES)
