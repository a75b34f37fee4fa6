"""Faults put into every part of the telemetry: the caller never sees one, and each is counted."""

from __future__ import annotations

import threading
from collections.abc import Callable
from enum import Enum
from typing import Any

import pytest
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.openmetrics.parser import text_string_to_metric_families as read_openmetrics
from prometheus_client.parser import text_string_to_metric_families as read_text

from tests.support.generated import Generated

CALLS: dict[str, Callable[[Any], object]] = {
    "counter": lambda m: m.requests_total.inc(provider="paddle", stage="load"),
    "counter, an amount": lambda m: m.requests_total.inc(2, provider="paddle", stage="load"),
    "counter, an exemplar": lambda m: m.plain_total.inc(exemplar={"trace_id": "x"}),
    "counter, a new series": lambda m: m.rare_total.inc(provider="paddle"),
    "counter, an open label": lambda m: m.visits_total.inc(tenant="x"),
    "gauge, set": lambda m: m.level.set(1, provider="paddle"),
    "gauge, inc": lambda m: m.level.inc(provider="paddle"),
    "gauge, dec": lambda m: m.level.dec(provider="paddle"),
    "gauge, a callback": lambda m: m.level.set_function(lambda: 1.0, provider="paddle"),
    "histogram": lambda m: m.seconds.observe(0.1, provider="paddle"),
    "histogram, an exemplar": lambda m: m.seconds.observe(0.1, provider="paddle", exemplar={"trace_id": "x"}),
    "histogram, a timer": lambda m: (
        m.stage_seconds.time(provider="paddle", stage="load").__enter__().__exit__(None, None, None)
    ),
    "info": lambda m: m.build_info.set(version="1"),
}


class Broken:
    """Raises whatever is done with it."""

    def _raise(self, *args: object, **kwargs: object) -> Any:
        raise RuntimeError("telemetry is broken")

    __getitem__ = __contains__ = __iter__ = __len__ = __call__ = __next__ = __enter__ = _raise

    def __getattr__(self, name: str) -> Any:
        raise RuntimeError("telemetry is broken")


def _families(trial: Generated) -> list[Any]:
    return [value for value in vars(trial.metrics).values() if hasattr(value, "_storage")]


@pytest.mark.parametrize("call", CALLS.values(), ids=CALLS)
@pytest.mark.parametrize("place", ["table", "storage", "cells", "made", "settle", "telemetry"])
def test_no_fault_reaches_the_caller(
    trial: Generated, monkeypatch: pytest.MonkeyPatch, call: Callable[[Any], object], place: str
) -> None:
    telemetry = trial.module._package.package.telemetry
    kinds = {kind: trial.lost(kind) for kind in ("internal",)}
    for family in _families(trial):
        if place == "table":
            monkeypatch.setattr(family, "_table", Broken())
        elif place in ("storage", "telemetry"):
            monkeypatch.setattr(family, "_storage", Broken())
            monkeypatch.setattr(family, "_table", Broken())
        elif place == "cells":
            monkeypatch.setattr(family._storage, "cells", Broken())
            monkeypatch.setattr(family, "_table", {})
        elif place == "made":
            monkeypatch.setattr(family._storage, "cell", Broken())
            monkeypatch.setattr(family._storage, "only", Broken())
            monkeypatch.setattr(family._storage, "cells", {})
            monkeypatch.setattr(family, "_table", {})
        else:
            monkeypatch.setattr(family, "_settled", Broken())
            monkeypatch.setattr(family._storage, "cells", {})
            monkeypatch.setattr(family, "_table", {})
    if place == "telemetry":
        monkeypatch.setattr(telemetry, "_errors", Broken())
    call(trial.metrics)
    monkeypatch.undo()
    lost = (trial.lost("internal") or 0) - (kinds["internal"] or 0)
    # A broken hot path alone costs nothing: the slow one counts the call.
    assert lost == (0 if place in ("table", "telemetry") else 1)


@pytest.mark.parametrize("place", ["stage", "requests", "errors", "duration", "mapping"])
def test_a_request_ends_as_it_would_without_telemetry(
    trial: Generated, monkeypatch: pytest.MonkeyPatch, place: str
) -> None:
    job = trial.module.job
    if place == "mapping":
        monkeypatch.setattr(job, "code_of", Broken())
    elif place == "stage":
        monkeypatch.setattr(job, "of_stages", Broken())
    else:
        monkeypatch.setattr(job, place, Broken())
    with pytest.raises(TimeoutError, match="mine"), job.track(provider="paddle") as request, request.stage("load"):
        raise TimeoutError("mine")
    monkeypatch.undo()
    assert trial.lost("internal") == 1


def test_a_value_that_compares_like_a_number_and_is_none_is_refused_later(trial: Generated) -> None:
    class Odd:
        def __ge__(self, other: object) -> bool:
            return True

        def __lt__(self, other: object) -> bool:
            return True

    trial.metrics.seconds.observe(Odd(), provider="paddle")
    trial.metrics.seconds.observe(0.2, provider="paddle")
    assert trial.value("seconds_count", provider="paddle") == 1
    assert trial.lost("value") == 1


def test_a_callback_that_raises_costs_its_series_and_no_other(trial: Generated) -> None:
    trial.metrics.level.set(3, provider="paddle")
    trial.metrics.level.set_function(lambda: 1 / 0, provider="new\nline")
    text = trial.module.exposition().decode("utf-8")
    assert 'level{provider="paddle"} 3.0\n' in text
    assert 'level{provider="new' not in text
    assert "requests_total{" in text
    assert trial.lost("callback") == 1


