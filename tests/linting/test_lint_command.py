"""The command `promspec lint`: its exit codes, its formats, its baseline; and that no file makes it fail otherwise."""

from __future__ import annotations

import json
import random
import xml.etree.ElementTree as ElementTree
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from promspec.cli.app import app
from promspec.linting.lint import Options, lint
from promspec.linting.sources.choosing import chosen_sources
from promspec.problems import Level

HOME = Path(__file__).resolve().parents[2]
CASES = Path(__file__).parent / "cases"
CASE = CASES / "unknown_label"


def _run(*arguments: object) -> Result:
    return CliRunner().invoke(app, ["lint", *map(str, arguments)])


def test_errors_end_with_1_and_usage_with_2_and_nothing_with_0(tmp_path: Path) -> None:
    assert _run(CASE / "rules.yml", "--metrics", CASE / "metrics.prom").exit_code == 1
    assert _run(CASE / "rules.yml").exit_code == 0
    assert _run(tmp_path / "missing.yml").exit_code == 2
    assert _run(CASE / "rules.yml", "--metrics", tmp_path / "missing.prom").exit_code == 2
    assert _run(CASE / "rules.yml", "--baseline", tmp_path / "missing.json").exit_code == 2
    assert _run(CASE / "rules.yml", "--write-baseline").exit_code == 2
    assert _run(CASE / "rules.yml", "--scrape-interval", "often").exit_code == 2


def test_json_is_a_list_of_rows() -> None:
    rows = json.loads(_run(CASE / "rules.yml", "-m", CASE / "metrics.prom", "--format", "json").stdout)
    assert [list(row) for row in rows] == [["file", "line", "kind", "name", "id", "severity", "message", "remedy"]] * 3
    first = {key: value for key, value in rows[0].items() if key not in ("file", "message")}
    assert first == {
        "line": 5,
        "kind": "alert",
        "name": "Matcher",
        "id": "promql/unknown-label",
        "severity": "error",
        "remedy": "did you mean route?",
    }


def test_sarif_names_rule_level_and_region() -> None:
    log = json.loads(_run(CASE / "rules.yml", "-m", CASE / "metrics.prom", "--format", "sarif").stdout)
    result = log["runs"][0]["results"][0]
    assert log["version"] == "2.1.0"
    assert [rule["id"] for rule in log["runs"][0]["tool"]["driver"]["rules"]] == ["promql/unknown-label"]
    assert (result["ruleId"], result["ruleIndex"], result["level"]) == ("promql/unknown-label", 0, "error")
    region = result["locations"][0]["physicalLocation"]["region"]
    assert region == {"startLine": 5, "startColumn": 40, "endColumn": 44}


def test_junit_has_a_failure_for_each_finding_and_a_case_for_each_clean_file(tmp_path: Path) -> None:
    clean = tmp_path / "clean.yml"
    clean.write_text("groups: []\n", encoding="utf-8")
    root = ElementTree.fromstring(
        _run(CASE / "rules.yml", clean, "-m", CASE / "metrics.prom", "--format", "junit").stdout
    )
    suite = root[0]
    assert (suite.get("tests"), suite.get("failures")) == ("4", "3")
    assert len(suite.findall("testcase/failure")) == 3
    assert [case.get("classname") for case in suite if not len(case)] == [str(clean)]


def test_github_gets_an_annotation_for_each_finding() -> None:
    lines = _run(CASE / "rules.yml", "-m", CASE / "metrics.prom", "--format", "github").stdout.splitlines()
    assert len(lines) == 3
    assert all(line.startswith("::error file=") and ",title=promql/unknown-label::" in line for line in lines)


