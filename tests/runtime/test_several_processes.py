"""Several processes of one service: whichever is asked answers for all, and nothing is lost when one is killed."""

from __future__ import annotations

import os
import random
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.generated import written
from tests.support.workers import Worker, workers

FLEET = """
provider = Label("provider", values=["paddle", "tesseract"])
spec = Spec("fleet", owner="o", metrics=[
    Counter("requests_total", "Requests.", labels=[provider]),
    Counter("visits_total", "Open.", labels=[Label("tenant", max_values=5)]),
    Histogram("seconds", "Duration.", labels=[provider], buckets=[0.1, 0.5, 2]),
    Gauge("running", "Running now."),
    Gauge("oldest", "Least.", aggregation="min", initialise="never"),
    Gauge("used_ratio", "Share in use."),
    Gauge("version_seen", "Newest.", aggregation="last", initialise="never"),
    Gauge("threads", "Threads.", labels=[provider], aggregation="process", initialise="never"),
    Info("build_info", "The build.", labels=[Label("version", max_values=10)]),
])
"""

PADDLE = 'requests_total{provider="paddle"}'


@pytest.fixture(scope="module")
def package(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("several") / "fleet"
    written(FLEET, folder)
    return folder


@pytest.fixture
def meeting(tmp_path: Path) -> Path:
    return tmp_path / "meeting"


@pytest.fixture
def three(package: Path, meeting: Path) -> Iterator[list[Worker]]:
    with workers(package, meeting, 3) as found:
        yield found


def _files(meeting: Path) -> list[str]:
    """The files of values of processes, without those that are retired."""
    folder = next(meeting.iterdir())
    return sorted(name for name in os.listdir(folder) if name.endswith(".values") and name != "retired.values")


def test_every_process_answers_with_the_sum_of_all(three: list[Worker]) -> None:
    for number, worker in enumerate(three, 1):
        worker.do(f"[metrics.requests_total.inc(provider='paddle') for _ in range({number})] and None")
        worker.do(f"metrics.requests_total.inc({number}.5, provider='tesseract')")
        worker.do(f"metrics.seconds.observe({number / 10}, provider='paddle')")
    for worker in three:
        found = worker.samples()
        assert found[PADDLE] == 6
        assert found['requests_total{provider="tesseract"}'] == 7.5
        assert [found[f'seconds_bucket{{le="{le}",provider="paddle"}}'] for le in ("0.1", "0.5", "2.0", "+Inf")] == [
            *(1, 3, 3, 3)
        ]
        assert found['seconds_sum{provider="paddle"}'] == pytest.approx(0.6)
        assert found['promspec_telemetry_errors_total{kind="multiprocess"}'] == 0


def test_gauges_are_aggregated_as_the_spec_says(three: list[Worker]) -> None:
    for number, worker in enumerate(three, 1):
        worker.do(f"metrics.running.set({number})")
        worker.do(f"metrics.oldest.set({number})")
        worker.do(f"metrics.used_ratio.set({number / 10})")
        worker.do(f"metrics.version_seen.set({10 - number})")
        worker.do(f"metrics.threads.set({number}, provider='paddle')")
    three[0].do("metrics.version_seen.set(70)")
    three[0].do("metrics.running.inc(0.5)")
    pids = [worker.process.pid for worker in three]
    for worker in three:
        found = worker.samples()
        assert (found["running"], found["oldest"], found["used_ratio"], found["version_seen"]) == (6.5, 1, 0.3, 70)
        threads = {name: value for name, value in found.items() if name.startswith("threads")}
        assert threads == {f'threads{{pid="{pid}",provider="paddle"}}': n for n, pid in enumerate(pids, 1)}


def test_a_gauge_is_of_the_living_and_what_was_set_last_stays(three: list[Worker]) -> None:
    for number, worker in enumerate(three, 1):
        worker.do(f"metrics.running.set({number}); metrics.oldest.set({number}); metrics.used_ratio.set({number / 10})")
        worker.do(f"metrics.threads.set({number}, provider='paddle'); metrics.version_seen.set({number})")
    for _ in range(2):  # Before and after the dead one's file was retired.
        three[2].kill()
        found = three[0].samples()
        assert (found["running"], found["oldest"], found["used_ratio"], found["version_seen"]) == (3, 1, 0.2, 3)
        assert sum(name.startswith("threads") for name in found) == 2
    three[0].kill()
    found = three[1].samples()
    assert (found["running"], found["oldest"], found["version_seen"]) == (2, 2, 3)


def test_a_gauge_that_no_living_process_has_is_not_shown(three: list[Worker]) -> None:
    three[0].do("metrics.oldest.set(4)")
    assert three[1].samples()["oldest"] == 4
    three[0].kill()
    assert "oldest" not in three[1].samples()


def test_facts_are_those_of_the_living_each_once(three: list[Worker]) -> None:
    three[0].do("metrics.build_info.set(version='1')")
    three[1].do("metrics.build_info.set(version='2'); metrics.build_info.set(version='1')")
    three[2].do("metrics.build_info.set(version='3')")
    shown = [name for name in three[1].samples() if name.startswith("build_info")]
    assert shown == ['build_info{version="1"}', 'build_info{version="3"}']
    assert sum(name.startswith("promspec_info") for name in three[1].samples()) == 1


def test_kill_9_amid_counting_loses_nothing_that_was_completed(package: Path, meeting: Path, tmp_path: Path) -> None:
    count = """
def count():
    for number in range(10**9):
        metrics.requests_total.inc(provider='paddle')
        metrics.seconds.observe(0.25, provider='paddle')
        metrics.requests_total.inc(2.0, provider='tesseract')
        if number % 50 == 0:
            os.write(progress, number.to_bytes(8, 'big'))
"""
    with workers(package, meeting, 1) as (reader,):
        completed = started = 0
        for round_ in range(6):
            with workers(package, meeting, 1) as (victim,):
                out = tmp_path / f"progress-{round_}"
                victim.do(f"progress = os.open({str(out)!r}, os.O_WRONLY | os.O_CREAT | os.O_APPEND)")
                victim.do(count)
                victim.tell("count()")
                while not out.exists() or out.stat().st_size < 8 * 20 * (round_ + 1):
                    time.sleep(0.001)
                time.sleep(random.random() / 50)
                victim.kill()
                last = int.from_bytes(out.read_bytes()[-8:], "big")
                completed += last + 1
                started += last + 51  # It may have gone on until it would have told again.
            found = reader.samples()
            assert completed <= found[PADDLE] <= started
            # Of each that was killed the last observation may be missing.
            assert 0 <= found[PADDLE] - found['seconds_count{provider="paddle"}'] <= round_ + 1
            assert completed * 2 <= found['requests_total{provider="tesseract"}'] <= started * 2
            assert found['seconds_bucket{le="0.1",provider="paddle"}'] == 0
            assert len(_files(meeting)) == 1


def test_files_of_dead_workers_are_merged_into_one_and_nothing_changes(package: Path, meeting: Path) -> None:
    with workers(package, meeting, 1) as (reader,):
        before = reader.samples()
        for number in range(8):
            with workers(package, meeting, 1) as (worker,):
                worker.do(
                    "metrics.requests_total.inc(provider='paddle'); metrics.seconds.observe(1, provider='paddle')"
                )
                worker.do(f"metrics.visits_total.inc(tenant='t{number}')")
                worker.end() if number % 2 else worker.kill()
            if number % 3 == 0:
                assert reader.samples()[PADDLE] == before[PADDLE] + number + 1
        after = reader.samples()
        assert after[PADDLE] == 8
        assert after['seconds_sum{provider="paddle"}'] == 8
        visits = {name: value for name, value in after.items() if name.startswith("visits_total")}
        assert sum(visits.values()) == 8
        assert len(_files(meeting)) == 1


def test_a_merger_that_was_killed_half_way_neither_loses_nor_counts_twice(package: Path, meeting: Path) -> None:
    module = f"{package.name}.instrumentation._runtime"
    patches = [
        f"import {module}.retired as r; r.os.replace = lambda *a: os.kill(os.getpid(), 9)",
        f"""
import {module}.retired as r
usual = os.replace
def replace(old, new):
    if new.endswith('retired.values'):
        os.kill(os.getpid(), 9)
    usual(old, new)
r.os.replace = replace
""",
        f"import {module}.peers as p; p.os.unlink = lambda *a: os.kill(os.getpid(), 9)",
    ]
    for number, patch in enumerate(patches, 1):
        with workers(package, meeting, 3) as (victim, merger, reader):
            victim.do("metrics.requests_total.inc(provider='paddle')")
            victim.kill()
            merger.do(patch)
            merger.tell("package.exposition()")
            assert merger.process.wait(20) == -signal.SIGKILL
            for _ in range(2):
                assert reader.samples()[PADDLE] == number


def test_scrapes_in_many_threads_while_workers_come_and_go_see_every_count_once(package: Path, meeting: Path) -> None:
    scrape = """
seen, done = [], threading.Event()
def scrape():
    while not done.is_set():
        page = package.exposition().decode()
        line = next(line for line in page.splitlines() if line.startswith('requests_total{provider="paddle"}'))
        seen.append(float(line.split()[-1]))
threads = [threading.Thread(target=scrape) for _ in range(4)]
[thread.start() for thread in threads]
"""
    with workers(package, meeting, 1) as (reader,):
        reader.do(scrape)
        for number in range(6):
            with workers(package, meeting, 1) as (worker,):
                worker.do("[metrics.requests_total.inc(provider='paddle') for _ in range(100)] and None")
                worker.do(f"metrics.visits_total.inc(tenant='t{number}')")
                worker.kill()
        reader.do("done.set(); [thread.join() for thread in threads]")
        found = reader.samples()
        assert found[PADDLE] == 600
        assert reader.do("max(seen) <= 600")
        assert found['promspec_telemetry_errors_total{kind="collector"}'] == 0
        assert found['promspec_telemetry_errors_total{kind="internal"}'] == 0


def test_a_list_of_series_that_was_spoiled_stops_nobody(three: list[Worker], meeting: Path) -> None:
    assert three[0].samples()[PADDLE] == 0
    with open(next(meeting.iterdir()) / "series", "ab") as file:
        file.write(b"nonsense\n[99]\n")
    three[0].do("metrics.requests_total.inc(provider='paddle')")
    three[0].do("metrics.visits_total.inc(tenant='a')")
    found = three[0].samples()
    assert (found[PADDLE], found['visits_total{tenant="a"}']) == (1, 1)
    assert found['promspec_telemetry_errors_total{kind="multiprocess"}'] >= 1


def test_the_bound_of_an_open_label_is_one_for_all_processes(three: list[Worker]) -> None:
    for number in range(40):
        three[number % 3].do(f"metrics.visits_total.inc(tenant='t{number}')")
    for worker in three:
        found = {name: value for name, value in worker.samples().items() if name.startswith("visits_total")}
        assert len(found) == 6
        assert found['visits_total{tenant="__other__"}'] == 35
        assert [found[f'visits_total{{tenant="t{n}"}}'] for n in range(5)] == [1] * 5
    overflows = three[0].samples()['promspec_label_overflows_total{label="tenant",metric="visits_total"}']
    assert overflows == 35


def test_processes_that_make_series_at_the_same_time_agree_on_them(package: Path, meeting: Path) -> None:
    with workers(package, meeting, 4) as found:
        for worker in found:
            worker.tell("[metrics.visits_total.inc(tenant=f't{n % 5}') for n in range(500)] and None")
        for worker in found:
            worker.answer()
        for worker in found:
            visits = {k: v for k, v in worker.samples().items() if k.startswith("visits_total")}
            assert visits == {f'visits_total{{tenant="t{n}"}}': 400 for n in range(5)}


def test_eight_threads_in_each_of_three_processes_lose_nothing(three: list[Worker]) -> None:
    work = """
sys.setswitchinterval(1e-5)
def work():
    for _ in range(20_000):
        metrics.requests_total.inc(provider='paddle')
        metrics.seconds.observe(0.25, provider='paddle')
        metrics.requests_total.inc(0.5, provider='tesseract')
        metrics.running.inc()
threads = [threading.Thread(target=work) for _ in range(8)]
[thread.start() for thread in threads]
[thread.join() for thread in threads]
"""
    for worker in three:
        worker.tell(work)
    for worker in three:
        worker.answer()
    found, each = three[1].samples(), 3 * 8 * 20_000
    assert found[PADDLE] == each
    assert found['seconds_count{provider="paddle"}'] == each
    assert found['seconds_sum{provider="paddle"}'] == each / 4
    assert found['requests_total{provider="tesseract"}'] == each / 2
    assert found["running"] == each


def test_a_forked_child_counts_from_zero_for_itself_and_both_are_counted(three: list[Worker]) -> None:
    parent = three[0]
    parent.do("metrics.requests_total.inc(41, provider='paddle'); metrics.running.set(7)")
    parent.do("metrics.used_ratio.set(0.5); metrics.build_info.set(version='9')")
    parent.do("""
for _ in range(5):
    if os.fork() == 0:
        metrics.requests_total.inc(provider='paddle')
        metrics.seconds.observe(0.2, provider='paddle')
        metrics.running.inc(100)
        os._exit(0)
    os.wait()
""")
    found = three[1].samples()
    assert found[PADDLE] == 46
    assert found['seconds_count{provider="paddle"}'] == 5
    assert found["running"] == 7


def test_a_forked_child_whose_parent_ends_keeps_the_facts(three: list[Worker]) -> None:
    """As a daemon does that forks into the background."""
    parent = three[0]
    parent.do("metrics.used_ratio.set(0.5); metrics.build_info.set(version='9')")
    child = parent.do("(lambda pid: pid if pid else (time.sleep(30), os._exit(0)))(os.fork())")
    try:
        parent.kill()
        found = three[1].samples()
        assert found['build_info{version="9"}'] == 1
        assert found["used_ratio"] == 0.5
    finally:
        os.kill(child, signal.SIGKILL)


def test_a_callback_of_a_gauge_is_asked_for_scrapes_that_others_answer(three: list[Worker]) -> None:
    for number, worker in enumerate(three, 1):
        worker.do(f"import {worker_runtime(worker)}.refreshing as r; r.EVERY = 0.05")
        worker.do(f"metrics.running.set_function(lambda: {number})")
    deadline = time.monotonic() + 10
    while three[0].samples()["running"] != 6 and time.monotonic() < deadline:
        time.sleep(0.05)
    assert three[0].samples()["running"] == 6
    three[1].do("metrics.running.set_function(lambda: 1 / 0)")
    deadline = time.monotonic() + 10
    while three[0].samples()["running"] != 4 and time.monotonic() < deadline:
        time.sleep(0.05)
    assert three[0].samples()["running"] == 4


def worker_runtime(worker: Worker) -> str:
    """The name of the runtime package there."""
    return str(worker.do("package.__name__ + '._runtime'"))


def test_a_process_that_was_stopped_while_it_held_the_lock_holds_up_nobody_for_long(three: list[Worker]) -> None:
    holder, other = three[0], three[1]
    for worker in three:  # They have started, and serve.
        worker.do("package.exposition() and None")
    other.do(f"import {worker_runtime(other)}.backends as b; b.directory()._lock._started = -60")
    holder.do("from fcntl import flock, LOCK_EX")
    holder.do("import glob; file = open(glob.glob(os.environ['PROMETHEUS_MULTIPROC_DIR'] + '/*/lock')[0], 'r+')")
    holder.do("flock(file, LOCK_EX)")
    began = time.monotonic()
    other.do("[metrics.visits_total.inc(tenant=f't{n}') for n in range(5)] and None")
    other.do("metrics.requests_total.inc(provider='paddle')")
    assert time.monotonic() - began < 2
    found = other.samples()
    assert found[PADDLE] == 1
    assert found['visits_total{tenant="t0"}'] == 1
    assert found['promspec_telemetry_errors_total{kind="multiprocess"}'] >= 1
    holder.kill()
    assert three[2].samples()[PADDLE] == 1


def test_without_a_directory_that_can_be_had_a_process_goes_on_alone(package: Path, tmp_path: Path) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("not a directory")
    with workers(package, blocked, 1) as (worker,):
        worker.do("metrics.requests_total.inc(provider='paddle')")
        found = worker.samples()
        assert found[PADDLE] == 1
        assert found['promspec_telemetry_errors_total{kind="multiprocess"}'] == 1


def test_a_directory_that_was_emptied_beneath_mixes_nothing_up(package: Path, meeting: Path) -> None:
    with workers(package, meeting, 2) as (old, other):
        old.do("metrics.visits_total.inc(tenant='a'); metrics.requests_total.inc(provider='paddle')")
        for path in next(meeting.iterdir()).iterdir():
            path.unlink()
        with workers(package, meeting, 1) as (new,):
            new.do("metrics.visits_total.inc(tenant='b'); metrics.requests_total.inc(5, provider='tesseract')")
            found = new.samples()
            assert (found[PADDLE], found['requests_total{provider="tesseract"}']) == (0, 5)
            old.do("metrics.visits_total.inc(tenant='c')")
            mine = old.samples()
            assert (mine[PADDLE], mine['requests_total{provider="tesseract"}']) == (1, 0)
            assert 'visits_total{tenant="b"}' not in mine
        assert other.samples()['promspec_telemetry_errors_total{kind="internal"}'] == 0


def test_half_a_line_that_a_killed_process_left_is_written_over(package: Path, meeting: Path) -> None:
    with workers(package, meeting, 2) as (one, two):
        one.do("metrics.visits_total.inc(tenant='a')")
        with open(next(meeting.iterdir()) / "series", "ab") as file:
            file.write(b'[3, "ha')
        two.do("metrics.visits_total.inc(tenant='b')")
        found = one.samples()
        assert (found['visits_total{tenant="a"}'], found['visits_total{tenant="b"}']) == (1, 1)


def test_a_full_disk_ends_no_process(package: Path, meeting: Path) -> None:
    """Room is asked for before it is used; without it a process counts on for itself."""
    with workers(package, meeting, 1) as (worker,):
        runtime = worker_runtime(worker)
        worker.do(f"import {runtime}.mapped as mapped")
        worker.do("def full(*a): raise OSError(28, 'No space left on device')")
        worker.do("mapped._allocate = full")
        worker.do("package._package.package._storages[0]._directory._own._bytes = 0")
        worker.do("[metrics.visits_total.inc(tenant=f't{n}') for n in range(5)] and None")
        found = worker.samples()
        assert sum(value for name, value in found.items() if name.startswith("visits_total")) == 5
        assert found['promspec_telemetry_errors_total{kind="multiprocess"}'] >= 1


def test_families_that_differ_between_versions_are_kept_apart(package: Path, meeting: Path, tmp_path: Path) -> None:
    """While a new version is rolled out: other buckets are another family."""
    newer = tmp_path / "newer" / "fleet"
    written(FLEET.replace("[0.1, 0.5, 2]", "[0.1, 1, 2, 5]"), newer)
    with workers(package, meeting, 1) as (old,), workers(newer, meeting, 1) as (new,):
        for worker in (old, new):
            worker.do("metrics.seconds.observe(0.7, provider='paddle'); metrics.requests_total.inc(provider='paddle')")
        for worker, bound in ((old, "0.5"), (new, "5.0")):
            found = worker.samples()
            assert found[PADDLE] == 2
            assert found['seconds_count{provider="paddle"}'] == 1
            assert f'seconds_bucket{{le="{bound}",provider="paddle"}}' in found


def test_metrics_of_the_client_itself_are_summed_too_and_processes_told_apart(three: list[Worker]) -> None:
    for worker in three:
        worker.do("import prometheus_client; own = prometheus_client.Counter('own_total', 'By hand.')")
        worker.do("own.inc(2)")
    page = three[0].do("package.scrape('')[0].decode()")
    assert "own_total 6.0" in page
    assert page.count("process_resident_memory_bytes{") == 3
    assert "python_gc_objects_collected_total" not in page


def test_deltas_see_what_every_process_moved(three: list[Worker]) -> None:
    three[0].do("moved = package.deltas(); moved.__enter__() and None")
    three[1].do("metrics.requests_total.inc(3, provider='paddle')")
    assert three[0].do("moved('requests_total', provider='paddle')") == 3


def test_without_the_variable_processes_are_alone(package: Path, tmp_path: Path) -> None:
    with workers(package, None, 2) as (one, two):
        one.do("metrics.requests_total.inc(provider='paddle'); metrics.threads.set(3, provider='paddle')")
        assert two.samples()[PADDLE] == 0
        assert one.samples()[f'threads{{pid="{one.process.pid}",provider="paddle"}}'] == 3
