"""The real run: the service under load, scraped by a real Prometheus that runs the generated rules. Once per session."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import ExitStack, closing
from dataclasses import dataclass
from pathlib import Path

import pytest

from promspec import promtool
from tests.support import cad_situations
from tests.support.alert_listener import AlertListener, listening_for_alerts
from tests.support.processes import Running, listening, running, wait_until
from tests.support.prometheus_api import Prometheus
from tests.support.staging import staged

TOKEN = "correct horse"
_LOAD_SECONDS = 300
"""The load ends with the test; should even that fail, it ends by itself."""


@dataclass(frozen=True, slots=True)
class RealRun:
    """What runs. `generated` is the folder that the spec generated, as committed."""

    generated: Path
    prometheus: Prometheus
    alerts: AlertListener
    processes: tuple[Running, ...]

    def must_run(self) -> None:
        """Fail, with the last words of the process, unless everything still runs."""
        for process in self.processes:
            process.must_run()


def _service(log: Path) -> ExitStack:
    raise NotImplementedError


@pytest.fixture(scope="session")
def generated(root: Path) -> Path:
    """What the spec of the CAD ML Platform generated."""
    return root / "output" / "cad_ml_platform"


@pytest.fixture(scope="session")
def real_run(root: Path, generated: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[RealRun]:
    """Everything started, under load, and brought into every situation."""
    folder = tmp_path_factory.mktemp("real_run")
    module = [sys.executable, "-m", "service.cad_ml_platform"]
    quiet = {"LOG_LEVEL": "CRITICAL", "ADMIN_TOKEN": TOKEN, "PYTHONPATH": str(root), **cad_situations.SETTINGS}
    with ExitStack() as ends:
        alerts = ends.enter_context(listening_for_alerts())
        service = ends.enter_context(
            listening(
                "the service",
                lambda port: module,
                "/ready",
                folder / "service.log",
                env=lambda port: {**quiet, "HOST": "127.0.0.1", "PORT": str(port)},
            )
        )
        target = service.url.removeprefix("http://")
        config = staged(generated, folder / "staged", target, alerts.address)
        server = ends.enter_context(_prometheus(config, folder))
        prometheus = ends.enter_context(closing(Prometheus(server.url)))
        wait_until(lambda: _not_scraped(prometheus, target), 30)
        driving = [sys.executable, "-m", "service.cad_ml_platform.load", "--url", service.url, "--rate", "20"]
        load = ends.enter_context(
            running("the load", [*driving, "--seconds", str(_LOAD_SECONDS)], folder / "load.log", env=quiet)
        )
        cad_situations.bring_about(service.url, TOKEN)
        run = RealRun(generated, prometheus, alerts, (service, server, load))
        run.must_run()
        yield run
        run.must_run()
