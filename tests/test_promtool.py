"""What the typed wrapper makes of the answers of the real promtool and amtool."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from promspec import promtool

RULES = """\
groups:
- name: g
  rules:
  - record: job:requests:rate5m
    expr: sum by (job) (rate(requests_total[5m]))
  - alert: Down
    expr: up == 0
"""
DUPLICATES = """\
groups:
- name: g
  rules:
  - {record: "a:b:c", expr: x, labels: {l: "1"}}
  - {record: "a:b:c", expr: y, labels: {l: "1"}}
"""
BROKEN_EXPRESSIONS = """\
groups:
- name: g
  rules:
  - record: a:b:c
    expr: sum(x
  - alert: B
    expr: x >
"""
UNKNOWN_FIELDS = """\
groups:
- name: g
  rules:
  - alert: B
    exprr: x
    fore: 5m
"""
RULE_TEST = """\
rule_files: [rules.yml]
evaluation_interval: 1m
tests:
- interval: 1m
  name: a target goes away
  input_series: [{series: 'up{job="j"}', values: '0x10'}]
  alert_rule_test: [{eval_time: 5m, alertname: Down, exp_alerts: [{exp_labels: {job: j}}]}]
"""
ALERTMANAGER = """\
route:
  receiver: default
  routes:
  - {matchers: ['severity="critical"'], receiver: pager, continue: true}
  - {matchers: ['team="ml"'], receiver: ml}
  - {matchers: ['team="a, \\"b\\" \\\\ c"'], receiver: odd}
receivers: [{name: default}, {name: pager}, {name: ml}, {name: odd}]
"""

Write = Callable[[str, str], Path]


@pytest.fixture
def write(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Write:
    """Write a file into the test's working directory, and give its name alone, as a user would."""
    promtool_path, amtool_path = promtool.find().parent, promtool.find("amtool").parent
    monkeypatch.setenv("PATH", f"{promtool_path}:{amtool_path}")
    monkeypatch.chdir(tmp_path)

    def write_file(name: str, text: str) -> Path:
        (tmp_path / name).write_text(text, encoding="utf-8")
        return Path(name)

    return write_file


# --- rules


def test_valid_rules_are_counted() -> None:
    assert promtool.check_rules(RULES) == promtool.CheckResult(ok=True, rules=2)


def test_a_file_and_its_text_give_the_same_answer(write: Write) -> None:
    path = write("rules.yml", BROKEN_EXPRESSIONS)
    assert promtool.check_rules(path) == promtool.check_rules(BROKEN_EXPRESSIONS)


def test_a_path_that_looks_like_an_option_is_a_path(write: Write) -> None:
    assert promtool.check_rules(write("--lint=none.yml", RULES)).rules == 2


def test_every_broken_expression_is_placed() -> None:
    result = promtool.check_rules(BROKEN_EXPRESSIONS)
    assert not result.ok
    first, second = result.messages
    assert first.startswith('rules.yml:5:11: group "g", rule 1, "a:b:c": could not parse expression: ')
    assert second.startswith('rules.yml:7:11: group "g", rule 2, "B": could not parse expression: ')


def test_every_unknown_field_is_placed() -> None:
    assert promtool.check_rules(UNKNOWN_FIELDS) == promtool.CheckResult(
        ok=False,
        messages=(
            "rules.yml:5: field exprr not found in type rulefmt.RuleNode",
            "rules.yml:6: field fore not found in type rulefmt.RuleNode",
        ),
    )


def test_what_is_not_yaml_is_placed_once() -> None:
    (message,) = promtool.check_rules("groups:\n- name: [\n").messages
    assert message.startswith("rules.yml:2: ")


def test_duplicate_rules_fail() -> None:
    result = promtool.check_rules(DUPLICATES)
    assert not result.ok
    (message,) = result.messages
    assert message.splitlines()[:4] == ["lint error 1 duplicate rule(s) found.", "Metric: a:b:c", "Label(s):", "\tl: 1"]


def test_a_dropped_second_document_shows_in_the_count() -> None:
    assert promtool.check_rules(f"{RULES}---\n{RULES}") == promtool.CheckResult(ok=True, rules=2)


def test_a_missing_file_fails() -> None:
    assert promtool.check_rules(Path("no-such.yml")).messages == ("path 'no-such.yml' does not exist",)


def test_the_word_failed_in_a_name_does_not_fail() -> None:
    rules = RULES.replace("alert: Down", "alert: FAILED").replace("job:requests", "FAILED:requests")
    assert promtool.check_rules(rules) == promtool.CheckResult(ok=True, rules=2)


# --- configurations and expositions


def test_a_configuration_counts_the_rules_of_all_its_files(write: Write) -> None:
    write("a.yml", RULES)
    write("b.yml", RULES)
    config = write("prometheus.yml", "rule_files: [a.yml, b.yml]\n")
    assert promtool.check_config(config) == promtool.CheckResult(ok=True, rules=4)


@pytest.mark.parametrize(
    ("rules", "start"), [(BROKEN_EXPRESSIONS, "a.yml:5:11: group"), (DUPLICATES, "lint error 1 duplicate")]
)
def test_a_configuration_fails_for_its_rule_files(write: Write, rules: str, start: str) -> None:
    write("a.yml", rules)
    result = promtool.check_config(write("prometheus.yml", "rule_files: [a.yml]\n"))
    assert not result.ok
    assert result.messages[0].startswith(start)


def test_an_unknown_field_of_a_configuration_is_placed(write: Write) -> None:
    result = promtool.check_config(write("prometheus.yml", "rule_filess: []\n"))
    assert result.messages == ("prometheus.yml:1: field rule_filess not found in type config.plain",)


def test_a_well_named_exposition_passes() -> None:
    text = "# HELP requests_total Requests.\n# TYPE requests_total counter\nrequests_total 1\n"
    assert promtool.check_metrics(text) == promtool.CheckResult(ok=True)


def test_each_lint_of_an_exposition_is_a_message() -> None:
    assert promtool.check_metrics("# TYPE x counter\nx 1\n").messages == (
        'x counter metrics should have "_total" suffix',
        "x no help text",
    )


# --- rule tests


def test_a_true_rule_test_passes(write: Write) -> None:
    write("rules.yml", RULES)
    assert promtool.test_rules(write("test.yml", RULE_TEST)).ok


def test_a_false_rule_test_says_what_was_expected(write: Write) -> None:
    write("rules.yml", RULES)
    result = promtool.test_rules(write("test.yml", RULE_TEST.replace("0x10", "1x10")))
    assert not result.ok
    (message,) = result.messages
    assert message.startswith("name: a target goes away,\n    alertname: Down, time: 5m,\n")
    assert message.endswith("got:[]")


def test_each_false_expression_is_a_message_of_its_own(write: Write) -> None:
    write("rules.yml", RULES)
    expressions = "\n".join(
        f"  - {{expr: '{e}', eval_time: 5m, exp_samples: [{{labels: '{{}}', value: 9}}]}}" for e in ("sum(up)", "1+")
    )
    result = promtool.test_rules(write("test.yml", f"{RULE_TEST}  promql_expr_test:\n{expressions}\n"))
    wrong, broken = (message.splitlines() for message in result.messages)
    assert wrong[0].endswith('expr: "sum(up)", time: 5m,')
    assert broken[0].startswith('expr: "1+", time: 5m, err: 1:3: parse error:')


@pytest.mark.parametrize("pattern", ["nothing.yml", "nothing*.yml"])
def test_a_rule_file_pattern_that_matches_nothing_fails(write: Write, pattern: str) -> None:
    silent = "rule_files: [rules.yml]\ntests:\n- interval: 1m\n  alert_rule_test: [{eval_time: 5m, alertname: Down}]\n"
    write("rules.yml", RULES)
    assert promtool.test_rules(write("test.yml", silent)).ok
    result = promtool.test_rules(write("test.yml", silent.replace("rules.yml", pattern)))
    assert result == promtool.CheckResult(ok=False, messages=(f"WARNING: no file match pattern {pattern}",))


# --- Alertmanager


def test_a_valid_alertmanager_configuration_passes(write: Write) -> None:
    assert promtool.check_alertmanager(write("alertmanager.yml", ALERTMANAGER)) == promtool.CheckResult(ok=True)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (ALERTMANAGER.replace("receiver: ml", "receiver: nl"), 'undefined receiver "nl" used in route'),
        ("route:\n  reciever: x\n", "alertmanager.yml:2: field reciever not found in type config.plain"),
    ],
)
def test_a_broken_alertmanager_configuration_says_why(write: Write, text: str, message: str) -> None:
    assert promtool.check_alertmanager(write("alertmanager.yml", text)).messages == (message,)


