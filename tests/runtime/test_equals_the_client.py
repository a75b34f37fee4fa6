"""Whatever is counted, prometheus_client would say the same: same samples, same bytes, in both formats."""

from __future__ import annotations

import itertools
import math
import os
import sys
import time
from pathlib import Path
from typing import Any

import prometheus_client
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.openmetrics.exposition import generate_latest as openmetrics_latest
from prometheus_client.openmetrics.parser import text_string_to_metric_families as read_openmetrics
from prometheus_client.parser import text_string_to_metric_families as read_text

from tests.support.generated import Generated, imported

PROVIDERS = ("paddle", 'tess"er\\act', "new\nline")
STAGES = ("load", "100 %s", "ünï")

amounts = st.one_of(st.just(1), st.just(1.0), st.integers(0, 10**9), st.floats(0, 1e300), st.sampled_from([0.1, 1e6]))
numbers = st.one_of(st.integers(-(10**9), 10**9), st.floats(-1e300, 1e300))
wrong = st.sampled_from([math.nan, math.inf, -math.inf])
exemplar_texts = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=20)
exemplars: st.SearchStrategy[Any] = st.one_of(
    st.none(),
    st.just({}),
    st.dictionaries(st.sampled_from(["trace_id", "span_id"]), exemplar_texts),
)
provider = st.sampled_from(PROVIDERS).map(lambda value: {"provider": value})
both = st.fixed_dictionaries({"provider": st.sampled_from(PROVIDERS), "stage": st.sampled_from(STAGES)})
tenant = st.sampled_from(["a", "b", "ü\n", "d", "__other__", "e"]).map(lambda value: {"tenant": value})
nothing: st.SearchStrategy[dict[str, str]] = st.just({})


def _calls(metric: str, methods: list[str], values: Any, labels: Any, with_exemplars: bool) -> Any:
    marks = exemplars if with_exemplars else st.none()
    return st.tuples(st.just(metric), st.sampled_from(methods), values, labels, marks)


positive = st.one_of(amounts, wrong, st.just(-1))
calls = st.one_of(
    _calls("requests_total", ["inc"], positive, both, True),
    _calls("plain_total", ["inc"], positive, nothing, True),
    _calls("rare_total", ["inc"], positive, provider, True),
    _calls("visits_total", ["inc"], positive, tenant, True),
    _calls("level", ["set", "inc", "dec"], st.one_of(numbers, wrong), provider, False),
    _calls("alone", ["set", "inc", "dec"], st.one_of(numbers, wrong), nothing, False),
    _calls("seconds", ["observe"], positive, provider, True),
    _calls("delta", ["observe"], st.one_of(numbers, wrong), nothing, True),
)


class Reference:
    """The same families, by hand, in prometheus_client."""

    def __init__(self) -> None:
        self.registry = registry = CollectorRegistry()
        self.tenants: set[str] = set()
        c, g, h = prometheus_client.Counter, prometheus_client.Gauge, prometheus_client.Histogram
        help = 'With "quotes", \\ and\nlines.'
        self.metrics: dict[str, Any] = {
            "requests_total": c("requests_total", "Requests.", ["provider", "stage"], registry=registry),
            "plain_total": c("plain_total", "No labels.", registry=registry),
            "rare_total": c("rare_total", "Appears when it is counted.", ["provider"], registry=registry),
            "visits_total": c("visits_total", "Open.", ["tenant"], registry=registry),
            "level": g("level", "Level.", ["provider"], registry=registry),
            "alone": g("alone", "One.", registry=None),
            "seconds": h("seconds", help, ["provider"], buckets=[0.1, 0.5, 2, 1e7], registry=registry),
            "delta": h("delta", "Change.", buckets=[-5, 0, 5], registry=registry),
        }
        for values in itertools.product(PROVIDERS, STAGES):
            self.metrics["requests_total"].labels(*values)
        for name, value in itertools.product(("level", "seconds"), PROVIDERS):
            self.metrics[name].labels(value)

    def call(self, metric: str, method: str, value: float, labels: dict[str, str], exemplar: Any) -> None:
        if not math.isfinite(value) or (value < 0 and metric not in ("level", "alone", "delta")):
            return
        if "tenant" in labels and labels["tenant"] not in self.tenants and labels["tenant"] != "__other__":
            if len(self.tenants) >= 3:
                labels = {"tenant": "__other__"}
            else:
                self.tenants.add(labels["tenant"])
        family = self.metrics[metric]
        if metric == "alone" and family not in self.registry._collector_to_names:
            self.registry.register(family)
        series = family.labels(**labels) if labels else family
        if exemplar:
            series.__getattribute__(method)(value, exemplar)
        else:
            series.__getattribute__(method)(value)


@pytest.fixture(autouse=True)
def _still(monkeypatch: pytest.MonkeyPatch) -> None:
    """Both write no `_created`, and the time of an exemplar is always the same."""
    monkeypatch.setattr(prometheus_client.metrics, "_use_created", False)
    monkeypatch.setattr(time, "time", lambda: 1_700_000_000.25)


