"""What the generated metrics do: series from the start, counting, observing, and never raising."""

from __future__ import annotations

import asyncio
import math
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import pytest
from prometheus_client.openmetrics.exposition import generate_latest as openmetrics_text
from prometheus_client.openmetrics.parser import text_string_to_metric_families as read_openmetrics
from prometheus_client.parser import text_string_to_metric_families as read_text

from tests.support.generated import Generated, generated
from tests.support.specs import EMPTY, NASTY, SHOP, SMALL

F = TypeVar("F", bound=Callable[..., Any])


@pytest.fixture
def shop(tmp_path: Path) -> Generated:
    return generated(SHOP, tmp_path / "shop")


def test_every_closed_series_is_zero_from_import(shop: Generated) -> None:
    for provider in ("paddle", "tesseract"):
        for status in ("success", "error", "cache_hit", "rejected"):
            assert shop.value("ocr_requests_total", provider=provider, status=status) == 0
        assert shop.value("ocr_duration_seconds_count", provider=provider) == 0
    errors = [s for f in shop.registry.collect() for s in f.samples if s.name == "ocr_errors_total"]
    assert len(errors) == 2 * 5 * 3


def test_series_that_are_not_to_be_initialised_appear_with_their_first_event(shop: Generated) -> None:
    assert shop.value("rare_total", provider="paddle") is None
    assert shop.value("age_seconds") is None
    shop.metrics.rare_total.inc(provider="paddle")
    shop.metrics.age_seconds.set(3)
    assert shop.value("rare_total", provider="paddle") == 1
    assert shop.value("rare_total", provider="tesseract") is None
    assert shop.value("age_seconds") == 3


def test_a_family_of_too_many_series_is_not_laid_out(tmp_path: Path) -> None:
    nasty = generated(NASTY, tmp_path / "nasty")
    assert [s for f in nasty.registry.collect() for s in f.samples if s.name == "big_total"] == []


def test_counters_gauges_and_histograms_take_their_values(shop: Generated) -> None:
    shop.metrics.ocr_requests_total.inc(provider="paddle", status="success")
    shop.metrics.ocr_requests_total.inc(2, provider="paddle", status="success")
    shop.metrics.ocr_requests_total.inc(amount=0.5, provider="paddle", status="success")
    assert shop.value("ocr_requests_total", provider="paddle", status="success") == 3.5
    shop.metrics.queue_size.set(5, provider="paddle")
    shop.metrics.queue_size.inc(provider="paddle")
    shop.metrics.queue_size.dec(2, provider="paddle")
    assert shop.value("queue_size", provider="paddle") == 4
    shop.metrics.ocr_duration_seconds.observe(0.3, provider="paddle")
    assert shop.value("ocr_duration_seconds_bucket", provider="paddle", le="0.1") == 0
    assert shop.value("ocr_duration_seconds_bucket", provider="paddle", le="1.0") == 1
    assert shop.value("ocr_duration_seconds_sum", provider="paddle") == 0.3
    assert shop.lost("label_value") == shop.lost("value") == shop.lost("internal") == 0


def test_error_codes_are_label_values_as_members_and_as_texts(shop: Generated) -> None:
    code = shop.module.ErrorCode.PARSE_FAILED
    shop.metrics.ocr_errors_total.inc(provider="paddle", code=code, stage="parse")
    shop.metrics.ocr_errors_total.inc(provider="paddle", code="parse_failed", stage="parse")
    assert shop.value("ocr_errors_total", provider="paddle", code="parse_failed", stage="parse") == 2


def test_facts_replace_each_other_and_keywords_are_parameters_with_an_underscore(shop: Generated) -> None:
    shop.metrics.build_info.set(version="1", class_="a")
    shop.metrics.build_info.set(version="2", class_="b")
    assert shop.value("build_info", **{"version": "1", "class": "a"}) is None
    assert shop.value("build_info", **{"version": "2", "class": "b"}) == 1