@pytest.mark.parametrize(
    ("labels", "receivers"),
    [
        ({}, ("default",)),
        ({"team": "ml"}, ("ml",)),
        ({"severity": "critical", "team": "ml"}, ("pager", "ml")),
        ({"team": 'a, "b" \\ c'}, ("odd",)),
        ({"team": "two\nlines"}, ("default",)),
    ],
)
def test_an_alert_lands_at_its_receivers(write: Write, labels: dict[str, str], receivers: tuple[str, ...]) -> None:
    assert promtool.route(write("alertmanager.yml", ALERTMANAGER), **labels) == receivers


def test_a_route_through_a_broken_configuration_fails(write: Write) -> None:
    path = write("alertmanager.yml", ALERTMANAGER.replace("receiver: ml", "receiver: nl"))
    with pytest.raises(promtool.ToolFailed, match=r'^undefined receiver "nl" used in route$'):
        promtool.route(path, team="ml")


def test_feature_flags_reach_promtool_and_those_it_does_not_know_are_no_failure(
    write: Callable[[str, str], Path],
) -> None:
    features = ("promql-of-tomorrow", "native-histograms")
    assert promtool.check_rules(write("rules.yml", RULES), features).rules == 2
    broken = promtool.check_rules(write("broken.yml", BROKEN_EXPRESSIONS), features)
    assert (broken.ok, [message for message in broken.messages if "feature" in message]) == (False, [])


def test_only_the_flags_of_the_language_are_given_to_promtool(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tool = tmp_path / "promtool"
    tool.write_text('#!/bin/sh\necho "$@" >> "$0.said"\necho SUCCESS: 1 rules found\n', encoding="utf-8")
    tool.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=":")
    features = ("promql-duration-expr", "native-histograms", "promql-experimental-functions")
    file = tmp_path / "rules.yml"
    promtool.check_rules(file, features)
    promtool.check_config(file, features)
    promtool.test_rules(file, features)
    promtool.test_rules(file)
    flags = "--enable-feature=promql-duration-expr,promql-experimental-functions"
    assert Path(f"{tool}.said").read_text(encoding="utf-8").splitlines() == [
        f"{flags} check rules --lint-fatal -- {file}",
        f"{flags} check config --lint-fatal -- {file}",
        f"{flags} test rules -- {file}",
        f"test rules -- {file}",
    ]
