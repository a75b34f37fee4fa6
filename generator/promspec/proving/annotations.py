"""The texts of firing alerts as promtool renders them: no error, no missing value, nothing that is not a number."""

from __future__ import annotations

import re
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from promspec import promtool
from promspec.plan.rule_tests import RuleTestFile
from promspec.proofs.model import Case, Check
from promspec.quantities import duration
from promspec.render.rule_tests import rules_text
from promspec.render.yaml import dump

_BAD = ("<no value>", "<error expanding template", "%!", "NaN")
_ANNOTATIONS = re.compile(r"Annotations:\{(.*)\}")


def text_failures(files: Sequence[RuleTestFile], source: str, features: Sequence[str]) -> dict[str, tuple[str, ...]]:
    """For each alert what is wrong with its texts at a moment when it fires; alerts in order are left out.

    promtool shows what it rendered only where a test fails: each alert is asked for as if it should be silent.
    """
    asked = [(file, found) for file in files if (found := _firing(file)) is not None]
    failures: dict[str, tuple[str, ...]] = {}
    with tempfile.TemporaryDirectory(prefix="promspec-") as folder:
        paths = []
        for number, (file, (case, check)) in enumerate(asked):
            (Path(folder) / f"rules-{number}.yml").write_text(rules_text(file.rules, file.step, source), "utf-8")
            path = Path(folder) / f"tests-{number}.yml"
            path.write_text(dump(_document(file, case, check, f"rules-{number}.yml")), "utf-8")
            paths.append(path)
        said = promtool.test_rule_files(paths, features) if paths else {}
    for path, (file, _) in zip(paths, asked, strict=True):
        rendered = _ANNOTATIONS.findall("\n".join(said[path.name]))
        wrong = tuple(f"a text of the firing alert reads {text}" for text in rendered if any(b in text for b in _BAD))
        if not rendered:
            wrong = ("promtool did not show the texts of the firing alert", *said[path.name])
        if wrong:
            failures[file.proofs[0].subject] = wrong
    return failures


def _firing(file: RuleTestFile) -> tuple[Case, Check] | None:
    """The first moment at which the alert fires, in the case that takes the least."""
    found = [
        (case, check)
        for case in file.proofs[0].cases
        for check in case.checks
        if any('alertstate="firing"' in labels for labels, _ in check.samples)
    ]
    return min(found, key=lambda pair: pair[1].at, default=None)


def _document(file: RuleTestFile, case: Case, check: Check, rules: str) -> dict[str, Any]:
    alert = file.rules[-1].alert
    silent = {"eval_time": duration(check.at), "alertname": alert, "exp_alerts": []}
    return {
        "rule_files": [rules],
        "evaluation_interval": duration(file.step),
        "tests": [
            {
                "interval": duration(case.interval),
                "input_series": [{"series": name, "values": values} for name, values in case.series],
                "alert_rule_test": [silent],
            }
        ],
    }
