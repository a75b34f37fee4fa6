"""The contract tests as files: a pytest module that knows how to look, and a JSON table of what it must find."""

from __future__ import annotations

import json
from dataclasses import asdict

from promspec.files import GeneratedFile, header
from promspec.plan.contract_tests import ContractPlan
from promspec.render.templating import fill

_FOLDER = "contract_tests"
_MODULES = ("__init__.py", "conftest.py", "exposition.py", "test_contract.py")


def render_contract_tests(plan: ContractPlan, source: str) -> tuple[GeneratedFile, ...]:
    """The folder of the contract tests; it imports nothing of promspec."""
    top = header(source)
    modules = [
        GeneratedFile(f"{_FOLDER}/{name}", fill(f"{_FOLDER}/{name}.jinja", header=top, spec=plan.spec))
        for name in _MODULES
    ]
    table = json.dumps(asdict(plan), indent=2, ensure_ascii=False) + "\n"
    return (*modules, GeneratedFile(f"{_FOLDER}/contract.json", table))
