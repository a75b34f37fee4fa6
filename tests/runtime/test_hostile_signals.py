"""Events, codes, correlation and health of a spec unlike ours, used by somebody who means no good."""

from __future__ import annotations

import asyncio
import enum
import json
import multiprocessing
import os
import random
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from prometheus_client import CollectorRegistry

from tests.runtime.foundry import FOUNDRY
from tests.runtime.signals import until
from tests.support.forked import exit_code_of_child
from tests.support.generated import Generated, imported, written


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Any]:
    folder = tmp_path_factory.mktemp("hostile") / "foundry"
    return folder, written(FOUNDRY, folder)


@pytest.fixture
def foundry(folder: tuple[Path, Any]) -> Generated:
    registry = CollectorRegistry()
    return Generated(folder[0], folder[1], imported(folder[0], registry), registry)


class Bad:
    """Everything about it raises."""

    def __str__(self) -> str:
        raise RuntimeError

    __repr__ = __str__

    def __eq__(self, other: object) -> bool:
        raise RuntimeError

    def __hash__(self) -> int:
        raise RuntimeError

    def __float__(self) -> float:
        raise RuntimeError

    def __bool__(self) -> bool:
        raise RuntimeError

    def __len__(self) -> int:
        raise RuntimeError


class BadText(str):
    __slots__ = ()

    def __str__(self) -> str:
        raise RuntimeError

    __repr__ = __str__

    def __eq__(self, other: object) -> bool:
        raise RuntimeError

    def __hash__(self) -> int:
        raise RuntimeError


class Disguised:
    @property  # type: ignore[misc]
    def __class__(self) -> Any:
        raise RuntimeError


class Colour(enum.Enum):
    RED = "red"


def _deep() -> object:
    deep: list[object] = []
    for _ in range(20_000):
        deep = [deep]
    return deep


def _cycle() -> object:
    cycle: dict[str, object] = {}
    cycle["self"] = [cycle]
    return cycle


def _generator() -> Iterator[int]:
    yield 1


HOSTILE: dict[str, Callable[[], object]] = {
    "none": lambda: None,
    "nan": lambda: float("nan"),
    "huge number": lambda: 10**5000,
    "lone surrogate": lambda: "\udc80",
    "100 kB": lambda: "x" * 100_000,
    "lines and quotes": lambda: 'a\nb"\\',
    "bytes": lambda: b"\xff" * 10,
    "raises": Bad,
    "text that raises": lambda: BadText("north"),
    "disguised": Disguised,
    "cycle": _cycle,
    "deep": _deep,
    "generator": _generator,
    "tuple keys": lambda: {(number,): number for number in range(3_000)},
    "sensitive keys": lambda: {f"token{number}": number for number in range(50_000)},
    "enum": lambda: Colour.RED,
    "class": lambda: type,
    "complex": lambda: 1j,
}


@pytest.mark.parametrize("name", HOSTILE)
def test_no_value_harms_who_emits_and_every_record_is_json(foundry: Generated, name: str) -> None:
    value: Any = HOSTILE[name]()
    module = foundry.module
    heard: list[Any] = []
    module.events.register_consumer("*", heard.append, background=False)
    for event in ("order.placed", "drawing.read"):
        module.events.set_sampling_rate(event, 1)
    with module.correlation.bind(given=value), module.correlation.scope(value), module.correlation.incoming(value):
        module.events.order_placed(customer=value, mould=value, address=value)
        module.events.order_paid(amount=value, card=value)
        module.events.furnace_hot(heat=value, site=value)
        module.events.furnace_exploded(site="north", why=value, exception=value)
        module.events.drawing_read(size_kb=value, name=value)
    with module.casting.track(site=value) as request, request.stage(value):
        pass
    module.health.progress(value, value)
    assert [record.name for record in heard] == list(module.events.EMITTERS)[:5]
    for record in heard:
        assert len(json.dumps(record.as_dict())) < 400_000
        assert record.correlation_id.isascii()
        assert 0 < len(record.correlation_id) <= 32
    assert heard[0].metadata["address"] == ("[SANITIZED]" if value is not None else None)
    json.dumps(module.health.report().status)
    foundry.text().encode("utf-8")


