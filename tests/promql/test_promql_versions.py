"""Which Prometheus reads what: the verdicts of Prometheus' own parser, release by release, beside ours.

prometheus3.txt has a line for each expression: the first release whose parser accepts it, the feature flags that it
needs there and in 3.15, and the expression; `never` where 3.15 refuses to parse or to evaluate it. The verdicts are
those of the packages promql/parser of 2.42, 2.46, 2.49, 2.52, 2.54, 2.55, 3.0, 3.4 to 3.8 and 3.10 to 3.15. One is
ours: names in quotes count from 3.0 on, where they need no flag.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from promspec.promql import PromQLError, parse, unsupported

RELEASES = (
    *((2, 42), (2, 46), (2, 49), (2, 52), (2, 54), (2, 55), (3, 0), (3, 4), (3, 5), (3, 6), (3, 7), (3, 8)),
    *((3, 10), (3, 11), (3, 12), (3, 13), (3, 14), (3, 15)),
)
DURATIONS = "promql-duration-expr"
LINES = (Path(__file__).parent / "prometheus3.txt").read_text(encoding="utf-8").splitlines()
VERDICTS = [(verdict, text) for verdict, _, text in (line.partition("  ") for line in LINES)]
ACCEPTED = [(verdict, text) for verdict, text in VERDICTS if verdict != "never"]
FLAGGED = [(verdict, text) for verdict, text in ACCEPTED if "+" in verdict]


def _since(verdict: str) -> tuple[int, int]:
    major, _, minor = verdict.partition("+")[0].partition(".")
    return int(major), int(minor)


def test_the_table_holds_enough_of_each_verdict() -> None:
    assert len(ACCEPTED) >= 200
    assert len(VERDICTS) - len(ACCEPTED) >= 100
    assert len(FLAGGED) >= 50


@pytest.mark.parametrize("text", [text for verdict, text in VERDICTS if verdict == "never"])
def test_what_the_newest_prometheus_refuses_is_refused(text: str) -> None:
    with pytest.raises(PromQLError) as caught:
        parse(text)
    assert 0 <= caught.value.start <= caught.value.end <= len(text)


@pytest.mark.parametrize(("verdict", "text"), ACCEPTED)
def test_an_expression_is_supported_from_the_release_on_that_reads_it(verdict: str, text: str) -> None:
    features = [DURATIONS, *verdict.split("+")[1:]]
    expr = parse(text)
    assert [version for version in RELEASES if not unsupported(expr, version, features)] == [
        version for version in RELEASES if version >= _since(verdict)
    ]


@pytest.mark.parametrize(("verdict", "text"), FLAGGED)
def test_a_feature_flag_that_is_not_set_is_named(verdict: str, text: str) -> None:
    flags = verdict.split("+")[1:]
    findings = unsupported(parse(text), (3, 15), [])
    named = {finding.message.partition("--enable-feature=")[2] for finding in findings}
    assert set(flags) <= {flag for names in named for flag in names.split(",")}
    assert all(finding.id == "promql/version" for finding in findings)


@pytest.mark.parametrize(
    ("text", "version", "message"),
    [
        (
            "limitk(3, x)",
            (2, 42),
            "limitk() needs Prometheus 2.54 or later and --enable-feature=promql-experimental-functions",
        ),
        ("limitk(3, x)", (3, 5), "limitk() needs --enable-feature=promql-experimental-functions"),
        (
            "x + fill(0) y",
            (3, 9),
            "fill() needs Prometheus 3.10 or later and --enable-feature=promql-binop-fill-modifiers",
        ),
        ("x </ 5", (3, 10), "the operator `</` needs Prometheus 3.11 or later"),
        (
            "x[5m*2]",
            (3, 3),
            "arithmetic of durations needs Prometheus 3.14 or later, or 3.4 and --enable-feature=promql-duration-expr",
        ),
        ("x[5m*2]", (3, 13), "arithmetic of durations needs --enable-feature=promql-duration-expr"),
        ("first_over_time(x[5m])", (3, 13), "first_over_time() needs --enable-feature=promql-experimental-functions"),
        (
            "start_timestamp(x)",
            (3, 14),
            "start_timestamp() needs --enable-feature=promql-experimental-functions,use-start-timestamps",
        ),
    ],
)
def test_the_message_names_version_and_flag(text: str, version: tuple[int, int], message: str) -> None:
    (finding,) = unsupported(parse(text), version)
    assert finding.message == message


@pytest.mark.parametrize("text", ["x[5m*2]", "first_over_time(x[5m])", "x[max_of(5m, step())]"])
def test_what_became_stable_needs_no_flag(text: str) -> None:
    assert unsupported(parse(text), (3, 13)) != ()
    assert unsupported(parse(text), (3, 14)) == ()


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("1 + limitk(3, x)", "limitk(3, x)"),
        ("mad_over_time(x[5m]) / x", "mad_over_time(x[5m])"),
        ('sum({"my.metric"})', '"my.metric"'),
        ('x{"a"="b"}', '"a"'),
        ('sum by ("l.a") (x)', '"l.a"'),
        ('x + on(a) group_left("l.a") x', '"l.a"'),
        ("x[300]", "300"),
        ("x[5m:60]", "60"),
        ("x offset +5m", "+5m"),
        ("x offset 0s", "0s"),
        ("x > 5m", "5m"),
        ("x > 1_000", "1_000"),
    ],
)
def test_what_an_older_prometheus_lacks_is_found(text: str, place: str) -> None:
    expr = parse(text)
    (finding,) = unsupported(expr, (2, 42))
    assert finding.id == "promql/version"
    assert text[finding.start : finding.end] == place
    assert "needs Prometheus" in finding.message
    assert unsupported(expr, (3, 5), ["promql-experimental-functions"]) == ()


def test_what_a_newer_prometheus_dropped_is_found() -> None:
    expr = parse("holt_winters(x[5m], 0.5, 0.5)")
    assert unsupported(expr, (2, 42)) == ()
    (finding,) = unsupported(expr, (3, 0))
    assert finding.remedy == "use double_exponential_smoothing()"


def test_a_grafana_variable_needs_no_version() -> None:
    expr = parse("rate(x[$w]) > $n", templated=True)
    assert unsupported(expr, (2, 42)) == ()
