"""Correlation: the id of the request being served, over threads, tasks and processes; and fields bound to it."""

from __future__ import annotations

import contextlib
import functools
import os
import random
import re
from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from contextvars import ContextVar, Token, copy_context
from types import TracebackType
from typing import Any, ParamSpec, TypeVar

P = ParamSpec("P")
R = TypeVar("R")

HEADER = "x-correlation-id"
"""The HTTP header that carries it, in lower case."""

_SANE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:-]{0,127}")
_id: ContextVar[str] = ContextVar("promspec_correlation_id", default="")
_fields: ContextVar[Mapping[str, object]] = ContextVar("promspec_bound_fields", default={})  # noqa: B039 - never changed

dice = random.Random()
"""Ours alone: a service that seeds its own gets the numbers it expects, and ids stay different all the same."""
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=dice.seed)

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]

current = _id.get
"""`current()` is the id of the request being served; empty if there is none."""
bound_fields = _fields.get
"""`bound_fields()` is what `bind` gave to this block."""


def new_id() -> str:
    """A new id: 32 hexadecimal digits. It tells requests apart; it is no secret.

    >>> len(new_id())
    32
    """
    return f"{dice.getrandbits(128):032x}"


def accepted(given: object) -> str:
    """The given id if it is short and plain, since it goes into logs and headers; else a new one.

    >>> accepted("req-7"), len(accepted("7\\r\\nset-cookie: a=b"))
    ('req-7', 32)
    """
    text = str.__str__(given) if issubclass(type(given), str) else ""
    return text if _SANE.fullmatch(text) else new_id()


class scope:
    """A block that belongs to one request: `with scope(given) as id:`. Without a valid id it gets a new one.

    >>> with scope("req-7") as id:
    ...     (id, current())
    ('req-7', 'req-7')
    """

    def __init__(self, id: str | None = None) -> None:
        self.id = accepted(id)
        self._tokens: list[Token[str]] = []

    def __enter__(self) -> str:
        self._tokens.append(_id.set(self.id))
        return self.id

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        _reset(_id, self._tokens)


class bind:
    """A block whose log lines and events carry these fields: `with bind(request_id="r1"):`."""

    def __init__(self, **fields: object) -> None:
        self._given = fields
        self._tokens: list[Token[Mapping[str, object]]] = []

    def __enter__(self) -> None:
        self._tokens.append(_fields.set({**_fields.get(), **self._given}))

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        _reset(_fields, self._tokens)


def _reset(variable: ContextVar[Any], tokens: list[Token[Any]]) -> None:
    # Left in another context than entered, as an async generator may be: that one is gone.
    with contextlib.suppress(ValueError, IndexError):
        variable.reset(tokens.pop())


def carry(function: Callable[P, R]) -> Callable[P, R]:
    """The function, to be called in another thread as if it were called here: `pool.submit(carry(work), 1)`."""
    context = copy_context()

    @functools.wraps(function)
    def carried(*args: P.args, **kwargs: P.kwargs) -> R:
        # A copy for each call: one context cannot be entered twice at the same time.
        return context.copy().run(function, *args, **kwargs)

    return carried


def outgoing() -> dict[str, str]:
    """What another process or service must be given: the header and the id; empty if there is none."""
    id = _id.get()
    return {HEADER: id} if id else {}


def incoming(given: Mapping[str, str] | str | None) -> scope:
    """A block that belongs to the request of somebody else's `outgoing()`, of headers, or of a bare id."""
    try:
        if isinstance(given, str) or given is None:
            return scope(given)
        found = given.get(HEADER)
        if found is None:
            found = next((value for key, value in given.items() if str(key).lower() == HEADER), None)
    except Exception:
        found = None
    return scope(found)


class Middleware:
    """ASGI middleware: takes the id from the request's header or makes one, and answers with it."""

    def __init__(self, app: App) -> None:
        self._app = app

    async def __call__(self, scope_: Scope, receive: Receive, send: Send) -> None:
        """Serve one request or connection."""
        if scope_["type"] not in ("http", "websocket"):
            await self._app(scope_, receive, send)
            return
        name = HEADER.encode("ascii")
        given = next((value for key, value in scope_.get("headers", ()) if key.lower() == name), b"")

        taken = scope(given.decode("latin-1"))

        async def answered(message: MutableMapping[str, Any]) -> None:
            if message["type"] == "http.response.start":
                own = [(key, value) for key, value in message.get("headers", ()) if key.lower() != name]
                message = {**message, "headers": [*own, (name, taken.id.encode("ascii"))]}
            await send(message)

        with taken:
            await self._app(scope_, receive, answered)