def test_a_callback_is_asked_at_each_scrape_and_has_no_sample_while_it_fails(shop: Generated) -> None:
    answers: list[Any] = [7, ZeroDivisionError("no"), "text"]

    def size() -> float:
        answer = answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return float(answer) if isinstance(answer, int) else answer

    shop.metrics.queue_size.set_function(size, provider="paddle")
    assert [shop.value("queue_size", provider="paddle") for _ in range(3)] == [7, None, None]
    assert shop.lost("callback") == 2
    assert shop.value("queue_size", provider="tesseract") == 0


def test_time_measures_blocks_functions_and_coroutine_functions(shop: Generated) -> None:
    timed: Callable[..., Callable[[F], F]] = shop.metrics.ocr_duration_seconds.time

    @timed(provider="paddle")
    def called(x: int) -> int:
        """Doc."""
        return x + 1

    @timed(provider="paddle")
    async def awaited(x: int) -> int:
        await asyncio.sleep(0.12)
        return x + 1

    async def block() -> None:
        async with shop.metrics.ocr_duration_seconds.time(provider="paddle"):
            await asyncio.sleep(0)

    assert (called(1), asyncio.run(awaited(2)), called.__doc__) == (2, 3, "Doc.")
    asyncio.run(block())
    with pytest.raises(KeyError), shop.metrics.ocr_duration_seconds.time(provider="paddle"):
        raise KeyError
    assert shop.value("ocr_duration_seconds_count", provider="paddle") == 4
    assert shop.value("ocr_duration_seconds_bucket", provider="paddle", le="0.1") == 3
    assert not hasattr(shop.metrics.delta, "time")


@pytest.mark.parametrize("wrong", ["nobody", None, 3, ["paddle"], object(), b"paddle", ""])
def test_wrong_values_of_closed_labels_are_counted_and_dropped(shop: Generated, wrong: Any) -> None:
    before = shop.text()
    shop.metrics.ocr_requests_total.inc(provider=wrong, status="success")
    shop.metrics.ocr_duration_seconds.observe(1, provider=wrong)
    shop.metrics.queue_size.set(1, provider=wrong)
    shop.metrics.queue_size.set_function(lambda: 1.0, provider=wrong)
    shop.metrics.build_info.set(version="1", class_=wrong)
    assert shop.lost("label_value") == 5
    assert shop.lost("internal") == 0
    assert shop.text().count("\n") == before.count("\n")


@pytest.mark.parametrize("wrong", [math.nan, math.inf, -math.inf, "x", None, [], 1j])
def test_senseless_numbers_are_counted_and_dropped(shop: Generated, wrong: Any) -> None:
    shop.metrics.ocr_requests_total.inc(wrong, provider="paddle", status="success")
    shop.metrics.queue_size.set(wrong, provider="paddle")
    shop.metrics.queue_size.inc(wrong, provider="paddle")
    shop.metrics.ocr_duration_seconds.observe(wrong, provider="paddle")
    shop.metrics.delta.observe(wrong)
    assert shop.lost("value") == 5
    assert shop.value("ocr_requests_total", provider="paddle", status="success") == 0
    assert shop.value("queue_size", provider="paddle") == 0
    assert shop.value("ocr_duration_seconds_sum", provider="paddle") == 0
    assert shop.value("delta_count") == 0


def test_negative_numbers_are_refused_where_they_make_no_sense(shop: Generated) -> None:
    shop.metrics.ocr_requests_total.inc(-1, provider="paddle", status="success")
    shop.metrics.ocr_duration_seconds.observe(-0.1, provider="paddle")
    assert shop.lost("value") == 2
    shop.metrics.queue_size.set(-1, provider="paddle")
    shop.metrics.delta.observe(-3)
    assert shop.value("queue_size", provider="paddle") == -1
    # OpenMetrics allows no _sum where buckets are negative, and the client leaves it out.
    assert [shop.value("delta_bucket", le=le) for le in ("-5.0", "0.0", "+Inf")] == [0, 1, 1]


