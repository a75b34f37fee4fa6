"""Providers: simulated, RapidOCR and tesseract behind one interface; faults; parsing; the load driver."""

from __future__ import annotations

import asyncio
import json
import sys
from pathlib import Path
from types import ModuleType, SimpleNamespace

import httpx
import pytest

from output.cad_ml_platform.instrumentation import ErrorCode
from service.cad_ml_platform import load, parsing, samples
from service.cad_ml_platform.app import create_app
from service.cad_ml_platform.cache import Cache
from service.cad_ml_platform.errors import AnswerNotUnderstood
from service.cad_ml_platform.faults import Fault, Faults
from service.cad_ml_platform.images import look
from service.cad_ml_platform.limits import ErrorRate, TokenBucket
from service.cad_ml_platform.providers.choose import ocr_providers
from service.cad_ml_platform.providers.rapid import RapidProvider
from service.cad_ml_platform.providers.simulated import SimulatedProvider
from service.cad_ml_platform.providers.tesseract import TesseractProvider, lines_of
from service.cad_ml_platform.settings import Settings, SettingsError
from tests.service.cad_ml_platform.harness import PLENTY, TOKEN, serving

pytestmark = pytest.mark.anyio
IMAGE = look(samples.png())
PDF = look(samples.pdf())
TSV = (
    "level\tpage_num\tblock_num\tpar_num\tline_num\tword_num\tleft\ttop\twidth\theight\tconf\ttext\n"
    "1\t1\t0\t0\t0\t0\t0\t0\t32\t32\t-1\t\n"
    '5\t1\t1\t1\t1\t1\t0\t0\t9\t9\t96.5\t"Part:\n'
    "5\t1\t1\t1\t1\t2\t0\t0\t9\t9\t80\tShaft\n"
    "5\t1\t1\t1\t2\t1\t0\t0\t9\t9\t91\tR5\n"
)


async def test_a_simulated_provider_answers_the_same_for_the_same_drawing() -> None:
    first, again = [await SimulatedProvider("paddle").extract(IMAGE) for _ in range(2)]
    other = await SimulatedProvider("deepseek").extract(IMAGE)
    assert first == again
    assert first != other
    assert len(parsing.items(first.raw)) >= 8


def test_tesseract_s_table_becomes_lines() -> None:
    assert lines_of(TSV) == [
        {"text": '"Part: Shaft', "confidence": 0.8},
        {"text": "R5", "confidence": 0.91},
    ]


def _program(folder: Path, monkeypatch: pytest.MonkeyPatch, script: str) -> None:
    program = folder / "tesseract"
    program.write_text(f"#!{sys.executable}\nimport sys, time\nimage = sys.stdin.buffer.read()\n{script}\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(folder))


async def test_tesseract_is_run_when_it_is_installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _program(tmp_path, monkeypatch, f"assert len(image) == {len(IMAGE.data)}\nsys.stdout.write({TSV!r})")
    async with serving(ocr_engine="auto") as (client, platform):
        assert platform.providers["tesseract"].engine == "tesseract"
        answer = await client.post("/api/v1/ocr/extract", params={"provider": "tesseract"}, content=IMAGE.data)
    assert [item["text"] for item in answer.json()["items"]] == ['"Part: Shaft', "R5"]


async def test_a_tesseract_that_fails_hangs_or_has_gone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    provider = TesseractProvider()
    _program(tmp_path, monkeypatch, "sys.exit(3)")
    with pytest.raises(RuntimeError, match="tesseract ended with 3"):
        await provider.extract(IMAGE)
    with pytest.raises(ValueError, match="not PDF"):
        await provider.extract(PDF)
    _program(tmp_path, monkeypatch, "time.sleep(60)")
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.3):
            await provider.extract(IMAGE)
    async with serving(ocr_engine="auto") as (client, _):
        (tmp_path / "tesseract").unlink()
        answer = await client.post("/api/v1/ocr/extract", params={"provider": "tesseract"}, content=IMAGE.data)
    assert (answer.status_code, answer.json()["error"]["code"]) == (503, "model_load_error")


async def test_rapidocr_is_used_through_the_same_interface(monkeypatch: pytest.MonkeyPatch) -> None:
    engine = ModuleType("rapidocr")
    found = SimpleNamespace(txts=("R5", "Ra 1.6"), scores=(0.9, 0.8))
    engine.RapidOCR = lambda: lambda data: found  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "rapidocr", engine)
    provider = RapidProvider()
    await provider.load()
    await provider.load()
    items = parsing.items((await provider.extract(IMAGE)).raw)
    assert [(item.text, item.type, item.confidence) for item in items] == [
        ("R5", "dimension", 0.9),
        ("Ra 1.6", "symbol", 0.8),
    ]
    found.txts = found.scores = None
    assert parsing.items((await provider.extract(IMAGE)).raw) == ()
    with pytest.raises(ValueError, match="not PDF"):
        await provider.extract(PDF)


