"""An application of this project, served on a loopback port for as long as it is checked: ASGI or WSGI."""

from __future__ import annotations

import importlib
import inspect
import logging
import os
import socket
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from socketserver import ThreadingMixIn
from typing import Any
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

from promspec.fetching.words import plain
from promspec.problems import near_miss

_TO_END = 5.0
_HOST = "127.0.0.1"


class NoSuchApp(ValueError):
    """The name leads to no application: wrong usage."""


class DoesNotStart(ValueError):
    """There is an application, and it fails when it is imported, made or started."""


@contextmanager
def hosted(name: str, seconds: float) -> Iterator[str]:
    """Serve `module:attribute`, which has `seconds` to start; raises NoSuchApp or DoesNotStart. Gives its URL.

    The attribute is an ASGI or a WSGI application, or a function without arguments that makes one.
    """
    app = found(name)
    kind = _kind(app)
    if kind == "factory":
        app = _guarded(name, app)
        kind = _kind(app)
    if kind not in ("asgi", "wsgi"):
        raise NoSuchApp(f"{name} is neither an ASGI nor a WSGI application, nor makes one")
    with _asgi(name, app, seconds) if kind == "asgi" else _wsgi(app) as url:
        yield url


def found(name: str) -> Any:
    """What `module:attribute` names; the working directory is importable."""
    module_name, colon, path = name.partition(":")
    if not colon or not module_name or not path:
        raise NoSuchApp(f"{plain(name)} names no application: write module:attribute, such as service.main:app")
    if os.getcwd() not in sys.path:
        sys.path.insert(0, os.getcwd())
    try:
        value: Any = importlib.import_module(module_name)
    except ModuleNotFoundError as error:
        if error.name is not None and (module_name == error.name or module_name.startswith(f"{error.name}.")):
            raise NoSuchApp(f"there is no module {plain(module_name)} here") from None
        raise DoesNotStart(f"{module_name} cannot be imported: {plain(str(error))}") from None
    except KeyboardInterrupt:
        raise
    except BaseException as error:  # also SystemExit
        raise DoesNotStart(f"{module_name} cannot be imported: {_said(error)}") from None
    for part in path.split("."):
        if not hasattr(value, part):
            remedy = near_miss(part, [each for each in dir(value) if not each.startswith("_")])
            raise NoSuchApp(f"{plain(module_name)} has no {plain(path)}{f'; {remedy}' if remedy else ''}")
        value = getattr(value, part)
    return value


def _kind(app: Any) -> str:
    """Whether it is asgi, wsgi, or a factory of one; empty for none of them."""
    if not callable(app):
        return ""
    target = app if inspect.isroutine(app) or inspect.isclass(app) else type(app).__call__
    if inspect.iscoroutinefunction(target):
        return "asgi"
    try:
        parameters = inspect.signature(app).parameters.values()
    except (TypeError, ValueError):
        return ""
    positional = [each for each in parameters if each.kind in (each.POSITIONAL_ONLY, each.POSITIONAL_OR_KEYWORD)]
    needed = [each for each in positional if each.default is each.empty]
    return {0: "factory", 2: "wsgi", 3: "asgi"}.get(len(needed), "")


def _guarded(name: str, make: Callable[[], Any]) -> Any:
    try:
        return make()
    except KeyboardInterrupt:
        raise
    except BaseException as error:
        raise DoesNotStart(f"{name} fails: {_said(error)}") from None


def _said(error: BaseException) -> str:
    text = " ".join(str(error).split())
    return plain(f"{type(error).__name__}{f': {text}' if text else ''}", 200)


@contextmanager
def _asgi(name: str, app: Any, seconds: float) -> Iterator[str]:
    try:
        import uvicorn
    except ImportError:
        raise NoSuchApp(f"{name} is an ASGI application, which uvicorn serves: pip install uvicorn") from None
    with _levels_kept(), socket.socket() as listener:
        listener.bind((_HOST, 0))
        server = uvicorn.Server(uvicorn.Config(app, log_config=None, log_level="critical", timeout_graceful_shutdown=1))
        thread = threading.Thread(target=_run, args=(server, listener), daemon=True, name="promspec-app")
        thread.start()
        ends = time.monotonic() + seconds
        while not server.started and thread.is_alive() and time.monotonic() < ends:
            time.sleep(0.01)
        try:
            if not server.started:
                ended = "ends before it serves" if not thread.is_alive() else f"has not started within {seconds:g} s"
                raise DoesNotStart(f"{name} {ended}")
            yield f"http://{_HOST}:{listener.getsockname()[1]}"
        finally:
            server.should_exit = True
            thread.join(_TO_END)


@contextmanager
def _levels_kept() -> Iterator[None]:
    """The levels of uvicorn's loggers as they were: it sets them for the whole process."""
    loggers = [logging.getLogger(name) for name in ("uvicorn.error", "uvicorn.access", "uvicorn.asgi")]
    levels = [logger.level for logger in loggers]
    try:
        yield
    finally:
        for logger, level in zip(loggers, levels, strict=True):
            logger.setLevel(level)


def _run(server: Any, listener: socket.socket) -> None:
    try:
        server.run(sockets=[listener])
    except BaseException:  # told by the one who waits: it has not started
        return


class _Quiet(WSGIRequestHandler):
    """Writes no log line for each request."""

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""


class _Threaded(ThreadingMixIn, WSGIServer):
    """Serves several requests at once, so that one that hangs holds up no other."""

    daemon_threads = True
    block_on_close = False


@contextmanager
def _wsgi(app: Any) -> Iterator[str]:
    with make_server(_HOST, 0, app, server_class=_Threaded, handler_class=_Quiet) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
        thread.start()
        try:
            yield f"http://{_HOST}:{server.server_port}"
        finally:
            server.shutdown()
            thread.join(_TO_END)
