"""Every rule of the contract: what breaks it is told at the declaration, and nothing else is."""

from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner

from promspec.cli.app import app
from promspec.live.contract import Contract, contract_of
from promspec.live.exposition import Exposition, read
from promspec.live.judging import violations
from promspec.live.succession import falls
from promspec.live_rules import RULES, live_catalogue
from promspec.problems import Level
from tests.support.generated import Generated, generated, sound
from tests.support.specs import NASTY, SHOP, SMALL

Found = set[tuple[str, str]]


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Generated:
    """A package that did some work, so that every family has series."""
    package = generated(SHOP, tmp_path_factory.mktemp("live") / "shop")
    package.metrics.visits_total.inc(tenant="anybody", provider="paddle")
    package.metrics.rare_total.inc(provider="paddle")
    package.metrics.age_seconds.set(1)
    package.metrics.build_info.set(version="1", class_="a")
    package.metrics.ocr_duration_seconds.observe(0.5, provider="paddle")
    return package


@pytest.fixture(scope="module")
def contract(shop: Generated) -> Contract:
    return contract_of(sound(SHOP, shop.folder.parent / "again")[0])


def _found(contract: Contract, text: str) -> Found:
    return {(each.id, each.subject) for each in violations(contract, read(text.encode()))}


def _said(contract: Contract, text: str) -> list[str]:
    problems = [each.problem() for each in violations(contract, read(text.encode()))]
    return [f"{each.place.line}: {each.summary}; {each.remedy}" for each in problems]


def test_what_is_generated_keeps_its_contract_in_both_formats(shop: Generated, contract: Contract) -> None:
    assert list(violations(contract, read(shop.text().encode()))) == []
    page = shop.module.exposition(openmetrics=True, others=True)
    assert b"# EOF" in page
    assert list(violations(contract, read(page))) == []


def test_a_nasty_spec_keeps_its_contract_too(tmp_path: Path) -> None:
    package = generated(NASTY, tmp_path / "nasty")
    nasty = contract_of(sound(NASTY, tmp_path / "again")[0])
    assert list(violations(nasty, read(package.text().encode()))) == []
    package.metrics.temp_celsius.observe(3)
    assert list(violations(nasty, read(package.module.exposition(openmetrics=True, others=True)))) == []


