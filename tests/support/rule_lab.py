"""Asks promtool what rules make of series: the values of expressions, not only whether they are as expected."""

from __future__ import annotations

import re
import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

import yaml

from promspec import promtool
from promspec.pipeline import examine
from promspec.plan.alerting_rules import plan_alerting_rules
from promspec.plan.recording_rules import plan_recording_rules
from promspec.problems import has_errors
from promspec.render.alerting_rules import render_alerting_rules
from promspec.render.recording_rules import render_recording_rules

_GOT = re.compile(r"got:\s*(?:nil|(?:\{.*?\} )?(?P<value>\S+))", re.MULTILINE)


def rules_of(text: str, folder: Path) -> tuple[Path, ...]:
    """The rule files that a spec generates, below `folder`."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "spec.py").write_text(text, encoding="utf-8")
    loaded, problems = examine(folder / "spec.py")
    assert loaded.spec is not None
    assert not has_errors(problems), [str(problem) for problem in problems]
    made = (
        *render_recording_rules(plan_recording_rules(loaded.spec), "spec.py"),
        *render_alerting_rules(plan_alerting_rules(loaded.spec), "spec.py"),
    )
    for file in made:
        (folder / file.path).write_text(file.text, encoding="utf-8")
    return tuple(folder / file.path for file in made)


def values(
    rules: Sequence[Path],
    series: Mapping[str, str],
    clock: tuple[str, str],
    asks: Sequence[tuple[str, str]],
    alerts_first: bool = False,
) -> list[float | None]:
    """What each (PromQL, time) gives, None for nothing: promtool tells it as what it got instead of the impossible.

    Without an order promtool evaluates the groups in a random one. As written, an alert sees what was just recorded;
    with `alerts_first` it sees what was recorded an evaluation ago, the worst that a Prometheus does.
    """
    names = [group["name"] for path in rules for group in yaml.safe_load(path.read_text(encoding="utf-8"))["groups"]]
    test = {
        "interval": clock[0],
        "input_series": [{"series": name, "values": text} for name, text in series.items()],
        "promql_expr_test": [
            {"expr": expr, "eval_time": at, "exp_samples": [{"labels": '{no="such"}', "value": -12345}]}
            for expr, at in asks
        ],
    }
    document = {
        "rule_files": [str(path) for path in rules],
        "evaluation_interval": clock[1],
        "group_eval_order": names[::-1] if alerts_first else names,
        "tests": [test],
    }
    with tempfile.NamedTemporaryFile("w", suffix=".yml", encoding="utf-8") as file:
        yaml.safe_dump(document, file)
        file.flush()
        command = [str(promtool.find()), "test", "rules", file.name]
        done = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)
    found = [match["value"] for match in _GOT.finditer(done.stdout + done.stderr)]
    assert len(found) == len(asks), done.stdout + done.stderr
    return [None if value is None else float(value) for value in found]