def test_engines_that_are_not_wanted_or_not_there_are_simulated(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(RapidProvider, "installed", staticmethod(lambda: True))
    monkeypatch.setattr(TesseractProvider, "installed", staticmethod(lambda: False))
    chosen = {name: each.engine for name, each in ocr_providers(Settings(), Faults()).items()}
    assert chosen == {"paddle": "rapidocr", "deepseek": "simulated", "tesseract": "simulated"}
    plain = ocr_providers(Settings(ocr_engine="simulated", disabled_providers=("deepseek",)), Faults())
    assert {name: each.engine for name, each in plain.items()} == {"paddle": "simulated", "tesseract": "simulated"}


@pytest.mark.parametrize("raw", ["", "{", "[" * 100_000, "nonsense"])
def test_an_answer_that_is_no_json_is_a_decoding_error(raw: str) -> None:
    with pytest.raises(json.JSONDecodeError):
        parsing.items(raw)


@pytest.mark.parametrize(
    "raw", ["[]", "{}", '{"lines": [{"text": "a"}]}', '{"lines": [{"text": "a", "confidence": 2}]}']
)
def test_an_answer_of_another_shape_is_not_understood(raw: str) -> None:
    with pytest.raises(AnswerNotUnderstood):
        parsing.items(raw)
    with pytest.raises(AnswerNotUnderstood):
        parsing.description(raw)


def test_the_title_block_keeps_the_first_of_each_field() -> None:
    found = tuple(parsing.Item(text, "title_block", 1.0) for text in ("Part: A", "PART = B", "Rev. : C"))
    assert parsing.title_block(found) == {"part": "A", "rev": "C"}


def test_faults_are_read_from_the_environment() -> None:
    faults = Faults()
    faults.read("paddle=provider_timeout@0.25, deepseek=+200ms,tesseract=parse_failed@1+5ms")
    assert faults.shown() == {
        "paddle": {"error": "provider_timeout", "latency_ms": 0, "rate": 0.25},
        "deepseek": {"error": None, "latency_ms": 200, "rate": 1.0},
        "tesseract": {"error": "parse_failed", "latency_ms": 5, "rate": 1.0},
    }


@pytest.mark.parametrize(
    "text", ["paddle", "doctr=parse_failed", "paddle=TIMEOUT", "paddle=parse_failed@1.2.3", "=", "a=b=c"]
)
def test_faults_that_make_no_sense_stop_the_start(text: str) -> None:
    with pytest.raises(SettingsError, match="SIMULATE="):
        create_app(Settings(simulate=text))


def test_a_fault_strikes_its_share_of_the_calls() -> None:
    faults = Faults(seed=1)
    faults.set("paddle", Fault(ErrorCode.AUTH_FAILED, rate=0.3))
    struck = sum(faults.draw("paddle") is not None for _ in range(1000))
    assert 250 < struck < 350
    assert faults.draw("deepseek") is None


def test_a_cache_is_bounded_in_size_and_time() -> None:
    now = 0.0
    cache = Cache[str, int](2, ttl=10, clock=lambda: now)
    cache.put("a", 1)
    cache.put("b", 2)
    assert cache.get("a") == 1
    assert cache.put("c", 3) == 1
    assert (cache.get("b"), cache.get("a"), cache.get("c")) == (None, 1, 3)
    now = 10.5
    assert cache.get("a") is None
    assert (cache.hits, cache.misses, cache.hit_ratio) == (3, 2, 0.6)
    assert cache.clear() == 1


def test_a_token_bucket_fills_again() -> None:
    now = 0.0
    bucket = TokenBucket(rate=2, burst=2, clock=lambda: now)
    assert [bucket.wait() for _ in range(3)] == [0, 0, 0.5]
    now = 0.5
    assert bucket.wait() == 0
    now = 100.0
    assert [bucket.wait() for _ in range(3)] == [0, 0, 0.5]


def test_the_error_rate_is_an_exponential_average() -> None:
    rate = ErrorRate(alpha=0.2)
    assert rate.add(True) == pytest.approx(0.2)
    assert rate.add(True) == pytest.approx(0.36)
    assert rate.add(False) == pytest.approx(0.288)


async def test_the_load_driver_exercises_the_service_and_stops() -> None:
    app = create_app(PLENTY)
    transport = httpx.ASGITransport(app=app)
    async with app.router.lifespan_context(app), httpx.AsyncClient(transport=transport, base_url="http://s") as client:
        driver = load.Driver(client, TOKEN, seed=3)
        for _ in range(400):
            await driver.step()
    answers = driver.tally.answers
    assert (answers.total(), driver.tally.unanswered) == (400, 0)
    paths = {key.split()[0] for key in answers}
    assert paths >= {"/api/v1/ocr/extract", "/api/v1/vision/analyze", "/api/v1/analyze", "/api/v1/compare"}
    assert paths >= {"/api/v1/classify", "/api/v1/vectors/search", "/metrics", "/admin/simulate", "/admin/model/reload"}
    assert not [key for key in answers if key.startswith("/admin") and key.endswith(" 403")]


async def test_the_load_driver_keeps_its_time() -> None:
    async def answer(request: httpx.Request) -> httpx.Response:
        return httpx.Response(200, json={"id": "1"})

    async with httpx.AsyncClient(transport=httpx.MockTransport(answer), base_url="http://s") as client:
        tally = await load.drive(load.Driver(client), seconds=0.3, rate=100)
    assert 5 <= tally.answers.total() <= 31


def test_the_load_driver_says_when_nothing_answers(capsys: pytest.CaptureFixture[str]) -> None:
    assert load.main(["--url", "http://127.0.0.1:9", "--seconds", "0.1", "--rate", "50"]) == 1
    assert json.loads(capsys.readouterr().out)["requests"] == 0
    with pytest.raises(SystemExit):
        load.main(["--rate", "0"])