BARE = "# HELP bare_total Finished without a word.\n# TYPE bare_total counter\n"
QUEUE = 'queue_size{provider="paddle"} 0.0\n'
FAST = 'ocr_duration_seconds_bucket{le="0.1",provider="paddle"} 0.0\n'
BROKEN: dict[str, tuple[str, str, Found, str]] = {
    "a family is gone": (
        f"{BARE}bare_total 0.0\n",
        "",
        {("verify/missing", "bare_total")},
        "bare_total is not exposed; it appears always",
    ),
    "a family has another name": (
        "bare_total",
        "bares_total",
        {("verify/missing", "bare_total"), ("verify/undeclared", "shop")},
        "bare_total is not exposed; is it bares_total?",
    ),
    "a series that is laid out is gone": (
        QUEUE,
        "",
        {("verify/missing", "queue_size")},
        '1 of the 2 series of queue_size is not exposed, such as queue_size{provider="paddle"}; lay the series out',
    ),
    "something is not declared": (
        "# HELP bare_total",
        "# TYPE extra_total counter\nextra_total 1.0\n# HELP bare_total",
        {("verify/undeclared", "shop")},
        "extra_total is exposed, and not declared; did you mean rare_total?",
    ),
    "the type": (
        "# TYPE queue_size gauge",
        "# TYPE queue_size counter",
        {("verify/type", "queue_size")},
        "queue_size is exposed as a counter, and declared as a gauge; run the instrumentation",
    ),
    "the help text": (
        "Visits.",
        "Visitors.",
        {("verify/help", "visits_total")},
        'the help text of visits_total says "Visitors."; it is declared as "Visits."',
    ),
    "a label more": (
        'rare_total{provider="paddle"}',
        'rare_total{pod="x",provider="paddle"}',
        {("verify/label", "rare_total")},
        "rare_total has the label pod, which it does not declare; its labels are provider",
    ),
    "a label has another name": (
        'rare_total{provider="paddle"}',
        'rare_total{providers="paddle"}',
        {("verify/label", "rare_total")},
        "rare_total has the label providers, which it does not declare; did you mean provider?",
    ),
    "a value of a closed label": (
        'rare_total{provider="paddle"}',
        'rare_total{provider="padle"}',
        {("verify/value", "rare_total")},
        "rare_total has provider = 'padle', which provider does not declare; did you mean paddle?",
    ),
    "an error code that is none": (
        'ocr_errors_total{code="timeout",provider="paddle",stage="load"} 0.0',
        'ocr_errors_total{code="TIMEOUT",provider="paddle",stage="load"} 0.0',
        {("verify/value", "ocr_errors_total"), ("verify/missing", "ocr_errors_total")},
        "ocr_errors_total has code = 'TIMEOUT', which code does not declare; its values are timeout, parse_failed",
    ),
    "values that are beyond an open label": (
        'visits_total{provider="paddle",tenant="anybody"} 1.0\n',
        "".join(f'visits_total{{provider="paddle",tenant="t{number}"}} 1.0\n' for number in range(4)),
        {("verify/cardinality", "visits_total")},
        "visits_total has 4 values of tenant, which has max_values=2; count the rest as one value",
    ),
    "another bucket": (
        'delta_bucket{le="5.0"}',
        'delta_bucket{le="6.0"}',
        {("verify/bucket", "delta")},
        "delta has the buckets -5.0, 0.0, 6.0, +Inf; they are declared as -5.0, 0.0, 5.0, +Inf",
    ),
    "buckets that are not cumulative": (
        FAST,
        FAST.replace("0.0", "9.0"),
        {("verify/histogram", "ocr_duration_seconds")},
        'ocr_duration_seconds{provider="paddle"} has fewer events up to 1.0 than up to 0.1; expose cumulative counts',
    ),
    "a count that is not the last bucket": (
        'ocr_duration_seconds_count{provider="paddle"} 1.0',
        'ocr_duration_seconds_count{provider="paddle"} 7.0',
        {("verify/histogram", "ocr_duration_seconds")},
        'ocr_duration_seconds{provider="paddle"} counts 7, and has 1 in its last bucket; expose',
    ),
    "no sum": (
        'ocr_duration_seconds_sum{provider="paddle"} 0.5\n',
        "",
        {("verify/histogram", "ocr_duration_seconds")},
        'ocr_duration_seconds{provider="paddle"} has no _sum',
    ),
    "a gauge that is no number": (
        "age_seconds 1.0",
        "age_seconds NaN",
        {("verify/not-a-number", "age_seconds")},
        "age_seconds is nan; leave out what has no value yet",
    ),
    "a counter below zero": (
        "bare_total 0.0",
        "bare_total -1.0",
        {("verify/not-a-number", "bare_total")},
        "bare_total is -1; leave out",
    ),
    "a series twice": (
        QUEUE,
        QUEUE * 2,
        {("verify/twice", "queue_size")},
        'queue_size{provider="paddle"} is exposed twice; register one collector for it',
    ),
    "a family twice": (
        "# HELP queue_size",
        f'{BARE}bare_total{{x="1"}} 0.0\n# HELP queue_size',
        {("verify/twice", "bare_total"), ("verify/label", "bare_total")},
        "bare_total has two headings; expose a family in one piece",
    ),
    "another version of the spec": (
        'promspec_info{digest="',
        'promspec_info{digest="0',
        {("verify/digest", "shop")},
        "the process runs shop with the digest 0",
    ),
    "no heartbeat": (
        "promspec_info{",
        "promspec_infos{",
        {("verify/heartbeat", "shop")},
        "there is no promspec_info of the spec shop; import the generated instrumentation",
    ),
}


@pytest.mark.parametrize("name", BROKEN)
def test_what_is_broken_is_found_and_nothing_else_is(shop: Generated, contract: Contract, name: str) -> None:
    before, after, expected, said = BROKEN[name]
    assert before in shop.text()
    text = shop.text().replace(before, after)
    assert _found(contract, text) == expected
    assert any(said in line for line in _said(contract, text)), _said(contract, text)