def test_a_collector_of_somebody_else_that_raises_costs_its_own_families(trial: Generated) -> None:
    class Raises:
        def collect(self) -> Any:
            yield GaugeMetricFamily("theirs", "Theirs.", value=1)
            raise RuntimeError("no")

        def describe(self) -> Any:
            return []

    raises = Raises()
    trial.registry.register(raises)
    page, content_type = trial.module.scrape("application/openmetrics-text; version=1.0.0,text/plain;q=0.5")
    assert content_type == "application/openmetrics-text; version=1.0.0; charset=utf-8"
    assert b"theirs" not in page
    assert page.endswith(b"# EOF\n")
    assert b"# TYPE requests counter\n" in page
    with pytest.raises(RuntimeError):
        generate_latest(trial.registry)
    trial.registry.unregister(raises)
    assert trial.lost("collector") == 1


def test_everything_else_in_the_registry_is_exposed_in_its_place(trial: Generated) -> None:
    theirs = GaugeMetricFamily("theirs", "Theirs.", value=1)

    class Fine:
        def collect(self) -> Any:
            return [theirs]

    trial.registry.register(Fine())
    trial.registry.set_target_info({"env": "test"})
    assert trial.module.scrape()[0] == generate_latest(trial.registry)
    assert b"theirs" not in trial.module.exposition()


HOSTILE = {
    "newline": 'a\nb="c"} 1\n# EOF\n',
    "quotes": '"\\"\\\\',
    "long": "x" * 100_000,
    "surrogate": "a\udc80b",
    "nul": "a\0b",
    "control": "\r\x0b\x1c\u2028\x85",
    "percent": "%s %d %%",
    "braces": "{} {0} {x}",
}


@pytest.mark.parametrize("value", HOSTILE.values(), ids=HOSTILE)
def test_a_hostile_label_value_is_one_series_in_both_formats(trial: Generated, value: str) -> None:
    trial.metrics.visits_total.inc(tenant=value)
    trial.metrics.build_info.set(version=value)
    shown = {"nul": "a\\x00b", "surrogate": "a\\udc80b", "long": "x" * 255 + "…"}
    expected = next((shown[name] for name, text in HOSTILE.items() if text is value and name in shown), value)
    for openmetrics, read in ((False, read_text), (True, read_openmetrics)):
        text = trial.module.exposition(openmetrics).decode("utf-8")
        parts = [p for p in text.removesuffix("# EOF\n").split("# HELP ") if p and not p.startswith("delta")]
        again = "".join(f"# HELP {part}" for part in parts) + ("# EOF\n" if openmetrics else "")
        tenants = [s.labels["tenant"] for f in read(again) for s in f.samples if s.name == "visits_total"]
        assert tenants == [expected]


def test_long_values_leave_nothing_of_their_length_behind(trial: Generated) -> None:
    trial.metrics.visits_total.inc(tenant="y" * 100_000)
    for number in range(300):
        trial.metrics.visits_total.inc(tenant=f"{number}|" * 30_000)
    storage = trial.metrics.visits_total._storage
    texts = [*storage.seen[0], *storage.table, *(text for values in storage.cells for text in values)]
    assert len(storage.cells) == 4
    assert max(map(len, texts)) <= 256
    assert len(trial.module.exposition()) < 10_000
    assert trial.value("promspec_label_overflows_total", metric="visits_total", label="tenant") == 298


def test_texts_of_enumerations_are_their_values_and_odd_texts_do_no_harm(trial: Generated) -> None:
    class Plain(str, Enum):  # noqa: UP042 -- str() of its members is not their value.
        A = "paddle"

    class Odd(str):
        __slots__ = ()

        def __hash__(self) -> int:
            raise RuntimeError("no hash")

    trial.metrics.requests_total.inc(provider=Plain.A, stage="load")
    assert trial.value("requests_total", provider="paddle", stage="load") == 1
    trial.metrics.requests_total.inc(provider=Odd("paddle"), stage="load")
    trial.metrics.visits_total.inc(tenant=Plain.A)
    assert trial.value("visits_total", tenant="paddle") == 1
    assert sum(trial.lost(kind) or 0 for kind in ("label_value", "internal")) == 1


def test_counting_does_not_wait_while_a_scrape_hangs_in_a_callback(trial: Generated) -> None:
    asked, answered = threading.Event(), threading.Event()

    def hanging() -> float:
        asked.set()
        assert answered.wait(10)
        return 1.0

    trial.metrics.level.set_function(hanging, provider="paddle")
    pages: list[bytes] = []
    scrape = threading.Thread(target=lambda: pages.append(trial.module.exposition()))
    scrape.start()
    assert asked.wait(10)
    for _ in range(1_000):  # Folds, new series and new cells included.
        trial.metrics.level.inc(provider="new\nline")
        trial.metrics.seconds.observe(0.2, provider="paddle")
        trial.metrics.rare_total.inc(0.5, provider="paddle")
    assert pages == []
    answered.set()
    scrape.join()
    assert b'level{provider="paddle"} 1.0\n' in pages[0]
    assert b'seconds_count{provider="paddle"} 1000.0\n' in pages[0]  # It comes after the gauge.


def test_a_second_registry_has_the_same_page(trial: Generated) -> None:
    other = CollectorRegistry()
    trial.module.register(other)
    trial.metrics.plain_total.inc()
    assert generate_latest(other) == trial.module.exposition()
