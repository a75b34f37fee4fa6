"""Texts that would be more than text come back exactly from every generated file, by parsers that are not ours."""

from __future__ import annotations

import html
import json
import re
import subprocess
import sys
from functools import cache
from pathlib import Path
from typing import Any

import promql_parser
import pytest
import yaml
from markdown_it import MarkdownIt
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.parser import text_string_to_metric_families
from ruamel.yaml import YAML

from promspec import promtool
from promspec.pipeline import Compilation, compile_spec
from promspec.render.markdown import cell, item, prose
from promspec.write import write
from tests.hostile.texts import TEXTS, small_text, spec_text
from tests.support.generated import imported
from tests.support.pages import read
from tests.support.schemas import compose_complaints, kubernetes_object

ALL = range(len(TEXTS))


@pytest.fixture(scope="module")
def compiled(tmp_path_factory: pytest.TempPathFactory) -> Compilation:
    path = tmp_path_factory.mktemp("hostile_spec") / "hostile.py"
    path.write_text(spec_text(), encoding="utf-8")
    made = compile_spec(path)
    assert made.ok, [problem.summary for problem in made.problems]
    return made


@pytest.fixture(scope="module")
def output(compiled: Compilation, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("hostile") / "output"
    write(compiled.files, folder)
    return folder


@cache
def _loaded(path: Path) -> Any:
    return yaml.safe_load(path.read_text(encoding="utf-8"))


def _rules(output: Path, name: str) -> list[dict[str, Any]]:
    return [rule for group in _loaded(output / name)["groups"] for rule in group["rules"]]


# --- YAML


def test_every_yaml_file_means_the_same_to_a_parser_of_yaml_1_1_and_of_1_2(output: Path) -> None:
    modern = YAML(typ="safe", pure=True)
    files = [path for path in output.rglob("*.yml") if "rule_tests" not in path.parts]
    assert len(files) > 60
    for path in files:
        text = path.read_text(encoding="utf-8")
        assert modern.load(text) == yaml.safe_load(text), path


def test_alerts_keep_their_texts_through_yaml(output: Path) -> None:
    alerts = {rule["alert"]: rule for rule in _rules(output, "alerting_rules.yml")}
    for number, text in enumerate(TEXTS):
        rule = alerts[f"Alert{number}"]
        assert set(rule) == {"alert", "expr", "for", "labels", "annotations"}
        assert set(rule["labels"]) == {"severity", "spec", "team", "component", "note"}
        assert set(rule["annotations"]) == {"summary", "description", "runbook_url", "more"}
        assert rule["annotations"]["description"] == rule["annotations"]["more"] == rule["labels"]["note"]
        if "{" not in text and "}" not in text and "$" not in text:
            assert rule["annotations"]["summary"] == text
    assert all(rule["labels"]["team"] == TEXTS[0] for rule in alerts.values())


def test_recording_rules_keep_their_labels(output: Path) -> None:
    rules = {rule["record"]: rule for rule in _rules(output, "recording_rules.yml") if "note" in rule.get("labels", {})}
    assert [rules[f"job:level_{number}:sum"]["labels"] for number in ALL] == [{"note": text} for text in TEXTS]


def test_routes_and_receivers_keep_their_names_and_matchers(output: Path) -> None:
    config = _loaded(output / "alertmanager.yml")
    assert [receiver["name"] for receiver in config["receivers"]] == list(TEXTS)
    assert [route["receiver"] for route in config["route"]["routes"]][: len(TEXTS)] == list(TEXTS)
    checked = promtool.check_alertmanager(output / "alertmanager.yml")
    assert checked.ok, checked.messages
    for text in (each for each in TEXTS if "," not in each and each == each.strip() and len(each.splitlines()) == 1):
        assert promtool.route(output / "alertmanager.yml", note=text) == (text,)


def test_the_manifests_hold_the_same_rules_and_dashboards(output: Path) -> None:
    folder = output / "deployment" / "kubernetes"
    for path in folder.glob("*.yml"):
        document = _loaded(path)
        assert kubernetes_object(document) == document, path
    groups = _loaded(folder / "prometheusrule.yml")["spec"]["groups"]
    assert groups == [
        *_loaded(output / "recording_rules.yml")["groups"],
        *_loaded(output / "alerting_rules.yml")["groups"],
    ]
    for number in ALL:
        held = _loaded(folder / f"dashboard-board-{number}.yml")["data"][f"board-{number}.json"]
        assert json.loads(held) == json.loads((output / "dashboards" / f"board-{number}.json").read_text("utf-8"))


# --- the rules, by those who run them


@pytest.mark.parametrize("name", ["recording_rules.yml", "alerting_rules.yml"])
def test_prometheus_and_vmalert_accept_the_rules(output: Path, name: str, tmp_path: Path) -> None:
    checked = promtool.check_rules(output / name)
    assert (checked.ok, checked.rules) == (True, len(_rules(output, name))), checked.messages
    # In a label of a recording rule, which Prometheus takes as it is, vmalert sees a template.
    kept = [rule for rule in _rules(output, name) if "alert" in rule or "{{" not in rule["labels"].get("note", "")]
    (tmp_path / "rules.yml").write_text(yaml.safe_dump({"groups": [{"name": "g", "rules": kept}]}), encoding="utf-8")
    assert promtool.check_vmalert(tmp_path / "rules.yml").messages == ()
    assert len(kept) > len(TEXTS)


def test_prometheus_expands_the_templates_to_the_very_texts(output: Path, tmp_path: Path) -> None:
    """promtool fills the templates in: what a person reads is what the spec says."""
    cases = []
    for number, text in enumerate(TEXTS):
        alert = next(rule for rule in _rules(output, "alerting_rules.yml") if rule["alert"] == f"Alert{number}")
        labels = {**{k: v for k, v in alert["labels"].items() if k not in ("note", "team")}, "job": "j"}
        texts = {"summary": text, "description": text, "more": text, "runbook_url": alert["annotations"]["runbook_url"]}
        expected = {"exp_labels": {**labels, "note": text, "team": TEXTS[0]}, "exp_annotations": texts}
        series = f'level_{number}{{job="j",kind={json.dumps(text, ensure_ascii=False)}}}'
        cases.append(
            {
                "interval": "1m",
                "input_series": [{"series": series, "values": "9x5"}],
                "alert_rule_test": [{"eval_time": "3m", "alertname": f"Alert{number}", "exp_alerts": [expected]}],
            }
        )
    test = {"rule_files": [str(output / "alerting_rules.yml")], "evaluation_interval": "1m", "tests": cases}
    (tmp_path / "test.yml").write_text(yaml.safe_dump(test, allow_unicode=True, width=10_000), encoding="utf-8")
    result = promtool.test_rules(tmp_path / "test.yml")
    assert result.ok, [message[:600] for message in result.messages[:3]]


def test_another_parser_of_promql_reads_the_very_label_values(output: Path) -> None:
    for rule in _rules(output, "alerting_rules.yml"):
        found = re.fullmatch(r"Alert(\d+)", rule["alert"])
        if found is not None:
            parsed: Any = promql_parser.parse(rule["expr"])
            selector = parsed.lhs.expr
            (matcher,) = selector.matchers.matchers
            assert (matcher.name, matcher.value) == ("kind", TEXTS[int(found[1])])


# --- Python


def test_every_python_file_compiles_and_the_instrumentation_exposes_the_very_texts(output: Path) -> None:
    for path in output.rglob("*.py"):
        compile(path.read_text(encoding="utf-8"), str(path), "exec")
    registry = CollectorRegistry()
    imported(output, registry)
    page = generate_latest(registry).decode("utf-8")
    families = {family.name: family for family in text_string_to_metric_families(page)}
    for number, text in enumerate(TEXTS):
        family = families[f"level_{number}"]
        assert family.documentation.strip() == text.strip()  # the parser strips it
        assert {sample.labels["kind"] for sample in family.samples} >= set(TEXTS)
    assert len([line for line in page.splitlines() if line.startswith("# HELP level_")]) == len(TEXTS)


def test_the_generated_package_runs_nothing_of_the_texts(output: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", "import output.instrumentation as i; print(len(i.ErrorCode))"],
        cwd=output.parent,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, f"{len(TEXTS) + 1}\n", "")


# --- JSON


def test_dashboards_keep_their_texts_and_links(output: Path) -> None:
    for number, text in enumerate(TEXTS):
        board = json.loads((output / "dashboards" / f"board-{number}.json").read_text(encoding="utf-8"))
        panels = board["panels"]
        assert (board["title"], board["tags"][-1]) == (f"Board {text}", text)
        assert board["description"].startswith(f"{text}\n\nGenerated by promspec")
        assert [panel["title"] for panel in panels] == [text, f"Stat {text}", f"Text {text}"]
        assert panels[1]["description"] == text
        assert panels[2]["options"]["content"] == text
        assert [link["url"] for link in board["links"] if link["title"] == text and link["type"] == "link"] == [
            "https://example.com/?a=b&c"
        ]


@pytest.mark.parametrize(
    "address", ["javascript:alert(1)", "JavaScript:alert(1)", "data:text/html,x", "vbscript:x", " javascript:x"]
)
def test_an_address_that_would_run_something_is_refused(address: str, tmp_path: Path) -> None:
    text = spec_text().replace("https://example.com/?a=b&c", address)
    (tmp_path / "spec.py").write_text(text, encoding="utf-8")
    problems = [problem for problem in compile_spec(tmp_path / "spec.py").problems if problem.level == "error"]
    assert problems
    assert all(address.strip() in problem.summary for problem in problems)


# --- Markdown


def _tokens(text: str) -> list[Any]:
    """As a renderer sees it that trusts its author: links may lead anywhere."""
    reader = MarkdownIt("commonmark").enable("table")
    reader.validateLink = lambda url: True  # type: ignore[method-assign]
    return reader.parse(text)


def _inline(tokens: list[Any], kind: str) -> list[Any]:
    return [child for token in tokens for child in token.children or () if child.type == kind]


def _markdown(output: Path) -> list[Path]:
    return [output / "catalog.md", *sorted((output / "runbooks").glob("*.md"))]


def test_no_markdown_file_holds_html_or_a_link_that_runs_something(output: Path) -> None:
    assert len(_markdown(output)) == len(TEXTS) + 2
    for path in _markdown(output):
        tokens = _tokens(path.read_text(encoding="utf-8"))
        raw = [t.content for t in tokens if t.type == "html_block"] + [
            t.content for t in _inline(tokens, "html_inline")
        ]
        assert [tag for tag in raw if not re.match(r"</?code>$|<!-- Generated", tag)] == [], path
        links = [child.attrs["href"] for child in _inline(tokens, "link_open")]
        assert [link for link in links if re.match(r"\s*(javascript|data|vbscript):", html.unescape(link), re.I)] == []


def test_no_text_adds_a_heading_to_a_runbook(output: Path) -> None:
    usual = _levels(output / "runbooks" / "book-1.md")
    assert len(usual) > 10
    for number in range(1, len(TEXTS)):  # the SLO leads to the first one
        assert _levels(output / "runbooks" / f"book-{number}.md") == usual


def _levels(path: Path) -> list[str]:
    return [t.tag for t in _tokens(path.read_text("utf-8")) if t.type == "heading_open" and t.level == 0]


@pytest.mark.parametrize(
    "attack",
    [
        "\\`<img src=x>`",
        "`a` \\`<b>` `",
        "[`x`](javascript:alert(1))",
        "[x](<javascript:alert(1)>)",
        "[x]( &#106;avascript:alert(1))",
        "[x](java\\script:alert(1))",
        "[x][y]\n\n[y]: javascript:alert(1)",
        "[y]: javascript:alert(1) [y]",
        "- [y]: javascript:alert(1)\n\n[y]",
        "<details open ontoggle=alert(1)>",
        "\\\\<b>",
        "```\n<ok>\n```\n<b>",
        "`` ` <ok> `` <b>",
        "a `b\n\n<b> `",
        "~~~\n~~~\n<b>",
        "```a`b\n<b>",
        "    ```\n<b>\n",
        "<b\n>",
        "![x](data:text/html,<script>)",
    ],
)
@pytest.mark.parametrize("write_it", [prose, cell, item], ids=lambda each: each.__name__)
def test_no_markdown_of_a_user_becomes_html_or_a_link_that_runs_something(write_it: Any, attack: str) -> None:
    text = {"item": "- {}", "cell": "| a |\n|---|\n| {} |"}.get(write_it.__name__, "{}").format(write_it(attack))
    tokens = _tokens(text)
    assert [t.content for t in tokens if t.type == "html_block"] == []
    assert [t.content for t in _inline(tokens, "html_inline") if t.content not in ("<code>", "</code>")] == []
    links = [*_inline(tokens, "link_open"), *_inline(tokens, "image")]
    assert [each for each in links if re.search("(javascript|data):", str(each.attrs))] == []


def test_what_is_markdown_in_a_list_item_stays(tmp_path: Path) -> None:
    text = (
        "Run `ls <x>`, see [it](https://example.com/<a>) or <https://example.com>:\n\n```sh\ncat <x >y\n```\n\n1. *a*"
    )
    tokens = _tokens(f"- {item(text)}")
    assert [t.content for t in _inline(tokens, "code_inline")] == ["ls <x>"]
    assert [t.content for t in tokens if t.type == "fence"] == ["cat <x >y\n"]
    assert [t.attrs["href"] for t in _inline(tokens, "link_open")][-1] == "https://example.com"
    assert len(_inline(tokens, "em_open")) == 1


# --- HTML


def test_the_pages_of_verify_and_of_the_preview_hold_text_alone(
    output: Path, compiled: Compilation, tmp_path: Path
) -> None:
    spec = tmp_path / "hostile.py"
    spec.write_text(spec_text(), encoding="utf-8")
    page = tmp_path / "page.prom"
    lines = [
        f"level_{number}{{kind={json.dumps(text + 'x', ensure_ascii=False)}}} 1" for number, text in enumerate(TEXTS)
    ]
    page.write_text("\n".join([*lines, ""]), encoding="utf-8")
    done = _promspec("verify", str(spec), "--file", str(page), "--format", "html")
    assert done.returncode == 1, done.stderr
    parsed = read(done.stdout)
    assert parsed.all("script") == parsed.all("img") == parsed.all("iframe") == []
    assert "<script>alert(1)</script>" in parsed.text
    attributes = {name for node in parsed.all() for name in node.attributes}
    assert not [name for name in attributes if name.startswith("on")]


def _promspec(*words: str, **options: Any) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", "from promspec.cli import main; main()", *words]
    return subprocess.run(
        command, capture_output=True, text=True, timeout=120, check=False, encoding="utf-8", **options
    )


# --- what a spec has one of


@pytest.mark.parametrize("number", ALL)
def test_owner_job_and_external_label_come_back_exactly(number: int, tmp_path: Path) -> None:
    text, path = TEXTS[number], tmp_path / "small.py"
    path.write_text(small_text(text), encoding="utf-8")
    made = compile_spec(path)
    assert made.ok, [problem.summary for problem in made.problems]
    write(made.files, tmp_path / "out")
    config = _loaded(tmp_path / "out" / "deployment" / "prometheus.yml")
    assert config["scrape_configs"][0]["job_name"] == text
    assert config["global"]["external_labels"] == {"note": text.replace("$", "$$")}  # Prometheus 3 fills variables in
    assert promtool.check_config(tmp_path / "out" / "deployment" / "prometheus.yml").ok
    alerts = {rule["alert"]: rule for rule in _rules(tmp_path / "out", "alerting_rules.yml")}
    assert alerts["High"]["labels"]["team"].replace('{{ "{{" }}', "{{") == text
    parsed: Any = promql_parser.parse(alerts["SmallAbsent"]["expr"])
    matchers = parsed.args[0].lhs.matchers.matchers
    assert [(each.name, each.value) for each in matchers] == [("job", text)]
    assert promtool.check_alertmanager(tmp_path / "out" / "alertmanager.yml").ok
    compose = _loaded(tmp_path / "out" / "deployment" / "docker-compose.yml")
    assert compose_complaints(compose) == []


def test_prometheus_2_fills_in_no_variables_so_that_none_are_escaped(tmp_path: Path) -> None:
    (tmp_path / "small.py").write_text(small_text("${HOME}", "2.42"), encoding="utf-8")
    files = {file.path: file.text for file in compile_spec(tmp_path / "small.py").files}
    config = yaml.safe_load(files["deployment/prometheus.yml"])
    assert config["global"]["external_labels"] == {"note": "${HOME}"}
