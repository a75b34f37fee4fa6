"""Proofs as the plain structures of promtool's YAML files."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from promspec.proofs.model import Case, Check, Proof, TestedRule
from promspec.quantities import duration


def rules_document(rules: Sequence[TestedRule], interval: int) -> dict[str, Any]:
    """A file of rules: one group, in the order of evaluation."""
    return {"groups": [{"name": "proof", "interval": duration(interval), "rules": [_rule(rule) for rule in rules]}]}


def _rule(rule: TestedRule) -> dict[str, Any]:
    if not rule.alert:
        return {"record": rule.record, "expr": rule.expr, **({"labels": dict(rule.labels)} if rule.labels else {})}
    made: dict[str, Any] = {"alert": rule.alert, "expr": rule.expr}
    if rule.for_ not in ("0", "0s"):
        made["for"] = rule.for_
    if rule.keep_firing_for is not None:
        made["keep_firing_for"] = rule.keep_firing_for
    return {**made, "labels": dict(rule.labels), "annotations": dict(rule.annotations)}


def tests_document(proofs: Sequence[Proof], rules_file: str, step: int) -> dict[str, Any]:
    """A file of tests on one file of rules."""
    tests = [_case(proof.subject, case) for proof in proofs for case in proof.cases]
    return {"rule_files": [rules_file], "evaluation_interval": duration(step), "tests": tests}


def _case(subject: str, case: Case) -> dict[str, Any]:
    return {
        "name": f"{subject}: {case.name}",
        "interval": duration(case.interval),
        "input_series": [{"series": name, "values": values} for name, values in case.series],
        "promql_expr_test": [_check(check) for check in case.checks],
    }


def _check(check: Check) -> dict[str, Any]:
    samples = [{"labels": labels, "value": value} for labels, value in check.samples]
    return {"expr": check.expr, "eval_time": duration(check.at), "exp_samples": samples}
