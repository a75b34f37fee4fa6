"""Several processes whose directory is in trouble: nothing is lost or counted twice, and all is shared again."""

from __future__ import annotations

import os
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
    Counter("visits_total", "Open.", labels=[Label("tenant", max_values=9990)]),
    Histogram("seconds", "Duration.", labels=[Label("tenant", max_values=50)], buckets=[0.1, 0.5, 2]),
    Gauge("running", "Running now."),
    Gauge("oldest", "Least.", aggregation="min", initialise="never"),
    Gauge("version_seen", "Newest.", aggregation="last", initialise="never"),
    Gauge("threads", "Threads.", labels=[Label("pool", max_values=9)], aggregation="process", initialise="never"),
])
"""

PADDLE = 'requests_total{provider="paddle"}'
MULTIPROCESS = 'promspec_telemetry_errors_total{kind="multiprocess"}'


@pytest.fixture(scope="module")
def package(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("trouble") / "fleet"
    written(FLEET, folder)
    return folder


@pytest.fixture
def meeting(tmp_path: Path) -> Path:
    return tmp_path / "meeting"


@pytest.fixture
def two(package: Path, meeting: Path) -> Iterator[list[Worker]]:
    with workers(package, meeting, 2) as found:
        for worker in found:
            worker.do("import importlib")
            worker.do("runtime = lambda name: importlib.import_module(f'{package.__name__}._runtime.{name}')")
            worker.do("meeting = runtime('backends').directory()")
            worker.do("meeting._lock._started = -60")  # They have started, and serve: nobody waits for long.
        yield found


def _visits(worker: Worker) -> dict[str, float]:
    return {name: value for name, value in worker.samples().items() if name.startswith("visits_total{")}


def _folder(meeting: Path) -> Path:
    return next(meeting.iterdir())


def _until(worker: Worker, name: str, value: float) -> float | None:
    """The value of a series, when it has become that, or after some seconds."""
    deadline = time.monotonic() + 5
    while (found := worker.samples().get(name)) != value and time.monotonic() < deadline:
        time.sleep(0.05)
    return found


HOLD = """
import fcntl
held = open(meeting._folder + '/lock', 'r+')
fcntl.flock(held, fcntl.LOCK_EX)
"""


def test_series_made_while_the_lock_could_not_be_had_are_shared_afterwards(two: list[Worker]) -> None:
    holder, other = two
    holder.do(HOLD)
    other.do("metrics.visits_total.inc(7, tenant='a')")
    other.do("metrics.seconds.observe(1, tenant='a')")
    other.do("metrics.oldest.set(4); metrics.threads.set(2, pool='a'); metrics.version_seen.set(3)")
    assert other.samples()['visits_total{tenant="a"}'] == 7
    holder.do("held.close()")
    time.sleep(1.1)  # After one that was in vain, another attempt waits as long.
    other.samples()
    other.do("metrics.visits_total.inc(tenant='a'); metrics.seconds.observe(1, tenant='a')")
    for worker in two:
        found = worker.samples()
        assert found['visits_total{tenant="a"}'] == 8
        assert (found['seconds_count{tenant="a"}'], found['seconds_sum{tenant="a"}']) == (2, 2)
        assert (found["oldest"], found["version_seen"]) == (4, 3)
        assert found[f'threads{{pid="{other.process.pid}",pool="a"}}'] == 2
    other.kill()
    assert holder.samples()['visits_total{tenant="a"}'] == 8


def test_both_processes_made_a_series_apart_and_it_becomes_one(two: list[Worker]) -> None:
    for worker in two:
        worker.do("meeting._lock._not_before = time.monotonic() + 1")
        worker.do("metrics.visits_total.inc(5, tenant='a'); metrics.requests_total.inc(provider='paddle')")
    time.sleep(1.1)
    two[0].samples()
    two[1].samples()
    for worker in two:
        time.sleep(0.01)
        found = worker.samples()
        assert (found['visits_total{tenant="a"}'], found[PADDLE]) == (10, 2)


def test_what_others_made_while_the_disk_was_full_is_counted_and_shown(two: list[Worker]) -> None:
    full, other = two
    full.do("mapped = runtime('mapped'); usual = mapped._allocate")
    full.do("def refuse(*a): raise OSError(28, 'No space left on device')")
    full.do("mapped._allocate = refuse")
    other.do("[metrics.visits_total.inc(tenant=f't{n}') for n in range(9000)] and None")
    for number in range(3):
        full.do("metrics.visits_total.inc(tenant='t8999'); metrics.visits_total.inc(tenant='t1')")
        full.do("metrics.visits_total.inc(tenant='t8998')")
        assert full.samples()['visits_total{tenant="t8999"}'] == 2 + number
    found = full.samples()
    assert found['promspec_telemetry_errors_total{kind="internal"}'] == 0
    assert found[MULTIPROCESS] >= 1
    assert sum(_visits(full).values()) == 9009
    assert sum(_visits(other).values()) == 9000 + 3
    full.do("mapped._allocate = usual")
    full.samples()
    full.do("metrics.visits_total.inc(tenant='t8999')")
    for worker in two:
        assert sum(_visits(worker).values()) == 9010


def test_a_file_that_cannot_be_removed_is_counted_once(package: Path, meeting: Path, two: list[Worker]) -> None:
    """As in a directory with the sticky bit, where it belongs to another user."""
    for worker in two:
        worker.do("def refuse(*a, **k): raise PermissionError(1, 'Operation not permitted')")
        worker.do("os.unlink = refuse")
    for round_ in range(1, 4):
        with workers(package, meeting, 2) as victims:
            for victim in victims:
                victim.do("metrics.requests_total.inc(provider='paddle')")
        for worker in two:
            for _ in range(3):
                assert worker.samples()[PADDLE] == 2 * round_
                time.sleep(0.003)
    with workers(package, meeting, 1) as (fresh,):
        assert fresh.samples()[PADDLE] == 6


def test_a_scrape_that_lacks_file_descriptors_doubles_nothing(package: Path, meeting: Path, two: list[Worker]) -> None:
    reader = two[0]
    reader.do("import resource")
    for allowed in range(8):
        with workers(package, meeting, 1) as (victim,):
            victim.do("metrics.requests_total.inc(provider='paddle')")
            assert reader.samples()[PADDLE] == allowed + 1
        two[1].samples()
        reader.do("taken = []; resource.setrlimit(resource.RLIMIT_NOFILE, (200, 200))")
        reader.do("""