def test_open_labels_are_bounded_and_the_overflow_is_counted(shop: Generated) -> None:
    assert shop.value("promspec_label_overflows_total", metric="visits_total", label="tenant") == 0
    for tenant in ("a", "b", "c", "d", "a", "__other__"):
        shop.metrics.visits_total.inc(tenant=tenant, provider="paddle")
    shop.metrics.visits_total.inc(tenant="unseen", provider="nobody")
    values = {t: shop.value("visits_total", tenant=t, provider="paddle") for t in ("a", "b", "c", "__other__")}
    assert values == {"a": 2, "b": 1, "c": None, "__other__": 3}
    assert shop.value("promspec_label_overflows_total", metric="visits_total", label="tenant") == 2
    assert shop.lost("label_value") == 1


def test_no_event_is_lost_and_no_bound_is_passed_by_many_threads(shop: Generated) -> None:
    def work(number: int) -> None:
        for step in range(200):
            shop.metrics.visits_total.inc(tenant=f"t{number}.{step % 7}", provider="paddle")
            shop.metrics.ocr_duration_seconds.observe(0.2, provider="paddle")

    threads = [threading.Thread(target=work, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    visits = [s for f in shop.registry.collect() for s in f.samples if s.name == "visits_total"]
    assert len(visits) == 3
    assert sum(sample.value for sample in visits) == 1600
    assert shop.value("ocr_duration_seconds_count", provider="paddle") == 1600


def test_a_dropped_call_uses_up_no_value_of_an_open_label(shop: Generated) -> None:
    for tenant in ("x", "y", "z"):
        shop.metrics.visits_total.inc(tenant=tenant, provider="nobody")
    shop.metrics.visits_total.inc(tenant="a", provider="paddle")
    assert shop.value("visits_total", tenant="a", provider="paddle") == 1


def test_a_value_that_is_no_unicode_does_not_break_the_scrape(shop: Generated) -> None:
    shop.metrics.visits_total.inc(tenant="a\udc80", provider="paddle")
    assert 'visits_total{provider="paddle",tenant="a\\\\udc80"} 1.0' in shop.text()


def test_the_heartbeat_names_the_spec_and_its_digest(shop: Generated) -> None:
    plan = shop.plan
    assert shop.value("promspec_info", spec="shop", version=plan.version, digest=plan.digest) == 1
    assert len(plan.digest) == 12


@pytest.mark.parametrize("text", [SHOP, NASTY, EMPTY, SMALL], ids=["shop", "nasty", "empty", "small"])
def test_the_exposition_is_valid_in_both_formats_and_has_no_created_series(tmp_path: Path, text: str) -> None:
    # The client writes _count without _sum for negative buckets, which its own strict parser refuses.
    package = generated(text.replace("[-5, 0, 5]", "[0, 5]"), tmp_path / "pkg")
    plain = {family.name: family for family in read_text(package.text())}
    strict = {family.name: family for family in read_openmetrics(openmetrics_text(package.registry).decode("utf-8"))}
    assert "promspec_telemetry_errors" in plain
    assert "promspec_telemetry_errors" in strict
    for metric in package.plan.metrics:
        name = metric.name.removesuffix("_total")
        assert plain[name].documentation == metric.help.strip()
    assert not [name for name in plain if name.endswith("_created")]


def test_values_with_quotes_backslashes_and_newlines_come_out_as_they_went_in(tmp_path: Path) -> None:
    nasty = generated(NASTY, tmp_path / "nasty")
    for value in ('a"b', "it's", "back\\slash", "new\nline", "ünï", "日本", "{x}"):
        nasty.metrics.reqs_total.inc(class_=value, from_="f", self_="x", amount_="y", class_2="q", value_="v")
    found = {
        sample.labels["class"]
        for family in read_text(nasty.text())
        for sample in family.samples
        if "class" in sample.labels
    }
    assert {'a"b', "it's", "back\\slash", "new\nline", "ünï", "日本", "{x}"} <= found


def test_a_counter_without_total_keeps_its_name_and_is_of_unknown_type(tmp_path: Path) -> None:
    nasty = generated(NASTY, tmp_path / "nasty")
    nasty.metrics.float_.inc()
    assert "# TYPE float untyped\nfloat 1.0\n" in nasty.text()


def test_external_metrics_are_not_generated(shop: Generated) -> None:
    assert not hasattr(shop.metrics, "node_load")
    assert "node_load" not in shop.text()
