"""The generated source: typed, formatted, deterministic, named without collisions; misuse is a type error."""

from __future__ import annotations

import dataclasses
import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

from promspec.files import header
from tests.runtime.foundry import FOUNDRY
from tests.support.generated import generated, planned, written
from tests.support.specs import AWKWARD, EMPTY, NASTY, SHOP, SMALL

TEXTS = {"shop": SHOP, "nasty": NASTY, "empty": EMPTY, "small": SMALL, "awkward": AWKWARD, "foundry": FOUNDRY}
REPOSITORY = Path(__file__).resolve().parents[2]

MISUSE = """\
from shop.instrumentation import ErrorCode, code_of, metrics, ocr
from shop.instrumentation.labels import Provider

metrics.ocr_request_total.inc()  # E: attr-defined
metrics.ocr_requests_total.inc(provider="paddle")  # E: call-arg
metrics.ocr_requests_total.inc(provider="paddle", status="success", code="x")  # E: call-arg
metrics.ocr_requests_total.inc(provider="padle", status="success")  # E: arg-type
metrics.ocr_requests_total.inc(1.0, "paddle", "success")  # E: call-arg misc
metrics.ocr_requests_total.inc("1", provider="paddle", status="success")  # E: arg-type
metrics.ocr_requests_total.observe(1.0, provider="paddle")  # E: attr-defined
metrics.ocr_errors_total.inc(provider="paddle", code="timeout", stage="load")  # E: arg-type
metrics.ocr_errors_total.inc(provider="paddle", code=ErrorCode.TIME_OUT, stage="load")  # E: attr-defined
metrics.ocr_duration_seconds.observe(provider="paddle")  # E: call-arg
metrics.queue_size.set_function(lambda: "x", provider="paddle")  # E: arg-type return-value
metrics.build_info.set(version=1, class_="a")  # E: arg-type
metrics.delta.time()  # E: attr-defined
metrics.ocr_requests_total = metrics.ocr_requests_total  # E: misc
ocr.track()  # E: call-arg
with ocr.track(provider="nobody") as wrong:  # E: arg-type
    wrong.outcome("cached")  # E: arg-type
    wrong.stage("sleep")  # E: arg-type
    wrong.fail("timeout")  # E: arg-type
code_of("TimeoutError")  # E: arg-type

with ocr.track(provider="paddle") as request:
    with request.stage("infer"):
        metrics.ocr_errors_total.inc(2, provider="paddle", code=ErrorCode.TIMEOUT, stage="load")
    request.outcome("cache_hit")
    request.fail(ErrorCode.PARSE_FAILED)


@metrics.ocr_duration_seconds.time(provider="paddle")
async def measured(name: Provider) -> int:
    async with ocr.track(provider=name) as inner, inner.stage("load"):
        metrics.visits_total.inc(tenant="anybody", provider=name)
    return len(code_of(ValueError()).action)


async def caller() -> str:
    return await measured("paddle")  # E: return-value
"""


