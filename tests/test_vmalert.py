"""VictoriaMetrics' vmalert accepts the rules of every good case and of our own specs: the files that are committed."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from promspec import promtool

ROOT = Path(__file__).parent.parent
FILES = sorted([*ROOT.glob("tests/cases/*/expected/*ing_rules.yml"), *ROOT.glob("output/*/*ing_rules.yml")])
WITH_RULES = [path for path in FILES if yaml.safe_load(path.read_text(encoding="utf-8"))["groups"]]


def _rules(path: Path) -> Iterator[dict[str, Any]]:
    for group in yaml.safe_load(path.read_text(encoding="utf-8"))["groups"]:
        yield from group["rules"]


def _name(path: Path) -> str:
    return str(path.relative_to(ROOT)).replace("/expected", "")


def test_every_rule_file_of_our_specs_is_among_them() -> None:
    ours = {path for spec in (ROOT / "output").iterdir() for path in spec.glob("*_rules.yml")}
    assert len(ours) == 4
    assert ours <= set(WITH_RULES)
    assert len(WITH_RULES) >= 40


@pytest.mark.parametrize("path", WITH_RULES, ids=_name)
def test_vmalert_accepts_the_rules(path: Path, tmp_path: Path) -> None:
    # vmalert has known `keep_firing_for` since 1.94; Debian 12 has 1.79, which refuses words that it does not know.
    text = path.read_text(encoding="utf-8")
    older = "".join(line for line in text.splitlines(True) if not line.startswith("        keep_firing_for: "))
    (tmp_path / "rules.yml").write_text(older, encoding="utf-8")
    checked = promtool.check_vmalert(tmp_path / "rules.yml")
    assert checked.messages == ()
    assert checked.ok


def test_what_vmalert_of_debian_12_does_not_know_stands_in_one_case_alone() -> None:
    keeping = {_name(path) for path in WITH_RULES for rule in _rules(path) if "keep_firing_for" in rule}
    assert keeping == {"tests/cases/external_metrics/alerting_rules.yml"}


@pytest.mark.parametrize(
    ("rule", "message"),
    [
        ("{alert: A, expr: 'up =='}", 'invalid expression for rule "g"."A": bad prometheus expr: "up =="'),
        ("{alert: A, expr: up, fore: 5m}", 'invalid rule "g"."A": unknown fields in rule: fore'),
        (
            "{alert: A, expr: up, annotations: {summary: '{{ $value | nosuch }}'}}",
            'function "nosuch" not defined',
        ),
    ],
)
def test_vmalert_refuses_a_wrong_rule_with_its_own_words(rule: str, message: str, tmp_path: Path) -> None:
    path = tmp_path / "a, 'b\".yml"
    path.write_text(f"groups: [{{name: g, rules: [{rule}]}}]", encoding="utf-8")
    checked = promtool.check_vmalert(path)
    assert not checked.ok
    assert message in checked.messages[0]


def test_a_file_without_rules_fails(tmp_path: Path) -> None:
    (tmp_path / "rules.yml").write_text("groups: []", encoding="utf-8")
    assert promtool.check_vmalert(tmp_path / "rules.yml").messages[0].startswith("No rules for validation")
