"""The real run, once per session: the service under load, scraped by a real Prometheus with the generated rules."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, closing
from dataclasses import dataclass
from itertools import product
from pathlib import Path

import pytest

from promspec import Label, naming, promtool
from spec.cad_ml_platform import spec
from tests.support import cad_situations
from tests.support.alert_listener import AlertListener, listening_for_alerts
from tests.support.processes import Running, listening, running, wait_until
from tests.support.prometheus_api import Prometheus
from tests.support.staging import staged

_SERVICE = (sys.executable, "-m", "service.cad_ml_platform")
_TOKEN = "correct horse"
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


@pytest.fixture(scope="session")
def generated(root: Path) -> Path:
    """What the spec of the CAD ML Platform generated."""
    return root / "output" / "cad_ml_platform"


@pytest.fixture(scope="session")
def real_run(root: Path, generated: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[RealRun]:
    """Everything started, under load, and brought into every situation."""
    folder = tmp_path_factory.mktemp("real_run")
    with ExitStack() as ends:
        alerts = ends.enter_context(listening_for_alerts())
        service = _start_service(ends, root, folder)
        target = service.url.removeprefix("http://")
        config = staged(generated, folder / "staged", target, alerts.address)
        _recorded_for_a_month(folder)
        server = _start_prometheus(ends, config, folder)
        prometheus = ends.enter_context(closing(Prometheus(server.url)))
        wait_until(lambda: _not_scraped(prometheus, target), 30)
        load = _start_load(ends, root, folder, service.url)
        cad_situations.bring_about(service.url, _TOKEN)
        run = RealRun(generated, prometheus, alerts, (service, server, load))
        run.must_run()
        yield run
        run.must_run()


def _start_service(ends: ExitStack, root: Path, folder: Path) -> Running:
    settings = {"LOG_LEVEL": "CRITICAL", "ADMIN_TOKEN": _TOKEN, "PYTHONPATH": str(root), **cad_situations.SETTINGS}
    return ends.enter_context(
        listening(
            "the service",
            lambda port: _SERVICE,
            "/ready",
            folder / "service.log",
            env=lambda port: {**settings, "HOST": "127.0.0.1", "PORT": str(port)},
        )
    )


def _start_prometheus(ends: ExitStack, config: Path, folder: Path) -> Running:
    def command(port: int) -> list[str]:
        return [
            str(promtool.find("prometheus")),
            f"--config.file={config}",
            f"--storage.tsdb.path={folder / 'tsdb'}",
            f"--web.listen-address=127.0.0.1:{port}",
            "--web.console.templates=",
            "--web.console.libraries=",
            "--log.level=warn",
        ]

    return ends.enter_context(listening("Prometheus", command, "/-/ready", folder / "prometheus.log"))


def _recorded_for_a_month(folder: Path) -> None:
    """The SLOs' rules are a month old: of younger ones, a minute of failures is rightly no share of a month."""
    now = int(time.time())
    lines = []
    for slo in spec.slos:
        groups = [label for label in slo.group_by if isinstance(label, Label)]
        for values in product(*(label.known_values for label in groups)):
            own = "".join(f',{label}="{value}"' for label, value in zip(groups, values, strict=True))
            series = f'{naming.SLO_SINCE}{{slo="{slo.name}",spec="{spec.name}"{own}}}'
            lines.append(f"{series} {now - 31 * 86_400} {now - 3600}")
    history = folder / "history.txt"
    history.write_text("\n".join([*lines, "# EOF", ""]), encoding="utf-8")
    command = [str(promtool.find()), "tsdb", "create-blocks-from", "openmetrics", str(history), str(folder / "tsdb")]
    subprocess.run(command, check=True, capture_output=True, timeout=60)


def _start_load(ends: ExitStack, root: Path, folder: Path, url: str) -> Running:
    """The load without the administrator's token: it would put random faults between those of the situations."""
    command = [*(sys.executable, "-m", "service.cad_ml_platform.load"), "--url", url, "--rate", "15"]
    env = {"PYTHONPATH": str(root), "ADMIN_TOKEN": ""}
    command += ["--seconds", str(_LOAD_SECONDS)]
    return ends.enter_context(running("the load", command, folder / "load.log", env=env))


def _not_scraped(prometheus: Prometheus, target: str) -> str:
    """Every counter is to be seen at zero before the load begins, or its first events would not count."""
    found = {each["labels"]["instance"]: each["health"] for each in prometheus.targets()}
    if found != {target: "up"}:
        return f"the targets are {found}"
    return "" if prometheus.instant("count_over_time(promspec_info[1m]) >= 2") else "scraped less than twice"