def test_a_baseline_knows_moved_findings_and_fails_on_new_ones(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    rules, source = Path("rules.yml"), CASE / "metrics.prom"
    text = (CASE / "rules.yml").read_text(encoding="utf-8")
    rules.write_text(text, encoding="utf-8")
    assert _run(rules, "-m", source, "--baseline", "known.json", "--write-baseline").exit_code == 0
    rules.write_text("# moved by a line\n" + text, encoding="utf-8")
    moved = _run(rules, "-m", source, "--baseline", "known.json")
    assert (moved.exit_code, "The baseline knows 3 findings; 0 of them are gone." in moved.stdout) == (0, True)
    new = "      - {alert: New, expr: 'rate(shop_queue[5m]) > 1', for: 1m, labels: {severity: a}, "
    new += "annotations: {summary: A., runbook_url: https://example.com}}\n"
    rules.write_text(text + new, encoding="utf-8")
    failed = _run(rules, "-m", source, "--baseline", "known.json", "--format", "json")
    assert (failed.exit_code, [row["id"] for row in json.loads(failed.stdout)]) == (1, ["promql/rate-of-gauge"])


def test_the_same_finding_once_more_is_new(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    one = "groups:\n- name: a\n  rules:\n  - {record: 'a:b', expr: 'sum by (x'}\n"
    Path("r.yml").write_text(one, encoding="utf-8")
    _run("r.yml", "--baseline", "b.json", "--write-baseline")
    Path("r.yml").write_text(one + "  - {record: 'a:b', labels: {c: d}, expr: 'sum by (x'}\n", encoding="utf-8")
    assert _run("r.yml", "--baseline", "b.json").exit_code == 1


def test_directories_are_searched_and_what_is_excluded_is_left_out(tmp_path: Path) -> None:
    broken = "groups: [{name: a, rules: [{record: 'a:b', expr: 'sum('}]}]"
    for name in ("a/b/one.yml", "a/two.yaml", "a/old/three.rules", ".git/four.yml", "a/five.txt"):
        file = tmp_path / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(broken, encoding="utf-8")
    rows = json.loads(_run(tmp_path, "--exclude", "old", "--format", "json").stdout)
    assert sorted({Path(row["file"]).name for row in rows}) == ["one.yml", "two.yaml"]
    globbed = json.loads(_run(f"{tmp_path}/a/*/*.yml", "--format", "json").stdout)
    assert [Path(row["file"]).name for row in globbed] == ["one.yml"]


@pytest.mark.parametrize("spec", ["cad_ml_platform", "snakepit"])
def test_what_promspec_generates_has_neither_errors_nor_warnings(spec: str) -> None:
    sources = chosen_sources([str(HOME / "spec" / f"{spec}.py")], False)
    linted = lint([str(HOME / "output" / spec)], sources, Options(exclude=("rule_tests",)))  # these hold rules alone
    assert (linted.rules > 100, linted.dashboards >= 4, linted.alertmanagers) == (True, True, 1)
    assert [str(problem) for problem in linted.problems if problem.level is not Level.INFO] == []


def test_no_bytes_bring_a_traceback(tmp_path: Path) -> None:
    seed = random.Random(5)
    texts = [path.read_bytes() for path in sorted(CASES.rglob("*")) if path.suffix in (".yml", ".json")]
    sources = chosen_sources([str(CASE / "metrics.prom")], False)
    for _number in range(400):
        text = bytearray(seed.choice(texts))
        for _ in range(seed.randrange(1, 12)):
            at = seed.randrange(len(text))
            text[at : at + seed.randrange(6)] = seed.choice(
                [
                    b"",
                    b"\t",
                    b"{",
                    b"]",
                    b"*a",
                    b"&a ",
                    b"\xff",
                    b"\x00",
                    b"!!x ",
                    b"- ",
                    b": ",
                    b"'",
                    b'"',
                    b"|\n",
                    b"$",
                ]
            )
        file = tmp_path / seed.choice(["x.yml", "x.json", "x.rules"])
        file.write_bytes(bytes(text))
        for problem in lint([str(file)], sources).problems:
            assert problem.place.line >= 0
    file.write_bytes(seed.randbytes(4096))
    assert _run(file).exit_code == 1


@pytest.mark.parametrize(
    "text",
    [
        "[" * 100000,
        "- " * 100000,
        "a: " * 10000,
        "{a: " * 20000,
        "? " * 10000,
        "",
        "\n",
        "---\n---\n",
        "null",
        "3",
        "a: &a [*a]",
        "groups: *missing",
        "<<: {groups: []}",
        "groups: {}",
        "groups: 3",
        "groups: [[]]",
        "groups: [null]",
        "groups: [{name: [a], rules: [{alert: {}, expr: []}]}]",
        "route: []\nreceivers: 3",
        "route: {routes: [3]}\nreceivers: []",
        "panels: 3\ntemplating: []",
        "panels: [3, {type: a, targets: 3}]\ntemplating: {list: {}}",
        "kind: List\nitems: 3",
        "kind: ConfigMap\ndata: [3]",
        "kind: PrometheusRule\nspec: 3",
        "dashboard: {panels: [{type: stat, gridPos: 3}]}",
    ],
)
def test_odd_documents_bring_no_traceback(tmp_path: Path, text: str) -> None:
    for name in ("odd.yml", "odd.json"):
        file = tmp_path / name
        file.write_text(text, encoding="utf-8")
        assert lint([str(file)]).files == (str(file),)


def test_a_file_of_nested_aliases_costs_no_more_than_its_size(tmp_path: Path) -> None:
    lines = ["a0: &a0 [{kind: List, items: []}]"]
    lines += [f"a{n}: &a{n} {{kind: List, items: [*a{n - 1}, *a{n - 1}, *a{n - 1}]}}" for n in range(1, 40)]
    file = tmp_path / "bomb.yml"
    file.write_text("\n".join([*lines, "kind: List", "items: [*a39, *a39]"]), encoding="utf-8")
    assert lint([str(file)]).rules == 0


@pytest.mark.parametrize(("today", "found"), [("", []), ("2027-01-31", []), ("2027-02-01", ["promql/unknown-metric"])])
def test_an_allowance_holds_up_to_its_day(today: str, found: list[str], tmp_path: Path) -> None:
    rules = tmp_path / "r.yml"
    comment = "# promspec: allow promql/unknown-metric until 2027-01-31 -- comes with the next release"
    rules.write_text(f"groups:\n- name: a\n  rules:\n  - record: a:b\n    expr: sum(shop_next) {comment}\n")
    sources = chosen_sources([str(CASE / "metrics.prom")], False)
    problems = lint([str(rules)], sources, Options(today=today)).problems
    assert [problem.id for problem in problems if problem.level is not Level.INFO] == found
    assert not found or "(it was allowed until 2027-01-31: comes with the next release)" in problems[0].remedy


def test_a_day_that_is_none_is_told_of(tmp_path: Path) -> None:
    rules = tmp_path / "r.yml"
    rules.write_text("groups: [] # promspec: allow rule/unused until 2027-02-30 -- soon\n")
    assert [problem.id for problem in lint([str(rules)]).problems] == ["allow/date"]