while True:
    try: taken.append(os.open('/dev/null', os.O_RDONLY))
    except OSError: break
""")
        reader.do(f"[os.close(taken.pop()) for _ in range({allowed})] and None")
        time.sleep(0.003)
        during = reader.samples()[PADDLE]
        reader.do("[os.close(file) for file in taken] and None")
        time.sleep(0.003)
        assert (during, reader.samples()[PADDLE]) == (allowed + 1, allowed + 1)


def test_a_child_does_not_tell_again_what_its_parent_set_last(two: list[Worker]) -> None:
    two[0].do("metrics.version_seen.set(1)")
    two[1].do("metrics.version_seen.set(5)")
    child = two[0].do("(lambda pid: pid if pid else (time.sleep(30), os._exit(0)))(os.fork())")
    try:
        time.sleep(0.05)
        assert two[1].samples()["version_seen"] == 5
    finally:
        os.kill(child, signal.SIGKILL)


def test_a_relative_directory_stays_where_it_was(
    package: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with workers(package, Path("meeting"), 2) as (one, other):
        for worker in (one, other):
            worker.do("import prometheus_client; own = prometheus_client.Counter('own_total', 'By hand.'); own.inc(2)")
        one.do(f"os.chdir({str(tmp_path.parent)!r}); os.environ.pop('PROMETHEUS_MULTIPROC_DIR') and None")
        one.do("metrics.visits_total.inc(tenant='a'); metrics.requests_total.inc(provider='paddle')")
        other.do("metrics.requests_total.inc(provider='paddle')")
        for worker in (one, other):
            found = worker.samples()
            assert (found[PADDLE], found['visits_total{tenant="a"}'], found[MULTIPROCESS]) == (2, 1, 0)
        assert "own_total 4.0" in one.do("package.scrape('')[0].decode()")


def test_processes_from_before_the_directory_was_emptied_leave_the_new_ones_alone(package: Path, meeting: Path) -> None:
    with workers(package, meeting, 2) as old:
        assert [worker.samples()[PADDLE] for worker in old] == [0, 0]
        for path in _folder(meeting).iterdir():
            path.unlink()
        with workers(package, meeting, 2) as (new, victim):
            victim.do("metrics.requests_total.inc(3, provider='paddle')")
            victim.kill()
            assert new.samples()[PADDLE] == 3
            old[0].do("if os.fork() == 0: metrics.requests_total.inc(provider='paddle'); os._exit(0)\nos.wait()")
            for worker in old:
                worker.do("metrics.requests_total.inc(provider='paddle')")
                worker.samples()
            assert new.samples()[PADDLE] == 3
            with workers(package, meeting, 1) as (newer,):
                assert newer.samples()[PADDLE] == 3
                names = [name for name in os.listdir(_folder(meeting)) if name.endswith(".values")]
                assert len(names) == 3, names


def test_workers_that_come_and_go_leave_few_files_though_nobody_scrapes(package: Path, meeting: Path) -> None:
    with workers(package, meeting, 1) as (master,):
        for _ in range(3):
            master.do("""