@pytest.fixture(scope="module")
def packages(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """All specs, generated side by side."""
    folder = tmp_path_factory.mktemp("generated")
    for name, text in TEXTS.items():
        written(text, folder / name)
    return folder


def _run(folder: Path, *command: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-m", *command], cwd=folder, capture_output=True, text=True, check=False)


def test_the_formatter_changes_nothing(packages: Path) -> None:
    done = _run(packages, "ruff", "format", "--isolated", "--line-length=120", "--diff", *TEXTS)
    assert (done.returncode, done.stdout) == (0, "")


def test_the_linter_finds_nothing(packages: Path) -> None:
    done = _run(packages, "ruff", "check", "--no-cache", f"--config={REPOSITORY / 'pyproject.toml'}", *TEXTS)
    assert (done.returncode, done.stdout) == (0, "All checks passed!\n")


@pytest.mark.slow
def test_it_is_strictly_typed_and_misuse_is_a_type_error(packages: Path) -> None:
    (packages / "misuse.py").write_text(MISUSE, encoding="utf-8")
    done = _run(packages, "mypy", "--strict", "--config-file=", "--cache-dir=.mypy", *TEXTS, "misuse.py")
    found: dict[tuple[str, int], set[str]] = {}
    for file, line, code in re.findall(r"^(\S+?):(\d+): error: .*\[([a-z-]+)\]$", done.stdout, re.MULTILINE):
        found.setdefault((file, int(line)), set()).add(code)
    expected = {
        ("misuse.py", number): set(line.split("# E: ")[1].split())
        for number, line in enumerate(MISUSE.splitlines(), start=1)
        if "# E: " in line
    }
    assert set(found) == set(expected), done.stdout
    assert all(found[place] <= codes for place, codes in expected.items()), done.stdout


@pytest.mark.parametrize("name", TEXTS)
def test_every_file_names_its_source_and_the_same_spec_gives_the_same_bytes(
    packages: Path, tmp_path: Path, name: str
) -> None:
    written(TEXTS[name], tmp_path / name)
    files = {file.relative_to(packages / name): file for file in (packages / name).rglob("*") if file.is_file()}
    again = {file.relative_to(tmp_path / name): file for file in (tmp_path / name).rglob("*") if file.is_file()}
    ours = {path: file.read_bytes() for path, file in files.items() if "__pycache__" not in path.parts}
    assert ours == {path: file.read_bytes() for path, file in again.items()}
    for path, text in ours.items():
        if path.suffix == ".py":
            assert text.decode("utf-8").splitlines()[0] == header("spec.py")


def test_the_runtime_is_copied_unchanged(packages: Path) -> None:
    runtime = REPOSITORY / "generator" / "promspec" / "runtime"
    for file in runtime.glob("*.py"):
        copy = (packages / "shop" / "instrumentation" / "_runtime" / file.name).read_text("utf-8")
        assert copy == f"{header('spec.py')}\n{file.read_text('utf-8')}"


def test_what_a_spec_does_not_need_is_not_generated(packages: Path) -> None:
    empty = {file.name for file in (packages / "empty" / "instrumentation").glob("*.py")}
    assert empty == {"__init__.py", "_package.py", "metrics.py"}
    small = {file.name for file in (packages / "small" / "instrumentation").glob("*.py")}
    assert small == {"__init__.py", "_package.py", "labels.py", "metrics.py", "operations.py"}


def test_labels_of_one_name_with_different_values_have_types_of_their_own(tmp_path: Path) -> None:
    plan, _ = planned(
        """
        a, b = Label("provider", values=["x", "y"]), Label("provider", values=["z"])
        spec = Spec("s", owner="o", metrics=[
            Counter("ocr_requests_total", "A.", labels=[a]),
            Counter("vision_requests_total", "B.", labels=[b]), Counter("vision_errors_total", "C.", labels=[b]),
            Gauge("again", "D.", labels=[Label("provider", values=["y", "x"])]),
        ])
        """,
        tmp_path,
    )
    assert [(alias.name, alias.values) for alias in plan.aliases] == [
        ("Provider", ("x", "y")),
        ("VisionProvider", ("z",)),
    ]
    assert [metric.labels[0].type for metric in plan.metrics][-1] == "labels.Provider"


def test_names_that_collide_are_numbered_or_get_an_underscore(tmp_path: Path) -> None:
    plan, _ = planned(NASTY, tmp_path)
    variables = [metric.variable for metric in plan.metrics]
    assert {"a_b", "aB", "Final_", "labels_", "job_x_rate", "float_"} <= set(variables)
    classes = [metric.class_name for metric in plan.metrics]
    assert len(set(classes)) == len(classes)
    assert [label.parameter for label in plan.metrics[variables.index("reqs_total")].labels] == [
        "class_2",
        "from_",
        "self_",
        "amount_",
        "class_",
        "value_",
    ]
    assert plan.error_codes is not None
    assert [code.member for code in plan.error_codes.codes] == ["timeout", "title_", "NAME", "OTHER"]


def test_the_digest_changes_with_the_plan_and_with_nothing_else(tmp_path: Path) -> None:
    plan, _ = planned(SMALL, tmp_path / "a")
    same, _ = planned("\n# A comment.\n" + SMALL, tmp_path / "b")
    other, _ = planned(SMALL.replace('"X."', '"Y."'), tmp_path / "c")
    assert plan.digest == same.digest != other.digest
    json.dumps(dataclasses.asdict(plan))


def test_labels_named_like_the_words_of_a_method_do_not_hide_them(tmp_path: Path) -> None:
    names = ["exemplar", "pending", "next", "len", "float", "families", "self", "value", "x" * 60, "y" * 60]
    package = generated(
        f"""
        labels = [Label(name, values=["v"]) for name in {names}]
        spec = Spec("s", owner="o", metrics=[
            Counter("c_total", "C.", labels=labels), Gauge("g", "G.", labels=labels),
            Histogram("h_seconds", "H.", labels=labels, buckets=[1]),
        ])
        """,
        tmp_path / "words",
    )
    parameters = [label.parameter for label in package.plan.metrics[0].labels]
    values = dict.fromkeys(parameters, "v")
    package.metrics.c_total.inc(**values)
    package.metrics.g.set(2, **values)
    for _ in range(65):
        package.metrics.h_seconds.observe(0.5, **values)
    series = dict.fromkeys(names, "v")
    assert package.value("c_total", **series) == 1
    assert package.value("g", **series) == 2
    assert package.value("h_seconds_count", **series) == 65
    done = _run(tmp_path, "ruff", "format", "--isolated", "--line-length=120", "--diff", "words")
    assert (done.returncode, done.stdout) == (0, "")
