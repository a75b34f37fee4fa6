"""Whatever stands in the input, an import ends with a spec that loads and checks, or with problems: never otherwise."""

from __future__ import annotations

import re
import tempfile
import time
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from promspec.importing import Imported, import_openslo, import_sloth
from promspec.importing.documents import LARGEST
from promspec.pipeline import examine
from promspec.problems import Level, has_errors
from promspec.promql import quote

CASES = sorted((Path(__file__).parent / "cases").glob("*/*.yml"))
_WRITABLE = st.characters(exclude_categories=("Cs", "Cc"))
TEXTS = st.text(_WRITABLE, min_size=1, max_size=40) | st.sampled_from(
    [
        '"',
        "'''",
        '"""',
        "{}",
        "{x}",
        "\\",
        "\n",
        "a\nb",
        "{{",
        "}}",
        "{{ $labels.x }}",
        "class",
        "spec",
        "é",
        "日本",
        "#",
        "x" * 200,
    ]
)
NAMES = st.from_regex(r"[a-zA-Z_][a-zA-Z0-9_]{0,20}", fullmatch=True) | st.sampled_from(
    ["class", "self", "le", "job", "spec", "SLO", "Ratio", "matches", "sum_", "print", "import", "up", "labels", "None"]
)


def _import(text: str | bytes, tool: str) -> Imported:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "in.yml")
        path.write_bytes(text if isinstance(text, bytes) else text.encode("utf-8", "surrogatepass"))
        return import_sloth([path]) if tool == "sloth" else import_openslo([path])


def _faults(found: Imported) -> list[str]:
    """What is wrong with a spec that was written, or that one was written although there are errors."""
    if has_errors(found.problems):
        return ["a spec, although there are errors"] if found.text else []
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, f"{found.name}.py")
        path.write_text(found.text, encoding="utf-8")
        loaded, problems = examine(path)
    errors = [str(problem) for problem in problems if problem.level is Level.ERROR]
    none = [] if loaded.spec is not None else ["no spec"]
    return [*none, *errors, *(line for line in found.text.splitlines() if len(line) > 320)]


@st.composite
def sloth_documents(draw: st.DrawFn) -> dict[str, Any]:
    """A document of Sloth with any names, labels and texts."""
    labels = st.dictionaries(TEXTS | NAMES, TEXTS, max_size=3)
    slos = []
    for _ in range(draw(st.integers(1, 3))):
        metric, label, value = draw(NAMES), draw(NAMES), draw(TEXTS)
        matcher = f"{{{label}={quote(value)}}}"
        suffix = draw(st.sampled_from(["", "_total", "_bucket", "_count", "_info"]))
        by = draw(st.sampled_from(["", "by (route) ", f"by ({label}) ", "without (x) "]))
        call = draw(
            st.sampled_from(["sum {}(rate({}[{{{{.window}}}}]))", "sum {}(avg_over_time({}[{{{{.window}}}}]))"])
        )
        slos.append(
            {
                "name": draw(TEXTS | NAMES),
                "objective": draw(st.sampled_from([99, 99.9, 50, "99.95"])),
                "description": draw(TEXTS),
                "labels": draw(labels),
                "sli": {
                    "events": {
                        "error_query": call.format(by, f"{metric}{suffix}{matcher}"),
                        "total_query": call.format(by, f"{metric}{suffix}"),
                    }
                },
                "alerting": {
                    "name": draw(TEXTS),
                    "labels": draw(labels),
                    "annotations": draw(labels),
                    "page_alert": {"labels": draw(labels), "disable": draw(st.booleans())},
                },
            }
        )
    return {"version": "prometheus/v1", "service": draw(TEXTS | NAMES), "labels": draw(labels), "slos": slos}


@given(document=sloth_documents())
@settings(max_examples=60)
def test_any_names_and_texts_give_a_spec_that_checks_or_problems(document: dict[str, Any]) -> None:
    assert _faults(_import(yaml.safe_dump(document, allow_unicode=True), "sloth")) == []


def test_most_of_these_documents_are_imported() -> None:
    outcomes: list[bool] = []

    @given(document=sloth_documents())
    @settings(max_examples=30, derandomize=True, database=None)
    def count(document: dict[str, Any]) -> None:
        outcomes.append(bool(_import(yaml.safe_dump(document, allow_unicode=True), "sloth").text))

    count()
    assert sum(outcomes) > len(outcomes) / 2


@given(data=st.data())
@settings(max_examples=150)
def test_damaged_files_give_problems_and_never_a_traceback(data: st.DataObject) -> None:
    path = data.draw(st.sampled_from(CASES))
    raw = path.read_bytes()
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, len(raw)))
        length = data.draw(st.integers(0, 30))
        raw = raw[:at] + data.draw(st.binary(max_size=6)) + raw[at + length :]
    for tool in ("sloth", "openslo"):
        found = _import(raw, tool)
        assert found.text or found.problems


@given(raw=st.binary(max_size=200) | st.text(max_size=200).map(lambda text: text.encode("utf-8", "replace")))
def test_any_bytes_give_problems(raw: bytes) -> None:
    assert has_errors(_import(raw, "sloth").problems)


