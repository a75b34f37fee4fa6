"""The artefact `rule_tests` as YAML files for `promtool test rules`, one line for each series and each check."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence

from promspec.files import GeneratedFile, header
from promspec.plan.rule_tests import RuleTestFile, RuleTestsPlan
from promspec.proofs.model import Case, Check, Proof, TestedRule
from promspec.quantities import duration, plain

FOLDER = "rule_tests"
_SIMPLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


def render_rule_tests(plan: RuleTestsPlan, source: str) -> tuple[GeneratedFile, ...]:
    """A file of tests and a file of rules beside it, for each file of the plan."""
    found: list[GeneratedFile] = []
    for file in plan.files:
        folder, _, name = file.name.rpartition("/")
        rules = f"rules/{name}.yml"
        found.append(GeneratedFile(f"{FOLDER}/{file.name}.yml", tests_text(file, rules, source)))
        found.append(GeneratedFile(f"{FOLDER}/{folder}/{rules}", rules_text(file.rules, file.step, source)))
    return tuple(found)


def tests_text(file: RuleTestFile, rules: str, source: str) -> str:
    """The tests of a file; `rules` is where its rules are, seen from it."""
    return "".join(f"{line}\n" for line in _tests(file.proofs, rules, file.step, source))


def _tests(proofs: Sequence[Proof], rules: str, step: int, source: str) -> Iterator[str]:
    yield header(source)
    yield f"rule_files: [{scalar(rules)}]"
    yield f"evaluation_interval: {duration(step)}"
    yield "tests:"
    for proof in proofs:
        for case in proof.cases:
            yield from _case(f"{proof.subject}, {proof.part}" if proof.part else proof.subject, case)


def _case(subject: str, case: Case) -> Iterator[str]:
    yield f"  - name: {scalar(f'{subject}: {case.name}')}"
    yield f"    interval: {duration(case.interval)}"
    yield "    input_series:" + ("" if case.series else " []")
    for name, values in case.series:
        yield f"      - {{series: {scalar(name)}, values: {scalar(values)}}}"
    yield "    promql_expr_test:"
    for check in case.checks:
        yield from _check(check)


def _check(check: Check) -> Iterator[str]:
    yield f"      - expr: {scalar(check.expr)}"
    yield f"        eval_time: {duration(check.at)}"
    yield "        exp_samples:" + ("" if check.samples else " []")
    for labels, value in check.samples:
        yield f"          - {{labels: {scalar(labels)}, value: {_number(value)}}}"


def _number(value: float) -> str:
    return {"inf": ".inf", "-inf": "-.inf"}.get(str(value)) or plain(value)


def rules_text(rules: Sequence[TestedRule], step: int, source: str) -> str:
    """The rules of a file as one group, in the order of evaluation."""
    lines = [header(source), "groups:", "  - name: proof", f"    interval: {duration(step)}", "    rules:"]
    for rule in rules:
        lines += _rule(rule)
    return "".join(f"{line}\n" for line in lines)


def _rule(rule: TestedRule) -> Iterator[str]:
    yield f"      - alert: {scalar(rule.alert)}" if rule.alert else f"      - record: {scalar(rule.record)}"
    yield from _text("expr", rule.expr)
    if rule.alert and rule.for_ not in ("0", "0s"):
        yield f"        for: {rule.for_}"
    if rule.keep_firing_for is not None:
        yield f"        keep_firing_for: {rule.keep_firing_for}"
    for key, pairs in (("labels", rule.labels), ("annotations", rule.annotations)):
        if pairs:
            yield f"        {key}:"
            yield from (f"          {scalar(name)}: {scalar(value)}" for name, value in pairs)


def _text(key: str, text: str) -> Iterator[str]:
    lines = text.split("\n")
    plainly = all(line.isprintable() and line == line.rstrip() for line in lines)
    if len(lines) == 1 or not plainly or not lines[0] or not lines[-1] or lines[0].startswith(" "):
        yield f"        {key}: {scalar(text)}"
        return
    yield f"        {key}: |-"
    yield from (f"          {line}" if line else "" for line in lines)


def scalar(text: str) -> str:
    """A text as a YAML scalar on one line: bare where that is safe, else in quotes."""
    if _SIMPLE.fullmatch(text) and text.lower() not in ("y", "n", "yes", "no", "true", "false", "on", "off", "null"):
        return text
    if text.isprintable():
        return "'" + text.replace("'", "''") + "'"
    return json.dumps(text)