def test_a_violation_stands_where_the_promise_was_written(shop: Generated, contract: Contract) -> None:
    lines = ("from promspec import *\n" + SHOP).split("\n")
    text = shop.text().replace("Visits.", "x").replace('rare_total{provider="paddle"}', 'rare_total{provider="x"}')
    problems = {each.id: each.problem() for each in violations(contract, read(text.encode()))}
    assert 'Counter("visits_total"' in lines[problems["verify/help"].place.line - 1]
    assert 'provider = Label("provider"' in lines[problems["verify/value"].place.line - 1]
    assert problems["verify/value"].place.file.endswith("spec.py")
    codes = shop.text().replace('code="timeout"', 'code="late"')
    of_code = next(each for each in violations(contract, read(codes.encode())) if each.id == "verify/value")
    assert "class ErrorCode(ErrorCodes" in lines[of_code.place.line - 1]


def test_an_empty_page_is_one_violation(contract: Contract) -> None:
    assert _found(contract, "") == {("verify/empty", "shop")}
    assert _found(contract, "# TYPE bare_total counter\n") == {("verify/empty", "shop")}


def test_what_belongs_to_the_client_and_what_is_external_needs_no_declaration(
    shop: Generated, contract: Contract
) -> None:
    known = "process_open_fds 1\npython_info 1\nnode_load 1\nbare_created 1\ntarget_info 1\n"
    assert _found(contract, shop.text() + known) == set()
    assert _found(contract, shop.text() + "go_threads 1\n") == {("verify/undeclared", "shop")}
    text = (shop.text() + "go_threads 1\n").encode()
    assert list(violations(contract, read(text), ["go_"])) == []


def test_only_strict_mode_makes_a_warning_an_error(shop: Generated, contract: Contract) -> None:
    (extra,) = violations(contract, read(shop.text().encode() + b"extra 1\n"))
    assert extra.problem().level is Level.WARNING
    assert extra.problem(strict=True).level is Level.ERROR
    assert extra.problem(at="http://a/metrics").summary == "extra is exposed, and not declared, at http://a/metrics"


APPEARS = """
status = Label("status", values=["success", "error"])
kind = Label("kind", max_values=5)
requests = Counter("reqs_total", "Requests.", labels=[status])
took = Histogram("took_seconds", "Time.", labels=[kind], buckets=[1])
wrong = Counter("wrong_total", "Errors.", labels=[kind], appears="error")
alive = Gauge("alive_timestamp_seconds", "Alive.", initialise="never", appears="always")
lazy = Counter("lazy_total", "Lazy.", appears="first-event")
speed = Gauge("speed_meters_per_second", "Speed.", initialise="never", unit="meters_per_second")
spec = Spec("shop", owner="x", series_budget=6, metrics=[alive, lazy, speed],
            operations=[Operation("work", requests=requests, errors=wrong, duration=took)])
"""
HELPS = "# HELP reqs_total Requests.\n# TYPE reqs_total counter\n"
ALIVE = "# HELP alive_timestamp_seconds Alive.\n# TYPE alive_timestamp_seconds gauge\n"


def _page(success: int, error: int, more: str = "") -> str:
    counts = f'reqs_total{{status="success"}} {success}\nreqs_total{{status="error"}} {error}\n'
    return f"{HELPS}{counts}{ALIVE}alive_timestamp_seconds 1\n{more}"


@pytest.fixture
def appearing(tmp_path: Path) -> Contract:
    return contract_of(sound(APPEARS, tmp_path / "appears")[0])


def test_each_metric_must_be_there_when_it_says(appearing: Contract) -> None:
    def missing(text: str) -> list[str]:
        found = violations(appearing, read(text.encode()))
        return [f"{each.summary}: {each.remedy}" for each in found if each.id == "verify/missing"]

    assert missing(_page(0, 0)) == []
    assert missing(_page(1, 0)) == [
        'took_seconds is not exposed: it appears once reqs_total{status="success"} has counted, which it has'
    ]
    assert missing(_page(0, 1)) == [
        'wrong_total is not exposed: it appears once reqs_total{status="error"} has counted, which it has'
    ]
    without = _page(0, 0).replace("alive_timestamp_seconds 1\n", "")
    assert missing(without) == ["alive_timestamp_seconds is exposed without a series: it appears always"]


def test_the_unit_that_openmetrics_tells_is_compared(appearing: Contract) -> None:
    def units(text: str) -> list[str]:
        page = read(f"{text}# EOF\n".encode(), openmetrics=True)
        return [each.summary for each in violations(appearing, page) if each.id == "verify/unit"]

    metric = "# TYPE speed_meters_per_second gauge\n# UNIT speed_meters_per_second {}\nspeed_meters_per_second 1\n"
    assert units(metric.format("second")) == [
        "speed_meters_per_second is exposed in second, and declared in meters_per_second"
    ]
    assert units(metric.format("meters_per_second")) == []