def test_code_of_never_raises(foundry: Generated) -> None:
    code_of, codes = foundry.module.code_of, foundry.module.ErrorCode

    class Liar(Exception):
        def __getattr__(self, name: str) -> object:
            raise RuntimeError

        @property
        def __cause__(self) -> Any:  # type: ignore[override]
            raise RuntimeError

    class Mute(ValueError):
        def __str__(self) -> str:
            raise RuntimeError

    class Compared(OSError):
        errno = Bad()  # type: ignore[assignment]

    class Nameless(type):
        @property
        def __module__(cls) -> str:  # type: ignore[override]
            raise RuntimeError

    nameless: Any = Nameless("Nobody", (Exception,), {})
    deep: BaseException = TimeoutError()
    for _ in range(900):
        outer = KeyError()
        outer.__cause__ = deep
        deep = outer
    nested: Exception = ConnectionRefusedError()
    for _ in range(900):
        nested = ExceptionGroup("g", [nested])
    assert code_of(Mute()) is codes.BAD_INPUT
    assert code_of(deep) is codes.TOO_SLOW
    assert code_of(nested) is codes.REFUSED
    for error in (Liar(), Compared(), nameless(), None, "TimeoutError", 7, Bad()):
        assert code_of(error) is codes.UNKNOWN
    assert (foundry.lost("internal") or 0) > 0
    before = foundry.value("casting_faults_total", site="north", fault="unknown", stage="pour")
    with pytest.raises(Liar), foundry.module.casting.track(site="north") as request, request.stage("pour"):
        raise Liar
    assert foundry.value("casting_faults_total", site="north", fault="unknown", stage="pour") == (before or 0) + 1
    assert foundry.value("castings_total", site="north", status="failed") == 1


def test_codes_of_a_spec_with_every_refinement(foundry: Generated) -> None:
    code_of = foundry.module.code_of

    class Answered(Exception):
        response = type("Response", (), {"status_code": 429})

    table: list[tuple[Any, str | None, str]] = [
        (TimeoutError(), None, "too_slow"),
        (ConnectionRefusedError(), None, "refused"),
        (ConnectionResetError(), None, "network"),
        (OSError(28, "full"), None, "disk_full"),
        (PermissionError(28, "full"), None, "disk_full"),
        (OSError(5, "broken"), None, "unknown"),
        (Answered(), None, "throttled"),
        (ValueError("the Mould is broken"), "melt", "bad_mould"),
        (ValueError("smouldering"), "melt", "bad_input"),
        (ValueError("hot"), "pour", "bad_pour"),
        (ValueError("hot"), None, "bad_input"),
        (ExceptionGroup("g", [KeyError(), ValueError("hot")]), "pour", "bad_pour"),
        (KeyboardInterrupt(), None, "unknown"),
    ]
    for error, stage, code in table:
        assert str(code_of(error, stage=stage)) == code, error
    for name in ("sqlite3", "xml.parsers.expat", "xml.dom.pulldom", "no.such.module"):
        sys.modules.pop(name, None)
    assert str(code_of(KeyError())) == "unknown"
    assert not {"sqlite3", "xml.dom.pulldom"} & set(sys.modules), "nothing is imported to find out"
    import sqlite3

    assert str(code_of(sqlite3.OperationalError())) == "sql"
    assert str(code_of(sqlite3.IntegrityError())) == "sql"


def test_a_limit_below_one_a_second_lets_one_through(foundry: Generated) -> None:
    heard: list[Any] = []
    foundry.module.events.register_consumer("order.paid", heard.append, background=False)
    for _ in range(50):
        foundry.module.events.order_paid(amount=1, card="4242")
    assert [record.metadata for record in heard] == [{"card": "[SANITIZED]"}]
    assert foundry.value("promspec_events_dropped_total", event="order.paid", reason="rate_limit") == 49


