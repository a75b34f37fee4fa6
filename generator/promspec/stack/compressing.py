"""A compressed clock: every duration of rules, scrapes and notifications divided by one factor, their logic unchanged.

What is a plain number stays: thresholds, counts of events, rates per second, seconds in `time() - x > 3600`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from promspec.promql import Duration, edit_durations
from promspec.quantities import duration, milliseconds

_SCRAPING = {"scrape_interval": "1m", "evaluation_interval": "1m"}
_WAITING = {"group_wait": "30s", "group_interval": "5m", "repeat_interval": "4h"}
"""What Prometheus and Alertmanager take where nothing is written."""
_FLAGS = {"query.lookback-delta": "5m", "rules.alert.resend-delay": "1m"}


def shortened(text: str, speed: int) -> str:
    """A duration divided by `speed`, to the millisecond and at least one; zero stays.

    >>> shortened("5m", 30)
    '10s'
    """
    length = milliseconds(text)
    return duration(max(1, _nearest(length, speed))) if length else "0s"


def expression(text: str, speed: int) -> str:
    """A query whose ranges, steps and offsets are divided; names of recorded series keep the windows they tell.

    >>> expression("rate(x_total[5m] offset 1h)", 30)
    'rate(x_total[10s] offset 2m)'
    """
    return edit_durations(text, lambda each: _written(each, speed))


def rules(groups: Iterable[Mapping[str, Any]], speed: int) -> list[dict[str, Any]]:
    """Rule groups on the compressed clock; labels and texts stay, also where they name a window."""
    return [
        {**_each(group, ("interval", "query_offset"), speed), "rules": [_rule(rule, speed) for rule in group["rules"]]}
        for group in groups
    ]


def prometheus(config: Mapping[str, Any], speed: int) -> dict[str, Any]:
    """Prometheus' configuration, with scrapes and evaluations as much more often."""
    keys = (*_SCRAPING, "scrape_timeout")
    return {
        **config,
        "global": _each({**_SCRAPING, **(config.get("global") or {})}, keys, speed),
        "scrape_configs": [_each(each, keys, speed) for each in config.get("scrape_configs", ())],
    }


def flags(speed: int) -> tuple[str, ...]:
    """Prometheus' own times: how long a value lasts without another, how often an alert is told of again."""
    return tuple(f"--{name}={shortened(length, speed)}" for name, length in _FLAGS.items())


def alertmanager(config: Mapping[str, Any], speed: int) -> dict[str, Any]:
    """Alertmanager's configuration, which waits and repeats as much sooner. Times of day stay."""
    made = {**config, "route": _route({**_WAITING, **config["route"]}, speed)}
    if "global" in made:
        made["global"] = _each(made["global"] or {}, ("resolve_timeout",), speed)
    return made


def _route(route: Mapping[str, Any], speed: int) -> dict[str, Any]:
    made = _each(route, tuple(_WAITING), speed)
    if "routes" in made:
        made["routes"] = [_route(child, speed) for child in made["routes"]]
    return made


def _rule(rule: Mapping[str, Any], speed: int) -> dict[str, Any]:
    return {**_each(rule, ("for", "keep_firing_for"), speed), "expr": expression(str(rule["expr"]), speed)}


def _each(item: Mapping[str, Any], keys: Iterable[str], speed: int) -> dict[str, Any]:
    wanted = set(keys)
    return {key: shortened(str(value), speed) if key in wanted else value for key, value in item.items()}


def _written(length: Duration, speed: int) -> str:
    assert length.seconds is not None  # only Grafana's variables have no length, and no rule holds one
    whole = int(length.seconds * 1000)
    if not whole:
        return length.text
    sign, size = ("-", -whole) if whole < 0 else ("", whole)
    return sign + duration(max(1, _nearest(size, speed)))


def _nearest(length: int, speed: int) -> int:
    return (2 * length + speed) // (2 * speed)