_BOMB = "a: &a [x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"{name}: &{name} [{', '.join([f'*{before}'] * 9)}]\n"
    for before, name in zip("abcdefghi", "bcdefghij", strict=True)
)
_MERGES = "a: &a {k: v}\n" + "".join(
    f"{name}: &{name}\n  <<: [{', '.join([f'*{before}'] * 9)}]\n"
    for before, name in zip("abcdefghi", "bcdefghij", strict=True)
)
_DEEP = f"""version: prometheus/v1
service: s
slos:
- name: deep
  objective: 99
  sli: {{raw: {{error_ratio_query: "{"(" * 3000}x"}}}}
"""


@pytest.mark.parametrize(
    "text",
    [
        f"{_BOMB}version: prometheus/v1\nservice: *j\nslos: *j\n",
        f"{_MERGES}<<: *j\nversion: prometheus/v1\nservice: s\nslos: []\n",
        "version: prometheus/v1\nservice: s\nslos: &x [*x]\n",
        "&x\n<<: [*x, *x]\nversion: prometheus/v1\nservice: s\nslos: &y\n- *y\n- <<: *x\n",
        "[" * 50_000,
        "a: " * 20_000,
        "version: prometheus/v1\nservice: s\nlabels: {? {a: b} : c, ? [x] : y}\nslos: []\n",
        _DEEP,
    ],
    ids=["lists", "merges", "self", "merged self", "nested", "keys", "strange keys", "parentheses"],
)
def test_bombs_end_soon_with_problems(text: str) -> None:
    began = time.monotonic()
    found = _import(text, "sloth")
    assert has_errors(found.problems)
    assert time.monotonic() - began < 20


def test_a_file_of_ten_megabytes_is_refused_at_once(tmp_path: Path) -> None:
    path = tmp_path / "big.yml"
    path.write_bytes(b"version: prometheus/v1\n" + b"# x\n" * 2_600_000)
    assert [problem.id for problem in import_sloth([path]).problems] == ["import/too-large"]
    assert path.stat().st_size > LARGEST


def test_a_thousand_slos_are_imported_in_seconds(tmp_path: Path) -> None:
    slo = """
- name: slo-{n}
  objective: 99.9
  sli:
    events:
      error_query: sum(rate(requests_{n}_total{{code=~"5.."}}[{{{{.window}}}}]))
      total_query: sum(rate(requests_{n}_total[{{{{.window}}}}]))"""
    text = "version: prometheus/v1\nservice: many\nslos:" + "".join(slo.format(n=n) for n in range(1000))
    began = time.monotonic()
    found = _import(text, "sloth")
    assert found.problems == ()
    assert found.text.count("= SLO(") == 1000
    assert time.monotonic() - began < 60


@pytest.mark.parametrize("name", ["missing.yml", "."])
def test_what_cannot_be_read_is_a_problem(name: str) -> None:
    found = import_openslo([name])
    assert [problem.id for problem in found.problems] == ["import/no-file"]


ACCEPTED = [
    line
    for line in (Path(__file__).parent.parent / "promql" / "accepted.txt").read_text(encoding="utf-8").splitlines()
    if line and not line.startswith("#")
]


def _windowed(expr: str) -> str:
    """The expression with Sloth's window for every range."""
    return re.sub(r"\[\s*\d\w*\s*([\]:])", r"[{{.window}}\1", expr)


def _sloth(**sli: Any) -> dict[str, Any]:
    return {"version": "prometheus/v1", "service": "s", "slos": [{"name": "slo", "objective": 99, "sli": sli}]}


def _openslo(method: str, **sli: Any) -> dict[str, Any]:
    objective = {"target": 0.99, "op": "lte", "value": 1, "timeSliceTarget": 0.9}
    spec = {"service": "s", "indicator": {"spec": sli}, "budgetingMethod": method, "objectives": [objective]}
    return {"apiVersion": "openslo/v1", "kind": "SLO", "metadata": {"name": "slo"}, "spec": spec}


def _source(expr: str) -> dict[str, Any]:
    return {"metricSource": {"type": "Prometheus", "spec": {"query": expr}}}


def _roles(expr: str) -> list[tuple[str, dict[str, Any]]]:
    """The expression as every part of an SLI that a query can be."""
    window, other = _windowed(expr), "sum(rate(other_total[{{.window}}]))"
    every = {"good": _source(expr), "total": _source("sum(other_total)")}
    return [
        ("sloth", _sloth(raw={"error_ratio_query": window})),
        ("sloth", _sloth(events={"error_query": window, "total_query": other})),
        ("sloth", _sloth(events={"error_query": other, "total_query": window})),
        ("openslo", _openslo("Occurrences", thresholdMetric=_source(expr))),
        ("openslo", _openslo("Occurrences", ratioMetric={"counter": True, **every})),
        (
            "openslo",
            _openslo("Timeslices", ratioMetric={"counter": False, "bad": _source(expr), **every, "good": None}),
        ),
        ("openslo", _openslo("RatioTimeslices", ratioMetric={"rawType": "success", "raw": _source(expr)})),
    ]


@pytest.mark.slow
@pytest.mark.parametrize("share", range(8))
def test_any_query_in_any_place_gives_a_spec_that_checks_or_problems(share: int) -> None:
    imported = 0
    for expr in ACCEPTED[share::8]:
        for tool, document in _roles(expr):
            found = _import(yaml.safe_dump(document, allow_unicode=True), tool)
            assert _faults(found) == []
            imported += bool(found.text)
    assert imported > 50