for _ in range(100):
    if os.fork() == 0:
        metrics.requests_total.inc(provider='paddle')
        os._exit(0)
    os.wait()
""")
            assert len(os.listdir(_folder(meeting))) < 80
        assert master.samples()[PADDLE] == 300


def test_files_that_were_never_finished_are_removed_in_time(two: list[Worker], meeting: Path) -> None:
    old, new = (_folder(meeting) / f"1-{name}.values.new" for name in ("old", "new"))
    for path in (old, new):
        path.write_bytes(bytes(64))
    os.utime(old, (1, 1))
    two[0].samples()
    assert (old.exists(), new.exists()) == (False, True)


def test_a_daemon_that_closed_all_files_writes_into_no_other(two: list[Worker], tmp_path: Path) -> None:
    """Their numbers are given to files that are opened later."""
    two[0].do("""
for number in map(int, os.listdir('/proc/self/fd')):
    if number > 2 and number != answers.fileno():
        try: os.close(number)
        except OSError: pass
""")
    two[0].do(f"mine = [open({str(tmp_path)!r} + f'/mine-{{n}}', 'w+') for n in range(20)]")
    two[0].do("[metrics.visits_total.inc(tenant=f't{n}') for n in range(9500)] and None")
    assert sum(_visits(two[0]).values()) == 9500
    assert [path.stat().st_size for path in tmp_path.glob("mine-*")] == [0] * 20


def test_gauges_whose_callback_was_not_asked_yet_have_no_value(two: list[Worker]) -> None:
    two[0].do("metrics.oldest.set(9)")
    two[1].do("go = threading.Event()")
    two[1].do("metrics.oldest.set_function(lambda: go.wait(20) and 12)")
    assert two[0].samples()["oldest"] == 9
    two[1].do("go.set()")
    assert _until(two[0], "oldest", 9) == 9


def test_a_callback_is_asked_soon_and_by_a_thread_that_nothing_ends(two: list[Worker]) -> None:
    two[0].do("[metrics.threads.set_function(lambda: 3, pool=f'p{n}') for n in range(5)] and None")
    name = f'threads{{pid="{two[0].process.pid}",pool="p4"}}'
    assert _until(two[1], name, 3) == 3
    two[0].do("refresher = runtime('refreshing')._refresher")
    two[0].do("runtime('refreshing').EVERY = 0.01")
    two[0].do("""
class Passing:
    def refresh(self): pass
sys.setswitchinterval(1e-6)
for _ in range(300):
    kept = [Passing() for _ in range(100)]
    [refresher.add(each) for each in kept]
