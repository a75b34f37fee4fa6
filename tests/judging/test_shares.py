"""Which quotients are shares of a limit, by the names of their series, and which thresholds are of the wrong kind."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from promspec.judging.judgements import JUDGEMENTS
from promspec.judging.model import Asked, Facts
from promspec.promql import Expr, parse
from tests.judging.test_measures import Registry


def _nothing(name: str) -> Sequence[Expr | None]:
    return ()


def _remedies(text: str, id: str = "promql/percent-of-share") -> list[str]:
    facts = Facts(Registry(), Registry(), _nothing)
    judged = next(each for each in JUDGEMENTS if each.id == id)
    return [weighed.finding.remedy for weighed in judged.findings(Asked(parse(text), "alert"), facts)]


@pytest.mark.parametrize(
    ("text", "remedy"),
    [
        ("node_memory_MemFree_bytes / node_memory_MemTotal_bytes < 10", "write 0.1, or multiply the quotient by 100"),
        ("fs_avail_bytes / fs_size_bytes < 15", "write 0.15, or multiply the quotient by 100"),
        ("db_threads_connected / db_max_connections > 80", "write 0.8, or multiply the quotient by 100"),
        ("rate(cfs_throttled_periods[5m]) / rate(cfs_periods[5m]) > 25", "write 0.25, or multiply the quotient by 100"),
        ("open_fds / max_fds * 100 > 0.8", "write 80, or leave out the 100"),
        ("100 * open_fds / max_fds > 0.8", "write 80, or leave out the 100"),
    ],
)
def test_a_share_of_a_limit_is_not_compared_with_the_other_kind_of_number(text: str, remedy: str) -> None:
    assert _remedies(text) == [remedy]


@pytest.mark.parametrize(
    "text",
    [
        "open_fds / max_fds > 0.8",
        "open_fds / max_fds * 100 > 80",
        "sum(pg_locks_count) / sum(pg_settings_max_connections) > 20",
        "errors / requests > 2",
        "load1 / cpus > 4",
        "memory_requests / memory_allocatable > 1.5",
    ],
)
def test_other_quotients_may_be_of_any_size(text: str) -> None:
    assert _remedies(text) == []
