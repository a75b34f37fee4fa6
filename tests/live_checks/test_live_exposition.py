"""What is read of an exposition is what prometheus_client's own parsers read; the rest is one line."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st
from prometheus_client import CollectorRegistry, Counter, Enum, Gauge, Histogram, Info, Summary, generate_latest
from prometheus_client.openmetrics import exposition as openmetrics
from prometheus_client.openmetrics.parser import text_string_to_metric_families as read_openmetrics
from prometheus_client.parser import text_string_to_metric_families as read_text

from promspec.live import exposition
from promspec.live.exposition import LONGEST_LINE, MOST_LINES, Unreadable, read

TEXTS = ["plain", 'a "quote"', "back\\slash", "new\nline", "brace } and , comma", "Ünïcode", "", " # {a} 1"]


def _registry() -> CollectorRegistry:
    registry = CollectorRegistry()
    counter = Counter("jobs_total", 'Jobs "quoted" \\ and\nmore.', ["name"], registry=registry)
    for text in TEXTS:
        counter.labels(text).inc(exemplar={"trace": "a b"})
    Gauge("queue_bytes", "Queue.", unit="bytes", registry=registry).set(float("nan"))
    waits = Histogram("wait_seconds", "Wait.", ["pool"], unit="seconds", buckets=(0.5, 5), registry=registry)
    waits.labels("a").observe(1, {"trace": "x"})
    waits.labels("b")
    Summary("size_bytes", "Size.", registry=registry).observe(3)
    Info("build", "Build.", registry=registry).info({"version": "1"})
    Enum("state", "State.", states=["up", "down"], registry=registry)
    return registry


def _theirs(text: str, strict: bool) -> set[tuple[str, frozenset[tuple[str, str]], str]]:
    families = (read_openmetrics if strict else read_text)(text)
    return {
        (sample.name, frozenset(sample.labels.items()), repr(float(sample.value)))
        for family in families
        for sample in family.samples
        if not (strict and sample.name.endswith("_created"))
    }


@pytest.mark.parametrize("strict", [False, True], ids=["text", "openmetrics"])
def test_samples_are_those_of_the_clients_own_parser(strict: bool) -> None:
    text = (openmetrics if strict else _Plain).generate_latest(_registry()).decode()
    ours = read(text.encode())
    found = {(s.name, frozenset(s.labels), repr(s.value)) for f in ours.families.values() for s in f.samples}
    assert found == _theirs(text, strict)
    assert len(found) > 20


class _Plain:
    generate_latest = staticmethod(generate_latest)


@pytest.mark.parametrize("strict", [False, True], ids=["text", "openmetrics"])
def test_families_have_the_names_types_and_helps_of_the_text_format(strict: bool) -> None:
    page = (openmetrics if strict else _Plain).generate_latest(_registry())
    families = {name: each for name, each in read(page).families.items() if not name.endswith("_created")}
    assert {name: each.type for name, each in families.items()} == {
        "jobs_total": "counter",
        "queue_bytes": "gauge",
        "wait_seconds": "histogram",
        "size_bytes": "summary",
        "build_info": "gauge",
        "state": "gauge",
    }
    assert families["jobs_total"].help == 'Jobs "quoted" \\ and\nmore.'
    assert families["queue_bytes"].unit == ("bytes" if strict else "")
    assert len(families["wait_seconds"].series()) == 2
    assert len(families["size_bytes"].series()) == 1


def test_openmetrics_that_prometheus_takes_and_the_clients_strict_parser_refuses_is_read() -> None:
    """A histogram with negative bounds has no sum; the order of HELP and TYPE is free."""
    text = '# HELP d D.\n# TYPE d histogram\nd_bucket{le="-1"} 1\nd_bucket{le="+Inf"} 2\nd_count 2\n# EOF\n'
    with pytest.raises(ValueError, match="_sum"):
        list(read_openmetrics(text))
    assert [sample.value for sample in read(text.encode()).families["d"].samples] == [1, 2, 2]


def test_a_counter_without_its_suffix_keeps_the_name_that_prometheus_gives_it() -> None:
    families = read(b"# TYPE requests counter\nrequests 5\n").families
    assert [(name, each.type, each.samples[0].name) for name, each in families.items()] == [
        ("requests", "counter", "requests")
    ]


@pytest.mark.parametrize(
    ("text", "line", "why"),
    [
        ("up 1\n<html>", 2, "this is no line of an exposition"),
        ("up 1\na{b=c} 1", 2, "Invalid labels"),
        ("up 1\n\nup one", 3, "could not convert string to float: 'one'"),
        ("# TYPE up banana\nup 1", 2, "Invalid metric type: banana"),
        ("up", 1, "this is no line"),
        ('{"a":1}', 1, "this is no line"),
        ("a" * (LONGEST_LINE + 1), 1, "this line has more than 65,536 characters"),
        ("\n" * (MOST_LINES + 1), MOST_LINES + 1, "there are more than 500,000 lines"),
        ('a{b="\x1b[31m} 1', 1, "a{b=\\x1b"),
    ],
)
def test_what_is_no_exposition_is_told_with_its_line(text: str, line: int, why: str) -> None:
    with pytest.raises(Unreadable) as caught:
        read(text.encode())
    assert caught.value.line == line
    assert why.replace("a{b=", "") in str(caught.value)
    assert "\x1b" not in str(caught.value)


def test_bytes_that_are_no_text_are_told_with_their_place() -> None:
    with pytest.raises(Unreadable) as caught:
        read(b"up 1\n\xff\xfe")
    assert (caught.value.line, str(caught.value)) == (2, "this is no UTF-8 text: byte 5 is 0xff")


def test_half_a_page_of_openmetrics_is_told() -> None:
    with pytest.raises(Unreadable, match="ends without # EOF"):
        read(b"# TYPE up gauge\nup 1\n", openmetrics=True)
    assert read(b"# TYPE up gauge\nup 1\n", openmetrics=False).samples == 1


def test_a_page_that_takes_too_long_to_read_ends_in_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(exposition, "MOST_SECONDS", 0.2)
    line = "a{" + ",".join(f'l{number}="x"' for number in range(5000)) + "} 1\n"
    started = time.monotonic()
    with pytest.raises(Unreadable, match=r"takes more than 0\.2 s to read"):
        read((line * 1000).encode())
    assert time.monotonic() - started < 60


def test_numbers_of_any_size_are_numbers() -> None:
    page = ("a " + "9" * 400 + "\nb -" + "9" * 400 + "\nc 0x10\n").encode()
    with pytest.raises(Unreadable, match="0x10"):
        read(page)
    families = read(page.rsplit(b"c", 1)[0]).families
    assert [families[name].samples[0].value for name in "ab"] == [float("inf"), float("-inf")]


def _unreadable(body: bytes) -> Unreadable | None:
    try:
        read(body)
    except Unreadable as error:
        return error
    return None


@given(st.binary(max_size=300))
def test_any_bytes_are_an_exposition_or_one_sentence(body: bytes) -> None:
    error = _unreadable(body)
    assert error is None or (str(error) and "\n" not in str(error))


@given(st.text(alphabet='# TYPEHELPcounterab{}_"=,.\\ \n0129-+naif', max_size=200))
def test_any_text_is_an_exposition_or_one_sentence(text: str) -> None:
    error = _unreadable(text.encode())
    assert error is None or 1 <= error.line <= text.count("\n") + 1