""")
    assert two[0].do("refresher._thread.is_alive()") is True


def test_two_packages_in_a_process_tell_of_it_once(package: Path, meeting: Path, tmp_path: Path) -> None:
    other = tmp_path / "second"
    written('spec = Spec("second", owner="o", metrics=[Counter("others_total", "O.")])', other)
    with workers(package, meeting, 2) as found:
        for worker in found:
            worker.do(f"sys.path.insert(0, {str(other.parent)!r})")
            worker.do("import second.instrumentation as second; second.metrics.others_total.inc()")
        for module in ("package", "second"):
            page = found[0].do(f"{module}.scrape('')[0].decode()")
            names = [line.rpartition(" ")[0] for line in page.splitlines() if not line.startswith("#")]
            assert len(names) == len(set(names))
            assert "others_total 2.0" in page


def test_other_process_collectors_are_left_as_they_are(two: list[Worker]) -> None:
    two[0].do("import prometheus_client as pc")
    two[0].do("pc.ProcessCollector(namespace='daemon', pid=lambda: os.getppid()) and None")
    page = two[0].do("package.scrape('')[0].decode()")
    names = [line.rpartition(" ")[0] for line in page.splitlines() if not line.startswith("#")]
    assert len(names) == len(set(names))
    assert sum(name.startswith("daemon_process_resident_memory_bytes") for name in names) == 1
    assert sum(name.startswith("process_resident_memory_bytes") for name in names) == 2


@pytest.mark.parametrize("several", [True, False])
@pytest.mark.parametrize("observer", ["settrace", "setprofile"])
def test_threads_that_a_debugger_or_a_profiler_watches_lose_nothing(
    package: Path, meeting: Path, several: bool, observer: str
) -> None:
    """It runs Python between any two lines, and where a frame is left: other threads come between there."""
    with workers(package, meeting if several else None, 1) as (worker,):
        worker.do(f"""
sys.setswitchinterval(1e-6)
def watch(*event):
    sum(range(3))
    return watch
def work():
    sys.{observer}(watch)
    for number in range(2000):
        metrics.requests_total.inc(provider='paddle')
        metrics.seconds.observe(1.0, tenant='a')
        metrics.visits_total.inc(0.5 if number == 1000 else 1, tenant='a')
        metrics.running.inc()
threads = [threading.Thread(target=work) for _ in range(6)]
[thread.start() for thread in threads]
[thread.join() for thread in threads]
""")
        found = worker.samples()
        assert (found[PADDLE], found["running"], found['visits_total{tenant="a"}']) == (12_000, 12_000, 11_997)
        assert (found['seconds_count{tenant="a"}'], found['seconds_sum{tenant="a"}']) == (12_000, 12_000)


def test_ones_and_amounts_in_many_threads_add_up(two: list[Worker]) -> None:
    """The first amount ends what counted the ones, while others count on."""
    for worker in two:
        worker.tell("""
sys.setswitchinterval(1e-6)
def work(n):
    for number in range(3000):
        metrics.visits_total.inc(tenant=f't{number % 10}')
        if number > 300 and n == 0:
            metrics.visits_total.inc(0.5, tenant=f't{number % 10}')
threads = [threading.Thread(target=work, args=(n,)) for n in range(6)]
[thread.start() for thread in threads]
[thread.join() for thread in threads]
""")
    for worker in two:
        worker.answer()
    for worker in two:
        assert sum(_visits(worker).values()) == 2 * (18_000 + 2699 / 2)


INTERRUPT = """
class Limit(BaseException): pass
def handler(*_): raise Limit
signal.signal(signal.SIGALRM, handler)
def interrupted(count):
    for number in range(count):
        try:
            signal.setitimer(signal.ITIMER_REAL, 0.00001 + number % 97 / 200000)
            metrics.visits_total.inc(tenant=f't{number}')
            package.exposition()
        except Limit: pass
        finally:
            while True:
                try: signal.setitimer(signal.ITIMER_REAL, 0); break
                except Limit: pass
    signal.signal(signal.SIGALRM, signal.SIG_DFL)
"""


@pytest.mark.parametrize("several", [True, False])
def test_a_signal_handler_that_raises_amid_anything_mixes_nothing_up(
    package: Path, meeting: Path, several: bool
) -> None:
    """As the soft time limit of Celery does."""
    with workers(package, meeting if several else None, 1 + several) as found:
        for worker in found:
            worker.do(INTERRUPT)
            worker.tell("interrupted(1500)")
        for worker in found:
            worker.answer()
        time.sleep(0.01)
        for worker in found:
            worker.do("[metrics.visits_total.inc(1000 + n, tenant=f't{n}') for n in range(1500)] and None")
        time.sleep(1.1 if several else 0)
        for worker in found:
            worker.samples()
        time.sleep(0.01)
        for worker in found:
            seen = _visits(worker)
            assert len(seen) == 1500
            for n in range(1500):
                extra = seen[f'visits_total{{tenant="t{n}"}}'] - len(found) * (1000 + n)
                assert 0 <= extra <= len(found), n
            assert worker.samples()['promspec_telemetry_errors_total{kind="internal"}'] == 0
