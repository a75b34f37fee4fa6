"""JSON log lines through the standard library's logging: one line per record, without secrets, whatever happens."""

from __future__ import annotations

import json
import logging
import sys
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime, timezone
from typing import Any, TextIO

from .correlation import bound_fields, current
from .sanitising import Plain, Sanitiser

_FIELDS = "promspec_fields"
_PLAIN = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "color_message", "taskName", _FIELDS}
_OWN = ("timestamp", "level", "event", "correlation_id", "logger", "service", "exception", "stack")
_encode = json.JSONEncoder(ensure_ascii=True, allow_nan=False).encode


class JsonFormatter(logging.Formatter):
    """A log record as one line of JSON. It never raises: a line that cannot be made is made simpler."""

    def __init__(self, sanitiser: Sanitiser, service: str = "") -> None:
        super().__init__()
        self._sanitiser = sanitiser
        self._service = service

    def format(self, record: logging.LogRecord) -> str:
        """The line, without its end."""
        try:
            return _encode(self._line(record))
        except Exception as error:
            return self._simpler(record, error)

    def _line(self, record: logging.LogRecord) -> dict[str, object]:
        clean = self._sanitiser
        line: dict[str, object] = {
            "timestamp": _iso(record.created),
            "level": record.levelname.lower(),
            "event": clean.text(self._message(record)),
            "correlation_id": clean.text(str(getattr(record, "correlation_id", None) or current()), 128),
            "logger": clean.text(record.name, 200),
        }
        if self._service:
            line["service"] = self._service
        fields = clean.fields(_given(record))
        for key in sorted(fields):
            line[f"{key}_" if key in _OWN else key] = fields[key]
        exception = self._exception(record)
        if exception is not None:
            line["exception"] = exception
        if record.stack_info:
            line["stack"] = clean.text(record.stack_info, 16_000)
        return line

    def _message(self, record: logging.LogRecord) -> str:
        """The message with its arguments; mappings among them are sanitised by their keys first."""
        arguments = record.args
        try:
            message = str(record.msg) if isinstance(record.msg, str) else str(self._shown(record.msg))
            if isinstance(arguments, Mapping):
                return message % self._shown(arguments)
            if arguments:
                return message % tuple(self._shown(argument) for argument in arguments)
            return message
        except Exception:  # Arguments that do not fit the text, or that cannot be shown.
            return f"{self._sanitiser.clean(record.msg)} {self._sanitiser.clean(arguments)}"

    def _shown(self, value: object) -> object:
        return self._sanitiser.clean(value) if isinstance(value, (Mapping, list, tuple, set, frozenset)) else value

    def _exception(self, record: logging.LogRecord) -> dict[str, Plain] | None:
        error = record.exc_info[1] if isinstance(record.exc_info, tuple) else None
        if error is not None:
            return self._sanitiser.exception(error)
        given = vars(record).get(_FIELDS, {}).get("exception") if isinstance(vars(record).get(_FIELDS), dict) else None
        if isinstance(given, BaseException):
            return self._sanitiser.exception(given)
        shown = self._sanitiser.clean(given) if isinstance(given, Mapping) else None
        return shown if isinstance(shown, dict) else None

    def _simpler(self, record: logging.LogRecord, error: Exception) -> str:
        """What can be said without looking at anything the caller gave but the text of the message."""
        raw = record.msg if type(record.msg) is str else "<message>"
        try:
            event = self._sanitiser.text(raw)
        except Exception:
            event = "<message>"
        line = {
            "timestamp": _iso(record.created),
            "level": str(record.levelname).lower(),
            "event": event,
            "correlation_id": current(),
            "logger": str(record.name)[:200],
            "fallback": type(error).__name__,
        }
        return _encode(line)


def _given(record: logging.LogRecord) -> dict[str, object]:
    """The fields of a record: those bound to the block, those of `extra`, those of our own logger."""
    given: dict[str, object] = dict(bound_fields())
    for key, value in vars(record).items():
        if key not in _PLAIN and key != "correlation_id":
            given[key] = value
    own = vars(record).get(_FIELDS)
    if isinstance(own, dict):
        given.update({key: value for key, value in own.items() if key != "exception" or not _is_exception(value)})
    return given


