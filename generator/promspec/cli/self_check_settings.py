"""What `self-check` is asked for, by options and by the environment: `SELF_CHECK_*`."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from promspec.fetching.words import plain
from promspec.live.driving import Drive
from promspec.live.self_check import Wanted

_BOOLEANS = {"true": True, "1": True, "yes": True, "false": False, "0": False, "no": False}
_PREFIX = "SELF_CHECK_"
_METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")


class SettingError(ValueError):
    """An option or a variable that means nothing: which, and what to write."""


@dataclass(frozen=True)
class Given:
    """The options as they were written; None, or nothing, where the environment is asked."""

    spec: Path
    base_url: str | None
    app: str | None
    strict: bool | None
    require: tuple[str, ...]
    validate_counters: bool | None
    drive: tuple[str, ...]
    drive_json: tuple[str, ...]
    moves: tuple[str, ...]
    min_codes: int | None
    min_errors: tuple[str, ...]
    ignore: tuple[str, ...]
    api_path: str | None
    health_path: str | None
    metrics_path: str | None
    as_json: bool


@dataclass(frozen=True)
class Settings:
    """Where to look (one of the two is empty), and what is wanted."""

    base_url: str
    app: str
    wanted: Wanted


def settings(given: Given, environment: Mapping[str, str]) -> Settings:
    """Options win over variables; raises SettingError."""
    env = {
        key.removeprefix(_PREFIX): value.strip()
        for key, value in environment.items()
        if key.startswith(_PREFIX) and value.strip()
    }
    base, app = _target(given, env)
    drives = _drives(given, env)
    validates = given.validate_counters
    if validates is None:
        validates = _boolean(env, "VALIDATE_COUNTERS") or bool(given.drive)
    if validates and not drives:
        raise SettingError("to see counters move, a request must be driven: --drive 'POST /path', or SELF_CHECK_DRIVE")
    codes = given.min_codes if given.min_codes is not None else _number(env, "MIN_ERROR_CODES")
    wanted = Wanted(
        api_path=given.api_path or env.get("API_PATH", "/"),
        health_path=given.health_path or env.get("HEALTH_PATH", "/health"),
        metrics_path=given.metrics_path or env.get("METRICS_PATH", "/metrics"),
        strict=given.strict if given.strict is not None else _boolean(env, "STRICT_METRICS"),
        ignore=given.ignore,
        require=_require(given, env),
        min_codes=codes,
        min_errors=_min_errors(given, env),
        drives=drives if validates else (),
        moves=given.moves,
    )
    return Settings(base, app, wanted)


def _target(given: Given, env: Mapping[str, str]) -> tuple[str, str]:
    if given.base_url and given.app:
        raise SettingError("give --base-url or --app, not both")
    if given.base_url or given.app:
        return given.base_url or "", given.app or ""
    if env.get("BASE_URL") or env.get("APP"):
        return env.get("BASE_URL", ""), "" if env.get("BASE_URL") else env["APP"]
    raise SettingError("name what to check: --base-url URL (SELF_CHECK_BASE_URL), or --app module:attribute")


def _boolean(env: Mapping[str, str], name: str) -> bool:
    text = env.get(name, "false").lower()
    if text not in _BOOLEANS:
        raise SettingError(f"SELF_CHECK_{name} is {plain(text)!r}: write true, false, 1, 0, yes or no")
    return _BOOLEANS[text]


def _number(env: Mapping[str, str], name: str) -> int:
    return _natural(env.get(name, "0"), f"SELF_CHECK_{name}")


def _natural(text: str, where: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) < 10):
        raise SettingError(f"{where} is {plain(text)!r}: write a whole number such as 5")
    return int(text)


def _require(given: Given, env: Mapping[str, str]) -> dict[str, tuple[str, ...]]:
    found: dict[str, tuple[str, ...]] = {}
    if env.get("REQUIRED_PROVIDERS"):
        found["provider"] = _words(env["REQUIRED_PROVIDERS"])
    for text in given.require:
        label, equals, values = text.partition("=")
        if not equals or not label.strip() or not _words(values):
            raise SettingError(f"--require is {plain(text)!r}: write label=value,value")
        found[label.strip()] = _words(values)
    return found


def _words(text: str) -> tuple[str, ...]:
    return tuple(word.strip() for word in text.split(",") if word.strip())


def _min_errors(given: Given, env: Mapping[str, str]) -> dict[str, int]:
    found = {"ocr_errors_total": _number(env, "MIN_OCR_ERRORS")} if env.get("MIN_OCR_ERRORS") else {}
    for text in given.min_errors:
        name, equals, number = text.partition("=")
        if not equals or not name.strip():
            raise SettingError(f"--min-errors is {plain(text)!r}: write metric=number")
        found[name.strip()] = _natural(number.strip(), f"--min-errors {name.strip()}")
    return found


def _drives(given: Given, env: Mapping[str, str]) -> tuple[Drive, ...]:
    texts: Sequence[str] = given.drive or ([env["DRIVE"]] if env.get("DRIVE") else ())
    bodies: Sequence[str] = given.drive_json or ([env["DRIVE_JSON"]] if env.get("DRIVE_JSON") else ())
    if len(bodies) > len(texts):
        raise SettingError("there are more bodies (--drive-json) than requests (--drive): they are paired in order")
    padded = [*bodies, *[""] * (len(texts) - len(bodies))]
    return tuple(_drive(text, body) for text, body in zip(texts, padded, strict=True))


def _drive(text: str, body: str) -> Drive:
    method, _, path = text.strip().partition(" ")
    if method.upper() not in _METHODS or not path.strip().startswith("/"):
        raise SettingError(f"--drive is {plain(text)!r}: write a method and a path, such as 'POST /api/v1/compare'")
    try:
        if body:
            json.loads(body)
    except (ValueError, RecursionError):
        raise SettingError(f"the --drive-json of {plain(text)} is no JSON") from None
    return Drive(method.upper(), path.strip(), body)
