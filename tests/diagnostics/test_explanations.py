"""Every rule has its case, explaining/rules/<id>/: the bad example breaks it, and the good one keeps it.

problems.txt is what the bad example says and the good one does not, word for word: both are small parts of a spec or of
a dashboard, of which more could be said. `PROMSPEC_UPDATE_CASES=1` rewrites it and docs/rules; read the diff.
"""

from __future__ import annotations

import ast
import os
from collections.abc import Iterable, Mapping
from pathlib import Path

import pytest
from typer.testing import CliRunner

from promspec.check.allowing import MANDATORY
from promspec.check.catalogue import catalogue
from promspec.cli.app import app
from promspec.explaining import pages
from promspec.explaining.pages import Explanation, explanations, linted_files, metrics, page, preamble
from promspec.linting.catalogue import lint_catalogue
from promspec.linting.lint import Options, lint
from promspec.linting.paths import LARGEST
from promspec.linting.sources.choosing import exposition
from promspec.pipeline import examine
from promspec.problems import Level, Problem

CASES = Path(pages.__file__).parent / "rules"
UNSHOWN = ("file/encoding", "file/too-large", "file/unreadable")
"""What no text can show: a test of their own makes such files."""
ENDINGS = ("spec", "yml", "json", "txt")
DOCS = Path(__file__).resolve().parents[2] / "docs" / "rules"
INDEX = """# Rules

Every rule of `promspec check` and `promspec lint`, with why it is, an example that breaks it and one that keeps it; the
tests run both. `promspec explain ID` prints the same page. The examples in Python stand behind these lines, in a spec
that holds what they declare; those in YAML and JSON are linted against the same metrics:
"""
CHECKED = {id for id, _, _ in catalogue()}
ROWS = sorted([*catalogue(), *(row for row in lint_catalogue() if row[0] not in CHECKED)])
ASSEMBLY = """
_made = list(vars().values()) + _bare
def _all(*words):
    return list(dict.fromkeys(item for item in _made if isinstance(item, words)))
if not _all(Spec):
    _panels = _all(Stat, Text, TimeSeries, Table, Heatmap, GaugePanel)
    _codes = [item for item in _made if isinstance(item, type) and issubclass(item, ErrorCodes) and item.codes]
    _boards = [Dashboard("Panels", [Row("All", _panels)])] if _panels else []
    spec = Spec(
        "shop", owner="web", error_codes=_codes[-1], metrics=_all(Counter, Gauge, Histogram, Info),
        operations=_all(Operation), events=_all(Event), health_checks=_all(HealthCheck),
        recording_rules=[*_all(RecordingRule)], slos=_all(SLO), alerts=_all(Alert), runbooks=_all(Runbook),
        dashboards=[*_all(Dashboard), *_boards], routing=next(iter(_all(Routing)), None),
        deployment=next(iter(_all(Deployment)), None),
    )
"""


def problems(example: Mapping[str, str], folder: Path, language: str) -> tuple[Problem, ...]:
    """What is said of an example: by `promspec check` of a part of a spec, by `promspec lint` of anything else."""
    folder.mkdir()
    return checked(example["example.spec"], folder) if language == "python" else linted(example, folder)


def linted(example: Mapping[str, str], folder: Path) -> tuple[Problem, ...]:
    """What `promspec lint` says of the files of an example."""
    files = linted_files(example)
    for name, text in files.items():
        (folder / name).write_text(text, encoding="utf-8")
    sources = [exposition(metrics(), "metrics", False)]
    return lint([str(folder / name) for name in files], sources, Options(interval=15_000)).problems


def checked(example: str, folder: Path) -> tuple[Problem, ...]:
    """What `promspec check` says of an example, with what it takes for granted in a module beside it."""
    (folder / "granted.py").write_text(preamble())
    tree = ast.parse(example)
    for index, node in enumerate(tree.body):
        if isinstance(node, ast.Expr):  # a declaration without a name
            tree.body[index] = ast.parse(f"_bare.append({ast.unparse(node.value)})").body[0]
    text = f"from granted import *\n_bare = []\n{ast.unparse(tree)}\n{ASSEMBLY}"
    (folder / "example.py").write_text(text)
    return examine(folder / "example.py")[1]


def said(found: Iterable[Problem], folder: Path) -> str:
    """The problems word for word, each with what is underlined and what to write instead."""
    return "".join(f"{_said(problem, folder)}\n" for problem in found)


def _said(problem: Problem, folder: Path) -> str:
    parts = [f"{problem.level}: {problem.summary} [{problem.id}]"]
    place = problem.place
    if place.column and place.length:
        line = (folder / Path(place.file).name).read_text(encoding="utf-8").splitlines()[place.line - 1]
        parts.append(f"    at: {line[place.column - 1 : place.column - 1 + place.length]}")
    parts += [f"    = {problem.remedy}"] if problem.remedy else []
    return "\n".join(parts).replace(str(folder), "")