def test_the_budget_of_the_whole_spec_is_kept(appearing: Contract) -> None:
    more = "".join(f'wrong_total{{kind="{number}"}} 1\n' for number in range(4))
    found = violations(appearing, read(_page(0, 0, more).encode()))
    said = [each.summary for each in found if each.id == "verify/cardinality"]
    assert said == ["there are 7 series of declared metrics, and the budget of shop is 6"]


def _two(contract: Contract, before: str, after: str) -> list[str]:
    return [each.summary for each in falls(contract, read(before.encode()), read(after.encode()))]


def test_between_two_scrapes_counters_only_rise(shop: Generated, contract: Contract) -> None:
    text = shop.text()
    rises = text.replace("bare_total 0.0", "bare_total 2.0").replace("age_seconds 1.0", "age_seconds 0.5")
    assert _two(contract, text, rises) == []
    assert _two(contract, rises, text) == ["bare_total falls from 2 to 0"]
    gone = text.replace('rare_total{provider="paddle"} 1.0\n', "")
    assert _two(contract, text, gone) == ['rare_total{provider="paddle"} is gone']
    count = 'ocr_duration_seconds_count{provider="paddle"}'
    assert _two(contract, text, text.replace(f"{count} 1.0", f"{count} 0.0")) == [f"{count} falls from 1 to 0"]


def test_a_restart_is_no_fall(shop: Generated, contract: Contract) -> None:
    before = shop.text().replace("bare_total 0.0", "bare_total 9.0") + "process_start_time_seconds 100\n"
    after = shop.text()
    assert _two(contract, before, after + "process_start_time_seconds 200\n") == []
    assert _two(contract, before, after + "process_start_time_seconds 100\n") == ["bare_total falls from 9 to 0"]


def test_a_spec_without_labels_or_metrics_has_a_contract_too(tmp_path: Path) -> None:
    package = generated(SMALL, tmp_path / "small")
    small = contract_of(sound(SMALL, tmp_path / "again")[0])
    assert list(violations(small, read(package.text().encode()))) == []
    empty = contract_of(sound('spec = Spec("empty", owner="x")', tmp_path / "empty")[0])
    assert [each.id for each in violations(empty, read(b"up 1\n"))] == ["verify/undeclared"]


def test_strangers_words_are_shown_printable(shop: Generated, contract: Contract) -> None:
    evil = shop.text().replace('rare_total{provider="paddle"}', 'rare_total{provider="\x1b[2J\u202e"}')
    said = [each.problem() for each in violations(contract, read(evil.encode()))]
    assert len(said) == 1
    assert "\x1b" not in said[0].summary
    assert "\\x1b[2J\\u202e" in said[0].summary


def test_every_rule_is_broken_here_or_in_the_tests_of_the_commands() -> None:
    elsewhere = {"unanswered", "exposition", "not-monotonic", "required", "counter", "mapping", "empty", "unit"}
    broken = {id for _, _, found, _ in BROKEN.values() for id, _ in found}
    assert broken | {f"verify/{name}" for name in elsewhere} == {id for id, _, _ in live_catalogue("verify")}


@pytest.mark.parametrize(("id", "level", "summary"), live_catalogue())
def test_every_rule_is_listed_and_explained(id: str, level: Level, summary: str) -> None:
    shown = CliRunner().invoke(app, ["explain", id]).stdout
    assert shown.startswith(f"# {id}\n\n**{level}**: {summary}\n\n{RULES[id].why}\n")
    assert f"{summary}" in CliRunner().invoke(app, ["rules"]).stdout


def test_an_exposition_of_the_largest_kind_is_judged_in_seconds(contract: Contract) -> None:
    lines = "".join(f'visits_total{{provider="paddle",tenant="t{number}"}} 1\n' for number in range(20_000))
    page: Exposition = read(f"# HELP visits_total Visits.\n# TYPE visits_total counter\n{lines}".encode())
    found = {each.summary for each in violations(contract, page) if each.subject == "visits_total"}
    assert found == {
        "visits_total has 20,000 values of tenant, which has max_values=2",
        "visits_total has 20,000 series, and its budget is 10,000",
    }
