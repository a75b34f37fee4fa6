"""Analysis, comparison, features, results, classification and drift."""

from __future__ import annotations

from collections import Counter

import httpx
import pytest

from service.cad_ml_platform import compare as compare_module
from service.cad_ml_platform import samples
from service.cad_ml_platform.drift import Drift, distance
from service.cad_ml_platform.features import entropy, surfaces
from tests.service.cad_ml_platform.harness import ADMIN, Sample, serving

pytestmark = pytest.mark.anyio
ANALYZE, COMPARE = "/api/v1/analyze", "/api/v1/compare"
STRIPES = b"".join(bytes([255 * (index % 2)]) * 64 for index in range(2048))


async def _analysed(client: httpx.AsyncClient, seed: int = 0, version: str = "v4", note: str = "") -> str:
    response = await client.post(ANALYZE, params={"version": version, "note": note}, content=samples.png(seed))
    assert response.status_code == 200, response.text
    return str(response.json()["id"])


async def test_an_analysis_observes_every_stage_and_is_stored() -> None:
    stages = ("parse", "features", "classify", "quality", "vectors", "store")
    seen = [Sample("analysis_stage_duration_seconds_count", stage=stage) for stage in stages]
    counted = Sample("analysis_requests_total", status="success")
    shapes = [Sample("v4_surface_count_count"), Sample("v4_shape_entropy_count")]
    extracted = Sample("feature_extraction_latency_seconds_count", version="v4")
    async with serving() as (client, _):
        response = await client.post(ANALYZE, params={"note": "Gear, Q235"}, content=samples.png())
        found = response.json()
        assert (found["category"], found["material"], found["version"]) == ("gear", "steel", "v4")
        assert 0 < found["entropy"] <= 1
        stored = await client.get(f"/api/v1/results/{found['id']}")
        assert stored.json()["category"] == "gear"
        assert (await client.get("/api/v1/results/unknown")).status_code == 404
        assert Sample("analysis_result_store_files").value == 1
    assert [each.moved for each in (*seen, *shapes, counted, extracted)] == [1] * 10


async def test_the_same_drawing_again_is_a_cache_hit() -> None:
    hits, misses = Sample("analysis_cache_hits_total"), Sample("analysis_cache_miss_total")
    counted = Sample("analysis_requests_total", status="cache_hit")
    async with serving() as (client, _):
        assert await _analysed(client) == await _analysed(client)
    assert (hits.moved, misses.moved, counted.moved) == (1, 1, 1)


@pytest.mark.parametrize(
    ("content", "mime", "status", "reason"),
    [
        (b"", "", 422, "empty_file"),
        (b"x" * 20_000, "", 413, "file_too_large"),
        (b"hello", "", 415, "unsupported_format"),
        (samples.png()[:50], "", 422, "unsupported_format"),
        (samples.png(), "application/pdf", 415, "mime_mismatch"),
        (b"{}", "application/json", 422, "unsupported_format"),
    ],
)
async def test_a_bad_drawing_is_refused_and_counted(content: bytes, mime: str, status: int, reason: str) -> None:
    rejected = Sample("analysis_rejections_total", reason=reason)
    finished = Sample("analysis_requests_total", status="rejected")
    async with serving(ocr_max_file_bytes=10_000) as (client, _):
        response = await client.post(ANALYZE, content=content, headers={"Content-Type": mime})
    assert (response.status_code, response.json()["error"]["reason"]) == (status, reason)
    assert (rejected.moved, finished.moved) == (1, 1)


async def test_a_drawing_of_too_many_surfaces_is_refused() -> None:
    rejected = Sample("analysis_rejections_total", reason="too_many_entities")
    async with serving() as (client, _):
        response = await client.post(ANALYZE, content=samples.pdf(extra=b" " * 29 + STRIPES))
    assert response.status_code == 422
    assert rejected.moved == 1


async def test_two_analysed_drawings_are_compared() -> None:
    counted = Sample("compare_requests_total", status="success")
    async with serving() as (client, _):
        left, right = await _analysed(client, 1), await _analysed(client, 2)
        response = await client.post(COMPARE, json={"left": left, "right": right})
        same = await client.post(COMPARE, json={"left": left, "right": left})
    assert response.status_code == 200
    assert 0.9 < response.json()["similarity"] <= 1
    assert same.json()["similarity"] == 1
    assert same.json()["dimension"] == 10
    assert counted.moved == 2


async def test_what_cannot_be_compared_has_a_status_of_its_own() -> None:
    statuses = ("invalid", "not_found", "dimension_mismatch")
    counted = {status: Sample("compare_requests_total", status=status) for status in statuses}
    async with serving() as (client, _):
        new, old = await _analysed(client, 1), await _analysed(client, 1, "v1")
        answers = [
            await client.post(COMPARE, json={"left": new, "right": old}),
            await client.post(COMPARE, json={"left": new, "right": "unknown"}),
            await client.post(COMPARE, json={"left": "unknown", "right": new}),
            await client.post(COMPARE, json={"left": new}),
            await client.post(COMPARE, content=b"{"),
            await client.post(COMPARE, content=b"[" * 2_000_000),
        ]
    assert [answer.status_code for answer in answers] == [409, 404, 404, 422, 422, 413]
    assert {status: each.moved for status, each in counted.items()} == {
        "invalid": 3,
        "not_found": 2,
        "dimension_mismatch": 1,
    }


