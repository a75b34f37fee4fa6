"""Prometheus itself as the judge of inference: every result's labels are among those inferred."""

from __future__ import annotations

import itertools
import re

import pytest
import yaml

from promspec.promql import infer, kind, parse, unsupported
from tests.promql.promql_cases import SampleRegistry, inferred, promtool

REGISTRY = SampleRegistry()
IMPOSSIBLE = ("promql/never-matches", "promql/empty-selector", "promql/unknown-metric", "promql/quantile-without-le")
_RESULT = re.compile(r'    expr: "(.*)", time: 30m,(?: err: .*| *\n +exp: .*\n +got: (.*))')
_SAMPLE = re.compile(r"\{([^}]*)\} \S+")
_LABEL = re.compile(r'(\w+)="([^"]*)"')


def _input_series() -> list[dict[str, str]]:
    """Every series of the registry in every combination of values, on two instances."""
    found: list[dict[str, str]] = []
    for name in REGISTRY.names():
        series = REGISTRY.series(name)
        assert series is not None
        for values in itertools.product(*(v or _open(label) for label, v in series.labels.items())):
            labels = ",".join(f'{label}="{value}"' for label, value in zip(series.labels, values, strict=True))
            found.append({"series": f"{name}{{{labels}}}", "values": f"0+{len(found) % 7 + 1}x60"})
    return found


def _open(label: str) -> tuple[str, ...]:
    return ("a:9090", "b:9090") if label == "instance" else (f"some {label}",)


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[dict[str, str]]]:
    """The labels of every sample that each instant expression of the table gives; promtool reports what it got."""
    expressions = [
        text for text, _ in inferred() if kind(parse(text)) == "instant" and not unsupported(parse(text), (2, 42))
    ]
    nothing = [{"labels": '{no="such"}', "value": 1}]
    tests = [{"expr": text, "eval_time": "30m", "exp_samples": nothing} for text in expressions]
    case = {"interval": "1m", "input_series": _input_series(), "promql_expr_test": tests}
    path = tmp_path_factory.mktemp("engine") / "test.yml"
    path.write_text(yaml.safe_dump({"evaluation_interval": "1m", "tests": [case]}), encoding="utf-8")
    done = promtool("test", "rules", str(path))
    found = {
        text.replace('\\"', '"').replace("\\\\", "\\"): [
            dict(_LABEL.findall(sample)) for sample in _SAMPLE.findall(got)
        ]
        for text, got in _RESULT.findall(done.stdout + done.stderr)
    }
    assert set(found) == set(expressions)
    return found


def test_every_result_has_the_labels_that_were_inferred(results: dict[str, list[dict[str, str]]]) -> None:
    for text, samples in results.items():
        result = infer(parse(text), REGISTRY)
        for sample in samples:
            labels = {name: value for name, value in sample.items() if name != "__name__"}
            assert not result.exact or set(labels) <= set(result.labels), text
            for name, values in result.labels.items():
                if name != "__name__":
                    assert values is None or labels.get(name, "") in values, (text, name)


def test_most_expressions_give_a_result(results: dict[str, list[dict[str, str]]]) -> None:
    assert sum(1 for samples in results.values() if samples) > 80


def test_what_is_found_to_be_impossible_gives_no_result(results: dict[str, list[dict[str, str]]]) -> None:
    judged = 0
    for text, samples in results.items():
        if " unless " in text:
            continue  # what can never match takes nothing away
        if any(finding.id in IMPOSSIBLE for finding in infer(parse(text), REGISTRY).findings):
            assert samples == [], text
            judged += 1
    assert judged >= 15