def test_rates_may_change_while_many_emit_and_nothing_is_lost(foundry: Generated) -> None:
    events, done = foundry.module.events, threading.Event()
    heard: list[Any] = []
    events.register_consumer("order.placed", heard.append, limit=10**6)

    def change() -> None:
        while not done.is_set():
            for rate in (0, 0.5, 1):
                events.set_sampling_rate("order.placed", rate)

    def emit() -> None:
        for number in range(2_000):
            events.order_placed(customer=str(number), mould="m", address="a")

    changing = threading.Thread(target=change)
    emitting = [threading.Thread(target=emit) for _ in range(4)]
    for thread in (changing, *emitting):
        thread.start()
    for thread in emitting:
        thread.join()
    done.set()
    changing.join()
    assert events.flush(20)
    sampled = foundry.value("promspec_events_dropped_total", event="order.placed", reason="sampling")
    assert len(heard) + (sampled or 0) == 8_000
    orders = [sample for family in foundry.registry.collect() for sample in family.samples]
    assert sum(sample.value for sample in orders if sample.name == "orders_total") == 8_000
    assert len({sample.labels["customer"] for sample in orders if sample.name == "orders_total"}) == 4


def test_consumers_that_emit_what_the_other_hears_come_to_an_end(foundry: Generated) -> None:
    events, calls = foundry.module.events, [0, 0]

    def first(record: object) -> None:
        calls[0] += 1
        events.tick()

    def second(record: object) -> None:
        calls[1] += 1
        events.tick()

    events.register_consumer("*", first)
    events.register_consumer("*", second)
    events.tick()
    until(lambda: sum(calls) == 4)
    time.sleep(0.1)
    assert calls == [2, 2]
    assert foundry.value("promspec_events_dropped_total", event="tick", reason="recursion") == 6


def test_what_waits_at_a_closed_consumer_is_delivered_and_its_thread_ends(foundry: Generated) -> None:
    events, heard, go = foundry.module.events, [], threading.Event()

    def consume(record: Any) -> None:
        go.wait(10)
        heard.append(record.name)

    threads = set(threading.enumerate())
    consumer = events.register_consumer("tick", consume)
    for _ in range(3):
        events.tick()
    consumer.close()
    consumer.close()
    events.tick()
    assert events.flush(0.05) is False
    go.set()
    assert events.flush() is True
    assert heard == ["tick"] * 3
    until(lambda: consumer.drained)
    assert not [thread for thread in set(threading.enumerate()) - threads if thread.name == "promspec-events"]
    assert events.flush(0.01) is True


def test_waiting_for_a_consumer_that_hangs_fills_no_memory(foundry: Generated) -> None:
    events, go = foundry.module.events, threading.Event()
    consumer = events.register_consumer("tick", lambda record: go.wait(10), limit=5)
    events.tick()
    for _ in range(300):
        assert events.flush(0) is False
    assert consumer._queue.qsize() <= 110
    go.set()
    until(lambda: events.flush(1))


def test_without_more_threads_events_and_checks_say_so_and_go_on(
    foundry: Generated, monkeypatch: pytest.MonkeyPatch
) -> None:
    events, health, start = foundry.module.events, foundry.module.health, threading.Thread.start
    heard: list[Any] = []

    def refuse(thread: threading.Thread) -> None:
        if thread.name in ("promspec-events", "promspec-check"):
            raise RuntimeError("can't start new thread")
        start(thread)

    health.alive(lambda: True)
    events.register_consumer("tick", heard.append)
    inline: list[Any] = []
    events.register_consumer("tick", inline.append, background=False)
    monkeypatch.setattr(threading.Thread, "start", refuse)
    events.tick()
    told = {found.name: found.message for found in health.report().checks}
    assert told["alive"] == "RuntimeError: can't start new thread"
    monkeypatch.undo()
    events.tick()
    assert events.flush()
    assert (len(heard), len(inline)) == (2, 2)
    time.sleep(0.11)
    assert next(found.status for found in health.report().checks if found.name == "alive") == "ok"


class _Async:
    async def __call__(self, record: object) -> None: ...