async def test_a_comparison_that_fails_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*vectors: object) -> float:
        raise ZeroDivisionError

    counted = Sample("compare_requests_total", status="error")
    monkeypatch.setattr(compare_module, "cosine", broken)
    async with serving() as (client, _):
        identity = await _analysed(client)
        response = await client.post(COMPARE, json={"left": identity, "right": identity})
    assert response.status_code == 500
    assert counted.moved == 1


async def test_features_are_cached_evicted_and_tuned() -> None:
    hits, misses = Sample("feature_cache_hits_total"), Sample("feature_cache_miss_total")
    evicted, tuned = (
        Sample("feature_cache_evictions_total"),
        Sample("feature_cache_tuning_requests_total", status="success"),
    )
    async with serving(feature_cache_max_size=2) as (client, _):
        for seed, note in ((1, "a"), (1, "b"), (2, ""), (3, "")):
            await _analysed(client, seed, note=note)
        assert Sample("feature_cache_size").value == 2
        advice = (await client.post("/admin/features/tune", headers=ADMIN)).json()
    assert (hits.moved, misses.moved, evicted.moved, tuned.moved) == (1, 3, 1, 1)
    assert advice == {"capacity": 4, "ttl_seconds": 3600, "hit_ratio": 0.25, "size": 2}
    assert Sample("feature_cache_tuning_recommended_capacity").value == 4
    assert Sample("feature_cache_tuning_recommended_ttl_seconds").value == 3600


async def test_old_results_are_cleaned_up() -> None:
    deleted, kept = (Sample("analysis_result_cleanup_total", status=status) for status in ("deleted", "kept"))
    async with serving() as (client, _):
        await _analysed(client)
        clean = "/admin/results/clean"
        assert (await client.post(clean, headers=ADMIN)).json() == {"deleted": 0, "kept": 1}
        gone = await client.post(clean, params={"older_than_seconds": 0}, headers=ADMIN)
        assert gone.json() == {"deleted": 1, "kept": 0}
        assert Sample("analysis_result_store_files").value == 0
        assert (await client.post(clean, params={"older_than_seconds": "nan"}, headers=ADMIN)).status_code == 422
    assert (deleted.moved, kept.moved) == (1, 1)


async def test_the_result_store_is_bounded() -> None:
    async with serving(result_store_max=2) as (client, platform):
        for seed in range(4):
            await _analysed(client, seed)
        assert len(platform.results) == 2


async def test_texts_are_classified_cached_and_limited() -> None:
    hits, misses = Sample("classification_cache_hits_total"), Sample("classification_cache_miss_total")
    limited, timed = Sample("classification_rate_limited_total"), Sample("classification_latency_seconds_count")
    async with serving(classifier_rate_limit_per_min=1.0, classifier_rate_limit_burst=2) as (client, _):
        answers = [await client.post("/api/v1/classify", json={"text": "A GEAR"}) for _ in range(3)]
    assert [answer.status_code for answer in answers] == [200, 200, 429]
    assert answers[0].json() == {"category": "gear", "model": "1"}
    assert 58 <= int(answers[2].headers["Retry-After"]) <= 60
    assert (hits.moved, misses.moved, limited.moved, timed.moved) == (1, 1, 1, 2)
    assert Sample("classification_cache_size").value == 1


@pytest.mark.parametrize("body", [{}, {"text": ""}, {"text": "x" * 10_001}, {"text": 1}])
async def test_a_text_that_is_none_is_refused(body: object) -> None:
    async with serving() as (client, _):
        assert (await client.post("/api/v1/classify", json=body)).status_code == 422


async def test_a_changed_mix_of_predictions_is_drift() -> None:
    scored = Sample("classification_prediction_drift_score_sum")
    async with serving() as (client, platform):
        for text in ["gear"] * 20 + ["gear"] * 10 + ["bolt"] * 10:
            await client.post("/api/v1/classify", json={"text": text})
        assert platform.predictions.score == 0.5
        await client.post("/admin/drift/renew", headers=ADMIN)
        assert platform.predictions.score == 0.0
    assert scored.moved == 0.5


def test_a_baseline_ages_until_it_is_renewed() -> None:
    now = 0.0
    drift = Drift(lambda score: None, window=2, clock=lambda: now)
    now = 5.0
    assert drift.age == 5.0
    drift.renew()
    assert drift.age == 0.0


def test_drift_counts_a_bounded_number_of_categories() -> None:
    scores: list[float] = []
    drift = Drift(scores.append, window=300)
    for index in range(600):
        drift.add(str(index))
    assert distance(Counter({"other": 1}), Counter({"other": 2})) == 0
    assert len(drift._baseline) == 101
    assert scores == [pytest.approx(1 / 3)]


def test_features_of_simple_bytes() -> None:
    assert entropy(b"") == 0
    assert entropy(b"ab" * 64) == 0.125
    assert surfaces(b"") == 0
    assert surfaces(b"\x00" * 640) == 1
    assert surfaces(STRIPES) == 2048