@pytest.fixture(params=["alone", "several"], autouse=True)
def _processes(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A service of one process, and one of several of which only one counts."""
    if request.param == "several":
        monkeypatch.setenv("PROMETHEUS_MULTIPROC_DIR", str(tmp_path / "0"))


def _package(folder: tuple[Path, Any]) -> Generated:
    registry = CollectorRegistry()
    meeting = os.environ.get("PROMETHEUS_MULTIPROC_DIR")
    if meeting is not None:
        os.environ["PROMETHEUS_MULTIPROC_DIR"] = str(Path(meeting).with_name(str(int(Path(meeting).name) + 1)))
    module = imported(folder[0], registry)
    for name in [name for name in sys.modules if name.startswith(module.__name__.split(".")[0])]:
        del sys.modules[name]
    return Generated(folder[0], folder[1], module, registry)


def _families(text: str) -> dict[str, str]:
    """The exposition by family."""
    return {part.split(" ", 1)[0]: part for part in text.removesuffix("# EOF\n").split("# HELP ") if part}


@settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(sequence=st.lists(calls, max_size=90))
@example(sequence=[("level", "set", -0.0, {"provider": "paddle"}, None), ("alone", "set", -0.0, {}, None)])
def test_any_sequence_of_calls_gives_the_bytes_that_the_client_gives(
    folder: tuple[Path, Any], sequence: list[tuple[str, str, Any, dict[str, str], Any]]
) -> None:
    ours, theirs = _package(folder), Reference()
    for metric, method, value, labels, exemplar in sequence:
        marks = {"exemplar": exemplar} if exemplar is not None else {}
        getattr(getattr(ours.metrics, metric), method)(value, **labels, **marks)
        theirs.call(metric, method, value, labels, exemplar)
    for openmetrics, reference in ((False, generate_latest), (True, openmetrics_latest)):
        expected = _families(reference(theirs.registry).decode("utf-8"))
        got = _families(ours.module.exposition(openmetrics).decode("utf-8"))
        by_the_client = _families(reference(ours.registry).decode("utf-8"))
        for name, text in expected.items():
            assert got[name] == text
            assert by_the_client[name] == text
        # And ours is what the client makes of what we collect, for every family.
        assert got == by_the_client
    assert ours.lost("internal") == 0
    readable = ours.module.exposition(False).decode("utf-8")
    samples = {(s.name, *sorted(s.labels.items())): s.value for f in read_text(readable) for s in f.samples}
    collected = [s for f in ours.registry.collect() for s in f.samples]
    assert samples == {(s.name, *sorted(s.labels.items())): s.value for s in collected}


def test_the_strict_parser_of_openmetrics_reads_values_and_exemplars(folder: tuple[Path, Any]) -> None:
    ours = _package(folder)
    ours.metrics.requests_total.inc(provider="paddle", stage="load", exemplar={"trace_id": "abc"})
    ours.metrics.seconds.observe(0.3, provider="paddle", exemplar={"trace_id": "def"})
    text = ours.module.exposition(openmetrics=True).decode("utf-8")
    # The client's parser refuses a _count without a _sum, which it writes itself for negative buckets.
    parts = _families(text)
    strict = "".join(f"# HELP {part}" for name, part in parts.items() if name != "delta") + "# EOF\n"
    marked = [
        (s.name, s.labels.get("le"), s.exemplar.labels, s.exemplar.value)
        for f in read_openmetrics(strict)
        for s in f.samples
        if s.exemplar is not None
    ]
    assert marked == [
        ("requests_total", None, {"trace_id": "abc"}, 1.0),
        ("seconds_bucket", "0.5", {"trace_id": "def"}, 0.3),
    ]
    assert "trace_id" not in ours.module.exposition().decode("utf-8")


def test_an_exemplar_that_is_not_allowed_is_dropped_and_the_value_is_counted(folder: tuple[Path, Any]) -> None:
    ours = _package(folder)
    for exemplar in ({"trace_id": "x" * 121}, {"__name__": "x"}, {"a b": "x"}, {"trace_id": 3}, "text", 5):
        ours.metrics.plain_total.inc(exemplar=exemplar)
        ours.metrics.seconds.observe(0.2, provider="paddle", exemplar=exemplar)
    assert ours.lost("exemplar") == 12
    assert ours.value("plain_total") == 6
    assert ours.value("seconds_count", provider="paddle") == 6
    assert " # {" not in ours.module.exposition(openmetrics=True).decode("utf-8")
    ours.metrics.plain_total.inc(exemplar={"trace_id": "x" * 120})
    assert f'plain_total 7.0 # {{trace_id="{"x" * 120}"}} 1.0 1700000000.25\n' in ours.module.exposition(True).decode()


def test_many_values_on_and_beside_the_bounds_fall_into_the_clients_buckets(folder: tuple[Path, Any]) -> None:
    ours, theirs = _package(folder), Reference()
    values = [0.1, 0.5, 2, 1e7, 0, 0.1 + 1e-12, 0.5 - 1e-12, 3e7, 0.7] * 30  # More than are pending at once.
    for value in values[:-5]:
        ours.metrics.seconds.observe(value, provider="paddle")
        theirs.call("seconds", "observe", value, {"provider": "paddle"}, None)
    expected = _families(generate_latest(theirs.registry).decode("utf-8"))["seconds"]
    assert _families(ours.module.exposition().decode("utf-8"))["seconds"] == expected