def test_what_would_never_be_awaited_is_refused_as_a_consumer(foundry: Generated) -> None:
    with pytest.raises(TypeError, match="plain function"):
        foundry.module.events.register_consumer("*", _Async())


def test_the_service_s_own_random_numbers_stay_as_they_are(foundry: Generated) -> None:
    module = foundry.module
    module.events.register_consumer("*", lambda record: None, background=False)
    random.seed(7)
    expected = random.random()
    ids = set()
    for _ in range(2):
        random.seed(7)
        with module.correlation.scope() as id:
            ids.add(id)
        module.events.order_placed(customer="c", mould="m", address="a")
        assert random.random() == expected
    assert len(ids) == 2, "and a seeded service has different ids all the same"


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_a_forked_child_makes_ids_of_its_own(foundry: Generated) -> None:
    read, write = os.pipe()
    correlation = foundry.module.correlation
    assert exit_code_of_child(lambda: os.write(write, correlation.new_id().encode())) == 0
    assert os.read(read, 100).decode() != correlation.new_id()


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_what_a_worker_of_multiprocessing_emits_last_is_delivered(foundry: Generated) -> None:
    read, write = os.pipe()

    def slowly(record: Any) -> None:
        time.sleep(0.05)
        os.write(write, b"x")

    def work() -> None:
        for _ in range(3):
            foundry.module.events.tick()

    foundry.module.events.register_consumer("tick", slowly)
    process = multiprocessing.get_context("fork").Process(target=work)
    process.start()
    process.join(20)
    assert process.exitcode == 0
    os.set_blocking(read, False)
    assert os.read(read, 100) == b"xxx"


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_a_child_that_is_forked_in_a_running_loop_runs_async_checks_itself(foundry: Generated) -> None:
    health = foundry.module.health

    async def measured() -> float:
        return 20.0

    async def serve() -> int:
        health.furnace_0(measured)
        await health.report_soon()
        return exit_code_of_child(lambda: health.report().checks[0].status == "ok")

    assert asyncio.run(serve()) == 0


@pytest.mark.parametrize(
    "answer",
    [
        *(Bad(), BadText("x"), 1j, "yes", 10**400, {"a": {"b": 1}}, {"a": Bad()}, _generator()),
        lambda health: health.Reading(1, status="bad"),
        lambda health: health.Reading("x"),
        lambda health: health.Reading(1, message=Bad()),
    ],
    ids=lambda answer: type(answer).__name__,
)
def test_a_senseless_answer_is_an_error_of_its_check_alone(foundry: Generated, answer: Any) -> None:
    health = foundry.module.health
    health.furnace_1(lambda: 20)
    health.furnace_0(lambda: answer(health) if callable(answer) else answer)
    first, second = health.report().checks[:2]
    assert (first.status, second.status) == ("error", "ok")
    json.dumps([first.as_dict(), second.as_dict()])


def _raise(error: BaseException) -> Callable[[], float]:
    def callback() -> float:
        raise error

    return callback


@pytest.mark.parametrize("error", [KeyboardInterrupt(), SystemExit(3), GeneratorExit(), RecursionError(), Bad])
def test_whatever_a_check_raises_stays_in_it(foundry: Generated, error: Any) -> None:
    foundry.module.health.furnace_0(_raise(error))
    foundry.module.health.furnace_1(lambda: 20)
    first, second = foundry.module.health.report().checks[:2]
    assert (first.status, second.status) == ("error", "ok")


def test_components_and_progress_show_no_secret_and_stay_short(foundry: Generated) -> None:
    health = foundry.module.health
    health.furnace_0(lambda: {"password=hunter2": 20, "x" * 100_000: 20})
    health.progress(0.5, "at postgres://u:hunter2@db " + "x" * 100_000)
    health.enable("startup")
    for path in ("/health/detailed", "/health/startup", "/health/ready"):
        body = b"".join(health.wsgi({"PATH_INFO": path}, lambda status, headers: None))
        assert b"hunter2" not in body
        assert len(body) < 20_000
