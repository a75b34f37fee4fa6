"""What a type checker says of a spec: right words pass, wrong ones are errors on their line; the words in f-strings."""

from __future__ import annotations

import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from promspec import (
    SLO,
    Code,
    Counter,
    ErrorCodes,
    Gauge,
    Histogram,
    Label,
    Operation,
    Ratio,
    RecordingRule,
    matches,
    not_,
)
from promspec.vocabulary.base import SpecValueError

MISUSE = """
    from promspec import SLO, Alert, Counter, Gauge, Histogram, Label, Latency, Ratio, Severity, Spec

    color = Label("color", "A colour.", values=["red"])
    good = Counter("a_total", "A.", labels=[color], unit=None)
    wait = Histogram("wait_seconds", "How long.", buckets=[0.1, 1])
    Counter("a_total")  # E: [call-arg]
    Counter("a_total", "A.", lables=[color])  # E: [call-arg]
    Counter("a_total", "A.", [color])  # E: [call-arg]
    Counter("a_total", "A.", labels=["color"])  # E: [list-item]
    Label("color", "A colour.", values=[1])  # E: [list-item]
    Gauge(1, "A.")  # E: [arg-type]
    Latency(good, below=2)  # E: [arg-type]
    SLO("a", Ratio(bad=good, total=good))  # E: [call-arg]
    SLO("a", good, objective=99)  # E: [arg-type]
    Alert("A", "up", severity="critical", summary="A.")  # E: [arg-type]
    Spec("a", owner="b", metrics=[color])  # E: [list-item]
    Spec("a", owner="b", alerts=wait)  # E: [arg-type]
    good.name = "b_total"  # E: [misc]
    good.where(color="red", other=["a", "b"])
    Alert("A", "up", severity=Severity.INFO, summary="A.", for_=5)  # E: [arg-type]
"""


def test_wrong_words_are_type_errors_on_their_lines_and_right_ones_are_not(tmp_path: Path) -> None:
    lines = textwrap.dedent(MISUSE).strip().split("\n")
    file = tmp_path / "misuse.py"
    file.write_text("\n".join(lines) + "\n")
    done = subprocess.run(
        [
            sys.executable,
            "-m",
            "mypy",
            "--strict",
            "--no-error-summary",
            "--cache-dir",
            str(tmp_path / "cache"),
            str(file),
        ],
        capture_output=True,
        text=True,
        timeout=300,
    )
    found: dict[int, str] = {}
    for line in done.stdout.splitlines():
        if ": error: " in line:
            found.setdefault(int(line.split(":")[1]), line[line.rindex("[") :])
    expected = {number: line.split("# E: ")[1] for number, line in enumerate(lines, 1) if "# E: " in line}
    assert {number: found.get(number, "nothing") for number in expected} == expected, done.stdout
    assert set(found) == set(expected), done.stdout


color = Label("color", "A colour.", values=["red", "blue", "a.b"])
tenant = Label("tenant", "Whose.", max_values=5)
sold = Counter("sold_total", "Sold things.", labels=[color, tenant])
wait = Histogram("wait_seconds", "How long.", labels=[color], buckets=[0.5, 1, 2.5])


@pytest.mark.parametrize(
    ("printed", "expected"),
    [
        (f"{sold}", "sold_total"),
        (f"{color}", "color"),
        (f"{sold.where()}", "sold_total"),
        (f"{sold.where(color='red')}", 'sold_total{color="red"}'),
        (f"{sold.where(color=['red', 'a.b'])}", 'sold_total{color=~"red|a\\\\.b"}'),
        (f"{sold.where(color=not_('red'))}", 'sold_total{color!="red"}'),
        (f"{sold.where(color=not_('red', 'blue'))}", 'sold_total{color!~"red|blue"}'),
        (f"{sold.where(color=matches('r.*'), job='x')}", 'sold_total{color=~"r.*",job="x"}'),
        (str(sold.where(tenant='quote " back \\ new \n')), 'sold_total{tenant="quote \\" back \\\\ new \\n"}'),
        (f"{wait.bucket}", "wait_seconds_bucket"),
        (f"{wait.bucket.where(le=1)}", 'wait_seconds_bucket{le="1.0"}'),
        (f"{wait.bucket.where(le=2.5, color='red')}", 'wait_seconds_bucket{le="2.5",color="red"}'),
        (f"{wait.count} {wait.sum}", "wait_seconds_count wait_seconds_sum"),
        (f"{RecordingRule('job:x:rate5m', 'x')}", "job:x:rate5m"),
        (f"{Code('timeout', action='Wait.')}", "timeout"),
    ],
)
def test_words_print_in_an_f_string_as_what_they_are_called(printed: str, expected: str) -> None:
    assert printed == expected


def test_outside_of_a_spec_a_wrong_word_raises_with_the_remedy() -> None:
    with pytest.raises(SpecValueError, match=r"did you mean red\?"):
        sold.where(color="rad")
    with pytest.raises(SpecValueError, match=r"\[spec/missing-argument\]"):
        Counter("a_total")  # type: ignore[call-arg]


def test_a_declaration_cannot_be_changed() -> None:
    with pytest.raises((TypeError, ValueError), match="frozen"):
        sold.name = "other_total"  # type: ignore[misc]


def test_a_list_that_is_changed_later_changes_nothing() -> None:
    labels = [color]
    metric = Counter("x_total", "X.", labels=labels)
    labels.append(tenant)
    assert metric.label_names == ("color",)


def test_two_declarations_with_the_same_words_are_two() -> None:
    assert Gauge("x", "X now.") != Gauge("x", "X now.")


def test_codes_are_inherited_and_the_label_has_all_of_them() -> None:
    class Base(ErrorCodes):
        TIMEOUT = Code("timeout", action="Wait.")
        INTERNAL_ERROR = Code("internal_error", action="Read the log.")

    class More(Base):
        FULL = Code("full", action="Make room.")

    assert list(More.codes) == ["TIMEOUT", "INTERNAL_ERROR", "FULL"]
    assert More.label.known_values == ("timeout", "internal_error", "full")
    assert More.fallback is Base.INTERNAL_ERROR


def test_an_operation_knows_its_outcome_and_context_labels() -> None:
    status = Label("status", "How it ended.", values=["success", "error"])
    operation = Operation("work", requests=Counter("works_total", "Finished works.", labels=[color, status]))
    assert operation.outcome_label is status
    assert operation.context_labels == (color,)
    assert operation.outcome_value("rejected", "error") == "error"


@pytest.mark.parametrize(("objective", "budget"), [(99.9, "0.001"), (99.95, "0.0005"), (99, "0.01")])
def test_an_error_budget_is_exact(objective: float, budget: str) -> None:
    slo = SLO("x", Ratio(bad=sold, total=sold), objective=objective)
    assert format(slo.error_budget, "f") == budget
