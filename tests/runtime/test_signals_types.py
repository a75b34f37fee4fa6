"""The generated events, logs and health are strictly typed, and their misuse is a type error."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.runtime.signals import SIGNALS
from tests.support.generated import written

MISUSE = """\
from pit.instrumentation import correlation, events, health, logs

events.worker_starte(duration_ms=1)  # E: attr-defined
events.worker_started(duration_ms=1, queue_size=1, pool="small")  # E: call-arg
events.worker_started(1, 1, "small", "w")  # E: call-arg misc
events.worker_started(duration_ms="1", queue_size=1, pool="small", worker_id="w")  # E: arg-type
events.worker_started(duration_ms=1, queue_size=1, pool="smal", worker_id="w")  # E: arg-type
events.worker_started(duration_ms=1, queue_size=1, pool="small", worker_id=["w"])  # E: arg-type
events.worker_crashed(pool="small", class_="kill", exit_code=1, exception="x")  # E: arg-type
events.request_done(rows=1, task=None, client=None)  # E: arg-type
events.set_sampling_rate("request.don", 0.5)  # E: arg-type
events.set_sampling_rate("request.done", "half")  # E: arg-type
events.register_consumer("*", lambda: None)  # E: arg-type misc
logs.logger("x").info()  # E: call-arg
logs.logger("x").error("failed", exception="x")  # E: arg-type
correlation.scope(7)  # E: arg-type
health.worker(lambda: 1)  # E: attr-defined
health.workers(lambda: "one")  # E: arg-type type-var return-value
health.core(lambda: 0.5)  # E: arg-type type-var return-value
health.core.set_criteria(warning=1)  # E: attr-defined
health.workers.set_criteria(minimum=1)  # E: call-arg
health.enable("everything")  # E: arg-type
health.report().status = "ok"  # E: misc

events.worker_started(duration_ms=1, queue_size=1, pool="small", worker_id=None)
events.worker_crashed(pool="small", class_="kill", exit_code=1, exception=ValueError())
events.register_consumer("worker.*", lambda record: print(record.metadata["pool"]), background=False).close()
logs.configure_logging()
logs.logger("x").info("event", worker_id=1, exception=ValueError())


@health.workers
async def workers() -> dict[str, int]:
    return {"small": 1}


@health.error_rate
def error_rate() -> dict[str, health.Reading]:
    return {"small": health.Reading(0.1, "fine")}


health.core(lambda: True)
health.on_change(lambda old, new: print(old, new))
with correlation.scope() as id, correlation.bind(request=id), health.serve(0) as server:
    print(server.port, correlation.carry(len)("x"))
"""


@pytest.mark.slow
def test_misuse_is_a_type_error(tmp_path: Path) -> None:
    written(SIGNALS, tmp_path / "pit")
    (tmp_path / "misuse.py").write_text(MISUSE, encoding="utf-8")
    command = [sys.executable, "-m", "mypy", "--strict", "--config-file=", "--cache-dir=.mypy", "pit", "misuse.py"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    found: dict[tuple[str, int], set[str]] = {}
    for file, line, code in re.findall(r"^(\S+?):(\d+): error: .*\[([a-z-]+)\]$", done.stdout, re.MULTILINE):
        found.setdefault((file, int(line)), set()).add(code)
    expected = {
        ("misuse.py", number): set(line.split("# E: ")[1].split())
        for number, line in enumerate(MISUSE.splitlines(), start=1)
        if "# E: " in line
    }
    assert set(found) == set(expected), done.stdout
    assert all(found[place] <= codes for place, codes in expected.items()), done.stdout
