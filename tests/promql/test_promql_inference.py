"""What is inferred from an expression against a registry: its labels with their values, and what is wrong in it."""

from __future__ import annotations

import pytest

from promspec.promql import Inference, infer, parse
from tests.promql.promql_cases import SampleRegistry, inferred

IDS = {
    "promql/bucket-not-declared",
    "promql/empty-selector",
    "promql/never-matches",
    "promql/quantile-without-le",
    "promql/rate-of-gauge",
    "promql/unknown-label",
    "promql/unknown-label-value",
    "promql/unknown-metric",
}


def inference(text: str, *, templated: bool = False) -> Inference:
    return infer(parse(text, templated=templated), SampleRegistry())


def summary(text: str) -> str:
    """The labels (`*` for any value, `...` for any further label), then one line for each finding with its place."""
    result = inference(text)
    labels = [f"{n}={'*' if v is None else '|'.join(x or '-' for x in v) or 'none'}" for n, v in result.labels.items()]
    lines = ["    labels: " + " ".join(labels + ([] if result.exact else ["..."]))]
    lines += [f"    {f.id} `{text[f.start : f.end]}`: {f.message} -- {f.remedy}" for f in result.findings]
    return "\n".join(line.rstrip() for line in lines)


@pytest.mark.parametrize(("text", "expected"), inferred())
def test_the_labels_and_findings_of_the_table(text: str, expected: str) -> None:
    assert summary(text) == expected


def test_the_table_shows_every_finding() -> None:
    assert {finding.id for text, _ in inferred() for finding in inference(text).findings} == IDS


@pytest.mark.parametrize(
    "text",
    [
        'ocr_errors_total{provider="$provider"}',
        'ocr_errors_total{provider=~"${provider:regex}", code!="[[code]]"}',
        'ocr_errors_total{provider=~"$a|nothing"}',
        'ocr_errors_total{provider="$a", provider="$b"}',
        'ocr_duration_seconds_bucket{le="$le"}',
        '{__name__=~"$metric"}',
        "rate(ocr_errors_total[$__rate_interval]) > $threshold",
        'sum by (x) (label_replace(up, "x", "y", "job", "${pattern}.*"))',
        'sum by (x) (label_replace(up, "$to", "y", "job", ".*"))',
        'label_replace(up, "x", "$1", "${from}", "(.+)")',
        'sum by (x) (count_values("$label", up))',
    ],
)
def test_the_value_of_a_grafana_variable_is_never_reported(text: str) -> None:
    assert inference(text, templated=True).findings == ()


def test_an_unknown_label_is_reported_even_if_its_value_is_a_variable() -> None:
    (finding,) = inference('ocr_errors_total{provder="$provider"}', templated=True).findings
    assert (finding.id, finding.remedy) == ("promql/unknown-label", "did you mean provider?")


def test_without_templating_a_dollar_is_a_value() -> None:
    (finding,) = inference('ocr_errors_total{provider="$provider"}').findings
    assert finding.id == "promql/unknown-label-value"


def test_findings_come_in_source_order() -> None:
    text = 'sum by (a) (one_total{x="y"}) / sum by (provder) (rate(ocr_queue_depth{quue="z"}[5m]))'
    starts = [finding.start for finding in inference(text).findings]
    assert starts == sorted(starts)
    assert len(starts) == 4


def test_a_long_chain_is_inferred() -> None:
    result = inference(" or ".join(["up"] * 3000))
    assert list(result.labels) == ["job", "instance"]
