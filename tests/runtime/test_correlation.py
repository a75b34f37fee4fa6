"""Correlation: one id from the header to the last thread, task and process; and nothing foreign in it."""

from __future__ import annotations

import asyncio
import multiprocessing
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from promspec.runtime import correlation


def test_a_scope_ends_with_its_block_even_if_that_fails() -> None:
    assert correlation.current() == ""
    with correlation.scope("a"):
        with pytest.raises(ValueError, match="x"), correlation.scope("b"):
            raise ValueError("x")
        assert correlation.current() == "a"
    assert correlation.current() == ""


@given(st.text())
def test_only_short_plain_ids_are_taken_in(given: str) -> None:
    taken = correlation.accepted(given)
    assert taken.isascii()
    assert 0 < len(taken) <= 128
    assert not set(taken) & set('\r\n "\\{}')
    assert taken == given or len(taken) == 32


@pytest.mark.parametrize("given", [None, "", "a b", "a\r\nset-cookie: x", "x" * 129, "é", b"abc", 7, "-a"])
def test_another_id_is_made_in_place_of_a_bad_one(given: Any) -> None:
    assert len(correlation.accepted(given)) == 32
    with correlation.incoming(given) as id:
        assert len(id) == 32


def test_it_follows_tasks_and_threads() -> None:
    async def inner() -> tuple[str, str]:
        await asyncio.sleep(0)
        return correlation.current(), await asyncio.to_thread(correlation.current)

    async def request(name: str) -> list[tuple[str, str]]:
        with correlation.scope(name):
            return list(await asyncio.gather(inner(), asyncio.create_task(inner())))

    async def both() -> list[list[tuple[str, str]]]:
        return list(await asyncio.gather(request("a"), request("b")))

    assert asyncio.run(both()) == [[("a", "a")] * 2, [("b", "b")] * 2]
    with ThreadPoolExecutor(2) as pool, correlation.scope("c"):
        carried = correlation.carry(correlation.current)
        assert [future.result() for future in [pool.submit(carried) for _ in range(4)]] == ["c"] * 4
        assert pool.submit(correlation.current).result() == ""


def _in_worker(given: dict[str, str]) -> str:
    with correlation.incoming(given):
        return correlation.current()


def test_it_follows_processes() -> None:
    with multiprocessing.get_context("spawn").Pool(1) as pool, correlation.scope("p-1"):
        assert correlation.outgoing() == {"x-correlation-id": "p-1"}
        assert pool.apply(_in_worker, (correlation.outgoing(),)) == "p-1"
    assert correlation.outgoing() == {}


def test_headers_are_found_in_any_case() -> None:
    with correlation.incoming({"X-Correlation-Id": "abc"}) as id:
        assert id == "abc"
    with correlation.incoming("bare") as id:
        assert id == "bare"


def test_bound_fields_add_up_and_end() -> None:
    with correlation.bind(a=1), correlation.bind(b=2):
        assert correlation.bound_fields() == {"a": 1, "b": 2}
    assert correlation.bound_fields() == {}


async def _asked(headers: list[tuple[bytes, bytes]], kind: str = "http") -> tuple[str, list[Any]]:
    seen: list[str] = []
    sent: list[Any] = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        seen.append(correlation.current())
        await send({"type": "http.response.start", "status": 200, "headers": [(b"X-Correlation-Id", b"the app's")]})

    async def send(message: Any) -> None:
        sent.append(message)

    async def receive() -> Any:
        return {}

    await correlation.Middleware(app)({"type": kind, "headers": headers}, receive, send)
    return seen[0], sent[0]["headers"]


def test_the_middleware_takes_the_header_in_and_answers_with_it() -> None:
    assert asyncio.run(_asked([(b"X-Correlation-ID", b"req-1")])) == ("req-1", [(b"x-correlation-id", b"req-1")])
    made, headers = asyncio.run(_asked([(b"x-correlation-id", b"bad\nid")]))
    assert len(made) == 32
    assert headers == [(b"x-correlation-id", made.encode())]
    assert asyncio.run(_asked([], "lifespan"))[0] == ""