def _is_exception(value: object) -> bool:
    return value is None or isinstance(value, (BaseException, Mapping))


def _iso(seconds: float) -> str:
    try:
        return datetime.fromtimestamp(seconds, timezone.utc).isoformat(timespec="microseconds")  # noqa: UP017
    except (ValueError, OverflowError, OSError):
        return ""


class _Handler(logging.StreamHandler[TextIO]):
    """A stream handler that counts what it cannot write, instead of printing it."""

    def __init__(self, stream: TextIO, lost: Callable[[], None]) -> None:
        super().__init__(stream)
        self._lost = lost

    def handleError(self, record: logging.LogRecord) -> None:
        """The stream is closed or full."""
        self._lost()


class Logger:
    """A logger whose fields are keywords: `log.info("worker started", worker_id="w1")`. It never raises."""

    __slots__ = ("_log", "_lost")

    def __init__(self, name: str, lost: Callable[[], None]) -> None:
        self._log = logging.getLogger(name)
        self._lost = lost

    def debug(self, event: str, *, exception: BaseException | None = None, **fields: object) -> None:
        """What only a developer wants to know."""
        self._write(logging.DEBUG, event, exception, fields)

    def info(self, event: str, *, exception: BaseException | None = None, **fields: object) -> None:
        """What happened as it should."""
        self._write(logging.INFO, event, exception, fields)

    def warning(self, event: str, *, exception: BaseException | None = None, **fields: object) -> None:
        """What somebody should look at."""
        self._write(logging.WARNING, event, exception, fields)

    def error(self, event: str, *, exception: BaseException | None = None, **fields: object) -> None:
        """What failed; `exception` gives type, message and traceback."""
        self._write(logging.ERROR, event, exception, fields)

    def _write(self, level: int, event: str, exception: BaseException | None, fields: dict[str, Any]) -> None:
        try:
            if self._log.isEnabledFor(level):
                self._log.log(level, event, extra={_FIELDS: {**fields, "exception": exception}})
        except Exception:
            self._lost()


class Logs:
    """The logging of one package: its sanitiser, its level, its service's name."""

    def __init__(
        self, sanitiser: Sanitiser, lost: Callable[[], None], *, level: str, service: str, quiet: Iterable[str] = ()
    ) -> None:
        self.sanitiser = sanitiser
        self._lost = lost
        self._level = level
        self._service = service
        self._quiet = tuple(quiet)
        self._events = False

    def configure(
        self,
        level: str | None = None,
        stream: TextIO | None = None,
        register: Callable[..., object] | None = None,
    ) -> None:
        """Send every logger's lines to `stream` (standard error) as JSON, in place of the handlers there are.

        `register` is the `register_consumer` of the events that shall be lines as well.
        """
        handler = _Handler(sys.stderr if stream is None else stream, self._lost)
        handler.setFormatter(JsonFormatter(self.sanitiser, self._service))
        logging.basicConfig(level=_level(level or self._level), handlers=[handler], force=True)
        logging.captureWarnings(True)
        for name in ("uvicorn", "uvicorn.error", "uvicorn.access", "gunicorn.error", "gunicorn.access"):
            logger = logging.getLogger(name)
            logger.handlers.clear()
            logger.propagate = True
        for name in self._quiet:
            logging.getLogger(name).setLevel(logging.WARNING)
        if register is not None and not self._events:
            self._events = True
            register("*", self.write_event, background=False)

    def logger(self, name: str) -> Logger:
        """A logger that takes fields as keywords."""
        return Logger(name, self._lost)

    def write_event(self, record: Any) -> None:
        """A consumer of events: each is a log line."""
        logger = logging.getLogger(f"{self._service}.events" if self._service else "events")
        level = _level(record.level)
        if not logger.isEnabledFor(level):
            return
        fields = {**record.measurements, **record.metadata, "exception": record.exception}
        extra = {_FIELDS: fields, "correlation_id": record.correlation_id}
        logger.log(level, record.name, extra=extra)


def _level(name: str) -> int:
    found = logging.getLevelNamesMapping().get(str(name).upper())
    return logging.INFO if found is None else found
