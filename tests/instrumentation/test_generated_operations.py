"""What `track` does: one count per finished request, its time, its code; and it lets every exception pass."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest

from tests.support.generated import Generated, generated
from tests.support.specs import NASTY, SHOP, SMALL


@pytest.fixture
def shop(tmp_path: Path) -> Generated:
    return generated(SHOP, tmp_path / "shop")


def _counts(shop: Generated, series: str) -> dict[tuple[str, ...], float]:
    """The series that are not zero, as label values in the order of their names."""
    samples = [sample for family in shop.registry.collect() for sample in family.samples if sample.name == series]
    return {
        tuple(sample.labels[name] for name in sorted(sample.labels)): sample.value for sample in samples if sample.value
    }


def _fail(shop: Generated, error: BaseException, stage: str | None = None) -> None:
    with pytest.raises(type(error)) as caught, shop.module.ocr.track(provider="paddle") as request:  # noqa: PT012
        if stage is None:
            raise error
        with request.stage(stage):
            raise error
    assert caught.value is error


def test_a_request_without_a_word_is_a_success_and_is_timed(shop: Generated) -> None:
    with shop.module.ocr.track(provider="paddle"):
        pass
    assert _counts(shop, "ocr_requests_total") == {("paddle", "success"): 1}
    assert _counts(shop, "ocr_duration_seconds_count") == {("paddle",): 1}
    assert _counts(shop, "ocr_errors_total") == {}


def test_another_outcome_than_success(shop: Generated) -> None:
    with shop.module.ocr.track(provider="paddle") as request:
        request.outcome("cache_hit")
    assert _counts(shop, "ocr_requests_total") == {("paddle", "cache_hit"): 1}


def test_an_exception_is_an_error_with_its_code_and_stage(shop: Generated) -> None:
    _fail(shop, TimeoutError("slow"), "infer")
    assert _counts(shop, "ocr_requests_total") == {("paddle", "error"): 1}
    assert _counts(shop, "ocr_errors_total") == {("timeout", "paddle", "infer"): 1}
    assert _counts(shop, "ocr_stage_seconds_count") == {("paddle", "infer"): 1}


def test_without_a_stage_the_first_value_stands_for_it(shop: Generated) -> None:
    _fail(shop, TimeoutError())
    assert _counts(shop, "ocr_errors_total") == {("timeout", "paddle", "load"): 1}


def test_the_last_stage_entered_counts_even_after_it_ended(shop: Generated) -> None:
    with pytest.raises(TimeoutError), shop.module.ocr.track(provider="paddle") as request:  # noqa: PT012
        with request.stage("load"), request.stage("parse"):
            pass
        raise TimeoutError
    assert _counts(shop, "ocr_errors_total") == {("timeout", "paddle", "parse"): 1}
    assert _counts(shop, "ocr_stage_seconds_count") == {("paddle", "load"): 1, ("paddle", "parse"): 1}


def test_a_failure_that_spends_no_budget_is_rejected(shop: Generated) -> None:
    _fail(shop, ValueError("bad file"))
    assert _counts(shop, "ocr_requests_total") == {("paddle", "rejected"): 1}
    assert _counts(shop, "ocr_errors_total") == {("input_error", "paddle", "load"): 1}


def test_the_stage_of_an_exception_may_decide_its_code(shop: Generated) -> None:
    _fail(shop, OSError("disk"), "load")
    _fail(shop, OSError("disk"), "infer")
    assert _counts(shop, "ocr_errors_total") == {
        ("loading", "paddle", "load"): 1,
        ("internal_error", "paddle", "infer"): 1,
    }


def test_an_unmapped_exception_has_the_fallback_code_and_is_counted_by_type(shop: Generated) -> None:
    _fail(shop, ZeroDivisionError())
    assert _counts(shop, "ocr_errors_total") == {("internal_error", "paddle", "load"): 1}
    assert shop.value("promspec_unmapped_exceptions_total", type="builtins.ZeroDivisionError") == 1


def test_failing_without_an_exception(shop: Generated) -> None:
    code = shop.module.ErrorCode.PARSE_FAILED
    with shop.module.ocr.track(provider="paddle") as request:
        request.fail(code)
    assert _counts(shop, "ocr_requests_total") == {("paddle", "error"): 1}
    assert _counts(shop, "ocr_errors_total") == {("parse_failed", "paddle", "load"): 1}


def test_the_failed_outcome_without_an_exception_spends_the_budget_under_the_fallback_code(shop: Generated) -> None:
    with shop.module.ocr.track(provider="paddle") as request:
        request.outcome("error")
    assert _counts(shop, "ocr_requests_total") == {("paddle", "error"): 1}
    fallback = str(shop.module.code_of(ArithmeticError("nobody maps this")))
    assert [(labels[0], value) for labels, value in _counts(shop, "ocr_errors_total").items()] == [(fallback, 1)]


def test_a_code_that_was_given_wins_over_the_one_of_the_exception(shop: Generated) -> None:
    with pytest.raises(TimeoutError), shop.module.ocr.track(provider="paddle") as request:  # noqa: PT012
        request.fail(shop.module.ErrorCode.INPUT_ERROR)
        raise TimeoutError
    assert _counts(shop, "ocr_requests_total") == {("paddle", "rejected"): 1}
    assert _counts(shop, "ocr_errors_total") == {("input_error", "paddle", "load"): 1}


@pytest.mark.parametrize(
    ("wished", "counted"), [("cache_hit", "error"), ("rejected", "rejected"), ("success", "error")]
)
def test_an_exception_overrides_an_outcome_that_is_no_failure(shop: Generated, wished: str, counted: str) -> None:
    with pytest.raises(TimeoutError), shop.module.ocr.track(provider="paddle") as request:  # noqa: PT012
        request.outcome(wished)
        raise TimeoutError
    assert _counts(shop, "ocr_requests_total") == {("paddle", counted): 1}


@pytest.mark.parametrize("error", [KeyboardInterrupt(), SystemExit(1), asyncio.CancelledError(), GeneratorExit()])
def test_an_interruption_has_no_code_and_is_failed_or_cancelled(shop: Generated, error: BaseException) -> None:
    _fail(shop, error)
    assert _counts(shop, "ocr_requests_total") == {("paddle", "error"): 1}
    assert _counts(shop, "ocr_errors_total") == {}
    assert _counts(shop, "ocr_duration_seconds_count") == {("paddle",): 1}
    with pytest.raises(type(error)), shop.module.job.track():
        raise error
    assert _counts(shop, "jobs_total") == {("cancelled",): 1}
    with pytest.raises(type(error)), shop.module.bare.track():
        raise error
    assert _counts(shop, "bare_total") == {(): 1}


def test_async_requests_do_not_mix(shop: Generated) -> None:
    async def work(provider: str, error: Exception | None) -> None:
        async with shop.module.ocr.track(provider=provider) as request:
            async with request.stage("infer"):
                await asyncio.sleep(0.01)
            if error is not None:
                raise error

    async def both() -> list[Any]:
        jobs = [work("paddle", None), work("tesseract", json.JSONDecodeError("x", "", 0))]
        return await asyncio.gather(*jobs, return_exceptions=True)

    assert [type(result) for result in asyncio.run(both())] == [type(None), json.JSONDecodeError]
    assert _counts(shop, "ocr_requests_total") == {("paddle", "success"): 1, ("tesseract", "error"): 1}
    assert _counts(shop, "ocr_errors_total") == {("parse_failed", "tesseract", "infer"): 1}


def test_an_untyped_caller_with_wrong_words_never_gets_an_exception(shop: Generated) -> None:
    with shop.module.ocr.track(provider=["no"]) as request:
        with request.stage(object()):
            pass
        request.outcome(3)
        request.fail("what")
    assert _counts(shop, "ocr_requests_total") == {}
    lost = sum(shop.lost(kind) or 0 for kind in ("label_value", "internal", "value"))
    assert lost >= 1


def test_an_exception_that_cannot_be_read_passes_all_the_same(shop: Generated) -> None:
    class Mute(ValueError):
        def __str__(self) -> str:
            raise RuntimeError("no text")

    _fail(shop, Mute())
    assert _counts(shop, "ocr_errors_total") == {("input_error", "paddle", "load"): 1}


def test_labels_that_nobody_knows_have_their_first_value(tmp_path: Path) -> None:
    nasty = generated(NASTY, tmp_path / "nasty")
    operation = nasty.module.metrics_
    with pytest.raises(TimeoutError), operation.track(from_="here", provider="a", context="context"):
        raise TimeoutError
    labels = {"from": "here", "provider": "a", "context": "context", "outcome": "failed"}
    assert nasty.value("jobs_total", **labels) == 1
    # The provider of the errors has other values than the one of the requests: dropped, and counted.
    assert _counts(nasty, "job_errors_total") == {}
    assert nasty.lost("label_value") == 1


def test_a_spec_without_codes_has_operations_that_fail_without_one(tmp_path: Path) -> None:
    small = generated(SMALL, tmp_path / "small")
    assert not hasattr(small.module, "ErrorCode")
    with pytest.raises(KeyError), small.module.do.track():
        raise KeyError
    with small.module.do.track() as request:
        request.fail()
    assert small.value("y_total", status="error") == 2
    assert not hasattr(request, "stage")
