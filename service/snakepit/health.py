"""How the pools are: what the generated health checks measure, and what `/health/detailed` shows of each pool."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from output.snakepit.instrumentation import correlation, events, health
from service.snakepit.pool import Pool
from service.snakepit.supervisor import Snapshot

Readings = dict[str, health.Reading]
_observed: list[Pool] = []


def observe(pools: Sequence[Pool]) -> None:
    """Judge these pools from now on; one process has one health."""

    def readings(measure: Callable[[Snapshot], tuple[float, str]]) -> Callable[[], Readings]:
        return lambda: {pool.name: health.Reading(*measure(pool.snapshot())) for pool in pools}

    health.worker_availability(readings(_workers))
    health.error_rate(readings(_errors))
    health.queue_depth(readings(_queue))
    health.response_time(readings(_time))
    health.section("pools", lambda: {pool.name: facts(pool.snapshot()) for pool in pools})
    progress(pools)
    if not _observed:
        health.on_change(_changed)
    _observed[:] = pools


def progress(pools: Sequence[Pool]) -> bool:
    """Tell how far the start is; True once every pool was warm."""
    snapshots = [pool.snapshot() for pool in pools]
    ready, total = sum(each.ready for each in snapshots), sum(each.total for each in snapshots)
    if all(pool.warm for pool in pools):
        health.started()
        return True
    health.progress(ready / total, f"{ready}/{total} workers were ready")
    return False


def facts(snapshot: Snapshot) -> dict[str, float]:
    """What is told of a pool."""
    return {
        "total_workers": snapshot.total,
        "available_workers": snapshot.available,
        "busy_workers": snapshot.busy,
        "queue_size": snapshot.waiting,
        "error_rate": round(snapshot.error_rate, 4),
        "avg_response_time_ms": round(snapshot.response_seconds * 1000, 3),
    }


def _workers(snapshot: Snapshot) -> tuple[float, str]:
    """A busy worker counts: all busy is high load, which waits in the queue; none at all is an outage."""
    busy = f", {snapshot.busy} busy" if snapshot.busy and not snapshot.available else ""
    return snapshot.available + snapshot.busy, f"{snapshot.available}/{snapshot.total} workers available{busy}"


def _errors(snapshot: Snapshot) -> tuple[float, str]:
    return snapshot.error_rate, f"Error rate {snapshot.error_rate:.0%}"


def _queue(snapshot: Snapshot) -> tuple[float, str]:
    waiting = snapshot.waiting
    return waiting, "Queue empty" if not waiting else f"{waiting} request{'s' if waiting > 1 else ''} waiting"


def _time(snapshot: Snapshot) -> tuple[float, str]:
    milliseconds = snapshot.response_seconds * 1000
    return milliseconds, f"Mean response time {milliseconds:.0f} ms"


def _changed(old: str, new: str) -> None:
    message = "; ".join(f"{pool.name}: {_workers(pool.snapshot())[1]}" for pool in _observed)
    with correlation.scope():
        events.health_changed(status=new, previous=old, message=message)
