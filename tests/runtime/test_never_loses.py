"""Threads and forks: every increment that was made is there, and no lock is left behind."""

from __future__ import annotations

import os
import signal
import sys
import threading
import time
from collections.abc import Callable
from typing import Any

import pytest

from tests.support.generated import Generated

THREADS = 8


def _in_threads(work: Callable[[int], None]) -> None:
    threads = [threading.Thread(target=work, args=(number,)) for number in range(THREADS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


@pytest.fixture
def hasty() -> Any:
    """Threads take turns a thousand times more often than usual."""
    usual = sys.getswitchinterval()
    sys.setswitchinterval(5e-6)
    yield
    sys.setswitchinterval(usual)


@pytest.mark.slow
def test_eight_threads_add_a_million_times_each_and_observe_as_often(trial: Generated) -> None:
    count, observe = trial.metrics.requests_total.inc, trial.metrics.seconds.observe
    each = 1_000_000

    def work(number: int) -> None:
        for _ in range(each):
            count(provider="paddle", stage="load")
        for _ in range(each):
            observe(0.25, provider="paddle")

    _in_threads(work)
    assert trial.value("requests_total", provider="paddle", stage="load") == THREADS * each
    assert trial.value("seconds_count", provider="paddle") == THREADS * each
    assert trial.value("seconds_bucket", provider="paddle", le="0.1") == 0
    assert trial.value("seconds_bucket", provider="paddle", le="0.5") == THREADS * each
    assert trial.value("seconds_sum", provider="paddle") == THREADS * each / 4


def test_nothing_is_lost_while_others_scrape_add_amounts_and_make_series(trial: Generated, hasty: None) -> None:
    metrics, each = trial.metrics, 4_000
    done = threading.Event()
    pages: list[bytes] = []

    def scrape() -> None:
        while not done.is_set():
            pages.append(trial.module.exposition(len(pages) % 2 == 0))
            list(trial.registry.collect())

    def work(number: int) -> None:
        for step in range(each):
            metrics.plain_total.inc(0.5 if step % 2 else 1)  # The first 0.5 replaces the cell of all threads.
            metrics.seconds.observe(1.0, provider="paddle")
            metrics.level.inc(provider="paddle")
            metrics.level.dec(2, provider="paddle")
            metrics.visits_total.inc(tenant=f"t{(number + step) % 5}")
            metrics.rare_total.inc(provider="paddle")

    scraper = threading.Thread(target=scrape)
    scraper.start()
    _in_threads(work)
    done.set()
    scraper.join()
    assert pages
    assert trial.value("plain_total") == THREADS * each * 0.75
    assert trial.value("seconds_sum", provider="paddle") == THREADS * each
    assert trial.value("level", provider="paddle") == -THREADS * each
    assert trial.value("rare_total", provider="paddle") == THREADS * each
    visits = [s.value for f in trial.registry.collect() for s in f.samples if s.name == "visits_total"]
    assert (len(visits), sum(visits)) == (4, THREADS * each)
    assert trial.lost("internal") == 0


@pytest.mark.parametrize("trial", ["alone"], indirect=True)
def test_without_an_interpreter_lock_the_cells_are_lists_and_count_the_same(
    trial: Generated, monkeypatch: pytest.MonkeyPatch, hasty: None
) -> None:
    runtime = type(trial.metrics.rare_total).__mro__[1].__module__.rsplit(".", 1)[0]
    monkeypatch.setattr(sys.modules[f"{runtime}.cells"], "LOCKED", False)
    rare = trial.metrics.rare_total

    def work(number: int) -> None:
        for _ in range(5_000):
            rare.inc(provider="paddle")

    _in_threads(work)
    assert type(rare._storage.cells[("paddle",)]).__name__ == "Amounts"
    assert trial.value("rare_total", provider="paddle") == THREADS * 5_000


@pytest.mark.parametrize("trial", ["alone"], indirect=True)
def test_pending_values_are_folded_long_before_they_need_memory(trial: Generated) -> None:
    for number in range(10_000):
        trial.metrics.seconds.observe(0.2, provider="paddle")
        trial.metrics.plain_total.inc(0.5)
        trial.metrics.level.inc(provider="paddle")
        if number % 1_000 == 0:
            assert len(trial.metrics.seconds._storage.cells[("paddle",)].pending) <= 64
            assert len(trial.metrics.plain_total._storage.cells[()]._pending) <= 64
            assert len(trial.metrics.level._storage.cells[("paddle",)].log) <= 64


@pytest.mark.parametrize("trial", ["alone"], indirect=True)
def test_a_thread_that_still_adds_to_a_cell_that_was_replaced_is_counted(trial: Generated) -> None:
    old = trial.metrics.plain_total._storage.cells[()]
    next(old)
    trial.metrics.plain_total.inc(0.5)
    next(old)
    trial.metrics.plain_total.inc()
    assert trial.value("plain_total") == 3.5
    assert "plain_total 3.5\n" in trial.module.exposition().decode("utf-8")


@pytest.mark.parametrize("trial", ["alone"], indirect=True)
@pytest.mark.filterwarnings("ignore:.*multi-threaded.*fork:DeprecationWarning")
def test_a_fork_waits_for_the_fold_that_is_under_way(trial: Generated) -> None:
    locks = sys.modules[type(trial.metrics.plain_total).__mro__[1].__module__.replace("families", "locks")]
    held, folded = threading.Event(), threading.Event()

    def fold() -> None:
        with locks.folding:
            held.set()
            time.sleep(0.1)
            folded.set()

    thread = threading.Thread(target=fold)
    thread.start()
    held.wait()
    assert _child(trial) == 0
    assert folded.is_set()
    thread.join()
    assert locks.folding.acquire(timeout=1)
    locks.folding.release()


@pytest.mark.parametrize("trial", ["alone"], indirect=True)
@pytest.mark.filterwarnings("ignore:.*multi-threaded.*fork:DeprecationWarning")
def test_a_fork_amid_counting_keeps_the_values_and_deadlocks_nobody(trial: Generated, hasty: None) -> None:
    metrics, done = trial.metrics, threading.Event()
    metrics.requests_total.inc(41, provider="paddle", stage="load")

    def busy() -> None:
        while not done.is_set():
            metrics.seconds.observe(0.2, provider="paddle")
            metrics.plain_total.inc(0.5)
            metrics.visits_total.inc(tenant="somebody")
            trial.module.exposition()

    threads = [threading.Thread(target=busy) for _ in range(3)]
    for thread in threads:
        thread.start()
    try:
        codes = [_child(trial) for _ in range(20)]
    finally:
        done.set()
        for thread in threads:
            thread.join()
    assert codes == [0] * 20
    assert trial.value("requests_total", provider="paddle", stage="load") == 41  # What children count is theirs.


def _child(trial: Generated) -> int:
    """Fork; the child counts, reads and folds; its exit code, or minus a signal if it hung."""
    pid = os.fork()
    if pid == 0:
        code = 1
        try:
            metrics = trial.metrics
            requests = trial.value("requests_total", provider="paddle", stage="load") or 0
            metrics.requests_total.inc(provider="paddle", stage="load")
            before = trial.value("seconds_sum", provider="paddle") or 0
            count = trial.value("seconds_count", provider="paddle") or 0
            for _ in range(200):
                metrics.seconds.observe(0.2, provider="paddle")
                metrics.visits_total.inc(tenant="the child")
            right = (
                trial.value("requests_total", provider="paddle", stage="load") == requests + 1,
                trial.value("seconds_count", provider="paddle") == count + 200,
                abs(before - 0.2 * count) < 1e-6 * (1 + count),
                b"requests_total" in trial.module.exposition(),
            )
            code = 0 if all(right) else 2
        finally:
            os._exit(code)
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        ended, status = os.waitpid(pid, os.WNOHANG)
        if ended:
            return os.waitstatus_to_exitcode(status)
        time.sleep(0.005)
    os.kill(pid, signal.SIGKILL)
    os.waitpid(pid, 0)
    return -signal.SIGKILL


def test_a_signal_handler_that_counts_amid_counting_does_not_hang(trial: Generated) -> None:
    metrics, handled = trial.metrics, [0]

    def handler(number: int, frame: object) -> None:
        handled[0] += 1
        metrics.seconds.observe(0.2, provider="paddle")
        metrics.plain_total.inc(0.5)
        metrics.visits_total.inc(tenant=f"t{handled[0]}")

    usual = signal.signal(signal.SIGALRM, handler)
    signal.setitimer(signal.ITIMER_REAL, 0.0005, 0.0005)
    try:
        for _ in range(60_000):
            metrics.seconds.observe(0.2, provider="paddle")
            metrics.plain_total.inc(0.5)
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, usual)
    assert handled[0] > 10
    assert trial.value("seconds_count", provider="paddle") == 60_000 + handled[0]
    assert trial.value("plain_total") == (60_000 + handled[0]) / 2