SHOWN = [explained for explained in explanations().values() if explained.language != "text"]


@pytest.mark.parametrize("explained", SHOWN, ids=lambda explained: explained.id)
def test_the_bad_example_says_exactly_this_and_the_good_one_keeps_the_rule(
    explained: Explanation, tmp_path: Path
) -> None:
    good = problems(explained.good, tmp_path / "good", explained.language)
    assert [str(problem) for problem in good if problem.level is Level.ERROR or problem.id == explained.id] == []
    bad = problems(explained.bad, tmp_path / "bad", explained.language)
    usual = {said([problem], tmp_path / "good") for problem in good}
    fresh = [problem for problem in bad if said([problem], tmp_path / "bad") not in usual]
    assert explained.id in {problem.id for problem in fresh}, [str(problem) for problem in bad]
    _expect(CASES / explained.id / "problems.txt", said(fresh, tmp_path / "bad"))


def test_every_rule_has_a_case_directory_and_every_directory_a_rule() -> None:
    directories = {path.parent.relative_to(CASES).as_posix() for path in CASES.rglob("why.md")}
    assert directories == {id for id, _, _ in ROWS} == set(explanations())
    assert {id for id, explained in explanations().items() if explained.language == "python"} <= CHECKED


def test_a_case_directory_holds_nothing_else() -> None:
    allowed = {"why.md", "problems.txt", *(f"{side}.{end}" for side in ("bad", "good") for end in ENDINGS)}
    for case in (path.parent for path in CASES.rglob("why.md")):
        folders = {path.name for path in case.iterdir() if path.is_dir()}
        assert {path.name for path in case.iterdir()} - folders <= allowed, case
        assert folders <= {"bad", "good"}, case


def test_what_an_example_cannot_show_says_so_and_is_only_this() -> None:
    told = {id for id, explained in explanations().items() if explained.language == "text"}
    assert told == set(UNSHOWN)
    assert all(not explanations()[id].problems for id in told)


def test_files_that_no_example_can_show_are_told_of(tmp_path: Path) -> None:
    (tmp_path / "latin.yml").write_bytes("groups: [] # ü".encode("latin-1"))
    (tmp_path / "large.yml").write_bytes(b"#" * (LARGEST + 1))
    (tmp_path / "gone.yml").symlink_to(tmp_path / "nowhere")
    (tmp_path / "folder.yml").mkdir()
    found = {problem.id for problem in lint([str(tmp_path), str(tmp_path / "latin.yml")]).problems}
    assert {"file/encoding", "file/too-large"} <= found


@pytest.mark.parametrize(("id", "level", "summary"), ROWS, ids=lambda value: str(value) if "/" in value else "")
def test_the_page_in_docs_is_what_explain_prints(id: str, level: Level, summary: str) -> None:
    result = CliRunner().invoke(app, ["explain", id])
    assert result.exit_code == 0
    assert result.stdout == page(id, level, summary, MANDATORY, id in CHECKED)
    _expect(DOCS / f"{id}.md", result.stdout)


def test_docs_have_an_index_of_all_pages_and_no_page_of_a_rule_that_is_gone() -> None:
    rows = ROWS
    table = ["| rule | level | what holds when it is kept |", "|---|---|---|"]
    table += [f"| [{id}]({id}.md) | {level} | {_cell(summary)} |" for id, level, summary in rows]
    _expect(DOCS / "README.md", "\n".join([INDEX, f"```python\n{preamble()}```", "", *table, ""]))
    pages = {path.relative_to(DOCS).as_posix() for path in DOCS.rglob("*.md")}
    assert pages == {"README.md", *(f"{id}.md" for id, _, _ in rows)}


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


def _expect(path: Path, text: str) -> None:
    if os.environ.get("PROMSPEC_UPDATE_CASES") == "1":
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    assert path.read_text(encoding="utf-8") == text, "PROMSPEC_UPDATE_CASES=1 rewrites it"


def test_a_rule_that_nothing_can_allow_says_so() -> None:
    assert "It cannot be allowed" in CliRunner().invoke(app, ["explain", "promql/syntax"]).stdout
    assert 'allow={"alert/no-runbook": "why"}' in CliRunner().invoke(app, ["explain", "alert/no-runbook"]).stdout


def test_an_unknown_rule_exits_1_with_a_near_miss() -> None:
    result = CliRunner().invoke(app, ["explain", "alert/no-runbok"])
    assert result.exit_code == 1
    assert "no rule is called alert/no-runbok; did you mean alert/no-runbook?" in result.output
