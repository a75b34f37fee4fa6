"""The settings of a pool and of the service; a bad value stops the start with a clear message."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, fields

from service.snakepit.errors import ConfigurationError

_MAY_BE_ZERO = ("queue_size", "recycle_after", "memory_mb")


@dataclass(frozen=True, slots=True)
class PoolSettings:
    """One pool. Times are seconds. `recycle_after=0` never recycles, `memory_mb=0` sets no limit, `queue_size=0` never
    lets a request wait. `memory_mb` is what a worker may allocate beyond what it has when it is ready.

    >>> PoolSettings(size=4).queue_size
    1000
    """

    name: str = "default"
    size: int = 2
    queue_size: int = 1000
    commands: str = "service.snakepit.commands"
    timeout: float = 30.0
    startup_timeout: float = 60.0
    heartbeat_interval: float = 0.5
    heartbeat_timeout: float = 10.0
    recycle_after: int = 1000
    memory_mb: int = 0
    session_ttl: float = 600.0
    cleanup_interval: float = 5.0
    backoff: float = 0.1
    backoff_max: float = 30.0
    drain_timeout: float = 10.0
    log_level: str = "info"

    def __post_init__(self) -> None:
        if not self.name:
            raise ConfigurationError("name: a pool needs a name")
        for item in fields(self):
            value = getattr(self, item.name)
            if isinstance(value, (int, float)) and not (value > 0 or (value == 0 and item.name in _MAY_BE_ZERO)):
                raise ConfigurationError(f"{item.name}={value}: give a positive number")
        if self.heartbeat_timeout <= 2 * self.heartbeat_interval:
            raise ConfigurationError(
                f"heartbeat_timeout={self.heartbeat_timeout:g}: give more than two intervals of "
                f"{self.heartbeat_interval:g} s, or every late beat kills a worker"
            )


_SERVICE_LINK = re.compile(r"SNAKEPIT_(SERVICE_(HOST|PORT)|PORT_\d+_(TCP|UDP|SCTP))(_.*)?")
_LEVELS = ("debug", "info", "warning", "error")


@dataclass(frozen=True, slots=True)
class Settings:
    """The service: where it listens, and its pools."""

    host: str = "127.0.0.1"
    port: int = 8100
    log_level: str = "info"
    pools: tuple[PoolSettings, ...] = (PoolSettings(),)
    admin_token: str = field(default="", repr=False)

    @classmethod
    def from_env(cls, environment: Mapping[str, str] | None = None) -> Settings:
        """Settings from `SNAKEPIT_…` variables. Raises `ConfigurationError` that names the variable.

        `SNAKEPIT_POOLS` is `name=size` joined by commas; every other field of a pool has a variable for all pools.

        >>> [pool.size for pool in Settings.from_env({"SNAKEPIT_POOLS": "web=4,batch=1"}).pools]
        [4, 1]
        """
        source = os.environ if environment is None else environment
        given = {name.removeprefix("SNAKEPIT_").lower(): text for name, text in source.items() if _is_ours(name, text)}
        token = given.pop("admin_token", "")
        level = given.pop("log_level", "info").lower()
        if level not in _LEVELS:
            raise ConfigurationError(f"SNAKEPIT_LOG_LEVEL={level}: give one of {', '.join(_LEVELS)}")
        host, port = given.pop("host", "127.0.0.1"), int(_number("port", given.pop("port", "8100"), int))
        if not 0 <= port <= 65_535:
            raise ConfigurationError(f"SNAKEPIT_PORT={port}: give 0 to 65535")
        size = given.pop("pool_size", "2")
        pools = _pools(given.pop("pools", f"default={size}"), {**given, "log_level": level})
        return cls(host, port, level, pools, token)


def variables() -> str:
    """Every variable that is read, with its default, for people."""
    pool = {item.name: item.default for item in fields(PoolSettings) if item.name not in ("name", "size", "log_level")}
    usual = Settings()
    own = {"host": usual.host, "port": usual.port, "log_level": usual.log_level, "admin_token": "nobody"}
    shown = {**own, "pools": "default=2, or web=4,batch=1", **pool}
    return "\n".join(f"  SNAKEPIT_{name.upper():<20} {value}" for name, value in shown.items())


def _is_ours(variable: str, text: str) -> bool:
    """Beside a Kubernetes Service called snakepit there are SNAKEPIT_SERVICE_HOST, SNAKEPIT_PORT=tcp://… and others."""
    linked = _SERVICE_LINK.fullmatch(variable) or (variable == "SNAKEPIT_PORT" and "://" in text)
    return variable.startswith("SNAKEPIT_") and not linked


def _number(name: str, text: str, kind: type) -> float:
    try:
        return float(int(text)) if kind is int else float(text)
    except ValueError:
        raise ConfigurationError(f"SNAKEPIT_{name.upper()}={text}: give a number") from None


def _pools(text: str, given: Mapping[str, str]) -> tuple[PoolSettings, ...]:
    common: dict[str, object] = {}
    defaults = {item.name: item.default for item in fields(PoolSettings) if item.name not in ("name", "size")}
    for name, value in given.items():
        if name not in defaults:
            raise ConfigurationError(f"SNAKEPIT_{name.upper()}: there is no such setting")
        default = defaults[name]
        if isinstance(default, str):
            common[name] = value
        else:
            common[name] = int(_number(name, value, int)) if isinstance(default, int) else _number(name, value, float)
    pools = []
    for part in text.split(","):
        name, _, size = part.strip().partition("=")
        pools.append(PoolSettings(name, int(_number("pools", size or "2", int)), **common))  # type: ignore[arg-type]
    if len({pool.name for pool in pools}) < len(pools):
        raise ConfigurationError(f"SNAKEPIT_POOLS={text}: two pools have one name")
    return tuple(pools)
