"""The classifier's model: scanned, validated, reloaded, rolled back; and the vector store beside it."""

from __future__ import annotations

import hashlib
import pickle

import pytest

from service.cad_ml_platform import opcodes
from service.cad_ml_platform.vectors import Vector
from tests.service.cad_ml_platform.harness import ADMIN, Sample, serving

pytestmark = pytest.mark.anyio
RELOAD, ROLLBACK = "/admin/model/reload", "/admin/model/rollback"
RULES = [("lid", "cover")]
GOOD = pickle.dumps({"version": "2", "rules": RULES})


async def test_a_model_is_reloaded_and_rolled_back() -> None:
    loaded = Sample("model_reload_total", status="success")
    back = Sample("model_rollback_total", level="1")
    async with serving() as (client, _):
        digest = {"X-Model-Sha256": hashlib.sha256(GOOD).hexdigest()}
        assert (await client.post(RELOAD, content=GOOD, headers=ADMIN | digest)).json() == {"version": "2", "rules": 1}
        assert Sample("model_snapshots_available").value == 1
        assert (await client.post("/api/v1/classify", json={"text": "lid"})).json()["category"] == "cover"
        assert (await client.post(ROLLBACK, headers=ADMIN)).json() == {"version": "1", "level": 1}
        assert Sample("model_rollback_level").value == 1
        assert (await client.post("/api/v1/classify", json={"text": "lid"})).json()["category"] == "part"
        refused = await client.post(ROLLBACK, headers=ADMIN)
        assert (refused.status_code, refused.json()["error"]["reason"]) == (409, "not_found")
    assert (loaded.moved, back.moved) == (1, 1)


class Evil:
    """What runs a command when it is unpickled carelessly."""

    def __reduce__(self) -> tuple[object, tuple[str, ...]]:
        return eval, ("open('evil.txt', 'w')",)


@pytest.mark.parametrize(
    ("content", "status", "reason"),
    [
        (pickle.dumps(Evil()), 422, "opcode_blocked"),
        (pickle.dumps(print), 422, "opcode_blocked"),
        (b"", 422, "magic_invalid"),
        (b"hello", 422, "magic_invalid"),
        (GOOD[:-1], 422, "magic_invalid"),
        (b"\x80\x04r\xff\xff\xff\xff.", 422, "magic_invalid"),
        (b"x" * (1024 * 1024 + 1), 413, "size_exceeded"),
    ],
)
async def test_an_unsafe_file_is_refused_and_counted(content: bytes, status: int, reason: str) -> None:
    failed = Sample("model_security_fail_total", reason=reason)
    async with serving() as (client, platform):
        response = await client.post(RELOAD, content=content, headers=ADMIN)
        assert platform.models.current.version == "1"
    assert (response.status_code, response.json()["error"]["reason"]) == (status, reason)
    assert failed.moved == 1


async def test_a_wrong_digest_is_refused() -> None:
    failed = Sample("model_reload_total", status="hash_mismatch")
    async with serving() as (client, _):
        response = await client.post(RELOAD, content=GOOD, headers=ADMIN | {"X-Model-Sha256": "0" * 64})
    assert response.status_code == 422
    assert failed.moved == 1


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ({"rules": RULES}, "attribute_missing"),
        ({"version": "2", "rules": [("a",)]}, "attribute_missing"),
        ({"version": 2, "rules": RULES}, "signature_mismatch"),
        ({"version": "2", "rules": []}, "signature_mismatch"),
        ([], "signature_mismatch"),
        ({"version": "2", "rules": RULES * 1001}, "graph_too_large"),
    ],
)
async def test_a_model_with_another_interface_is_refused(content: object, reason: str) -> None:
    failed = Sample("model_interface_validation_fail_total", reason=reason)
    async with serving() as (client, _):
        response = await client.post(RELOAD, content=pickle.dumps(content), headers=ADMIN)
    assert (response.status_code, response.json()["error"]["reason"]) == (422, reason)
    assert failed.moved == 1


async def test_each_blocked_opcode_is_counted_by_name() -> None:
    scans = Sample("model_opcode_scans_total")
    async with serving() as (client, _):
        await client.post(RELOAD, content=pickle.dumps(Evil()), headers=ADMIN)
        counted = Sample("model_opcode_blocked_total", opcode="REDUCE")
        await client.post(RELOAD, content=pickle.dumps(Evil()), headers=ADMIN)
    assert (scans.moved, counted.moved) == (2, 1)


async def test_audit_mode_blocks_nothing_but_still_runs_nothing() -> None:
    failed = Sample("model_security_fail_total", reason="forged_file")
    async with serving(model_opcode_mode="audit") as (client, _):
        modes = {mode: Sample("model_opcode_mode", mode=mode).value for mode in opcodes.MODES}
        response = await client.post(RELOAD, content=pickle.dumps(Evil()), headers=ADMIN)
    assert modes == {"audit": 1, "blocklist": 0, "allowlist": 0}
    assert (response.status_code, response.json()["error"]["reason"]) == (422, "forged_file")
    assert failed.moved == 1


def test_the_allowlist_objects_to_all_but_plain_data() -> None:
    assert opcodes.scan(pickle.dumps(b"bytes", 4), "allowlist") == ("SHORT_BINBYTES",)
    assert opcodes.scan(pickle.dumps(b"bytes", 4), "blocklist") == ()


async def test_vectors_are_searched_and_a_lost_index_recovers() -> None:
    degraded, restored = (Sample("similarity_degraded_total", event=event) for event in ("degraded", "restored"))
    recovered = Sample("faiss_recovery_attempts_total", result="success")
    async with serving() as (client, _):
        for name, values in (("x", [1, 0]), ("y", [0, 1]), ("long", [1, 0, 0])):
            await client.post("/api/v1/vectors", json={"id": name, "values": values})
        wanted = {"values": [1, 0.1], "count": 1}
        assert (await client.post("/api/v1/vectors/search", json=wanted)).json() == {"found": [], "degraded": False}
        assert (await client.post("/admin/index/rebuild", headers=ADMIN)).json() == {"vectors": 3}
        built = (await client.post("/api/v1/vectors/search", json=wanted)).json()
        await client.post("/admin/index/lose", headers=ADMIN)
        lost = (await client.post("/api/v1/vectors/search", json=wanted)).json()
        again = (await client.post("/api/v1/vectors/search", json=wanted)).json()
    assert [found["id"] for found in built["found"]] == ["x"]
    assert (built["degraded"], lost["degraded"], again["degraded"]) == (False, True, False)
    assert built["found"] == lost["found"] == again["found"]
    assert (degraded.moved, restored.moved, recovered.moved) == (1, 1, 1)


async def test_the_index_ages_until_it_is_built(monkeypatch: pytest.MonkeyPatch) -> None:
    async with serving() as (client, platform):
        monkeypatch.setattr(platform.index, "_built_at", platform.index._built_at - 4000)
        await client.get("/metrics")
        assert Sample("faiss_index_age_seconds").value >= 4000
        await client.post("/admin/index/rebuild", headers=ADMIN)
        await client.get("/metrics")
        assert Sample("faiss_index_age_seconds").value < 60


async def test_every_outcome_of_a_migration_is_counted() -> None:
    statuses = ("migrated", "dry_run", "downgraded", "error", "not_found", "skipped")
    counted = {status: Sample("vector_migrate_total", status=status) for status in statuses}
    deltas = [Sample("vector_migrate_dimension_delta_bucket", le=bound) for bound in ("-2.0", "2.0", "5.0", "+Inf")]
    url = "/api/v1/vectors/migrate"
    async with serving() as (client, platform):
        platform.vectors.put("old", Vector((1.0,) * 6, "v2"))
        await client.post("/api/v1/vectors", json={"id": "foreign", "values": [1]})
        dry = await client.post(url, json={"ids": ["old"], "to": "v4", "dry_run": True})
        up = await client.post(url, json={"ids": ["old", "foreign", "none"], "to": "v4"})
        down = await client.post(url, json={"ids": ["old"], "to": "v3"})
        still = await client.post(url, json={"ids": ["old"], "to": "v3"})
        stored = platform.vectors.get("old")
    assert dry.json()["results"] == {"old": "dry_run"}
    assert up.json()["results"] == {"old": "migrated", "foreign": "error", "none": "not_found"}
    assert down.json()["results"] == {"old": "downgraded"}
    assert still.json()["results"] == {"old": "skipped"}
    assert stored == Vector((1.0,) * 6 + (0.0,) * 2, "v3")
    assert {each.moved for each in counted.values()} == {1}
    assert [each.moved for each in deltas] == [1, 1, 3, 3]


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("", {"id": "", "values": [1]}),
        ("", {"id": "a", "values": []}),
        ("", {"id": "a", "values": ["nan"]}),
        ("/search", {"values": [1] * 5000}),
        ("/search", {"values": [1], "count": 0}),
        ("/migrate", {"ids": ["a"], "to": "v9"}),
        ("/migrate", {"ids": [], "to": "v4"}),
    ],
)
async def test_bad_vectors_are_refused(path: str, body: object) -> None:
    async with serving() as (client, _):
        assert (await client.post(f"/api/v1/vectors{path}", json=body)).status_code == 422


async def test_the_vector_store_is_bounded() -> None:
    async with serving(vector_store_max=2) as (client, platform):
        for index in range(5):
            await client.post("/api/v1/vectors", json={"id": str(index), "values": [1]})
        assert len(platform.vectors) == 2
