"""The real run of each system: the service under load, scraped by a real Prometheus with the generated rules."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Iterator
from contextlib import ExitStack, closing
from dataclasses import dataclass
from itertools import product
from pathlib import Path

import pytest

from promspec import naming, objectives, promtool
from tests.live.systems import SYSTEMS, System
from tests.support.alert_listener import AlertListener, listening_for_alerts
from tests.support.processes import Running, listening, wait_until
from tests.support.prometheus_api import Prometheus
from tests.support.staging import staged


@dataclass(frozen=True, slots=True)
class RealRun:
    """What runs."""

    system: System
    prometheus: Prometheus
    alerts: AlertListener
    processes: tuple[Running, ...]

    @property
    def generated(self) -> Path:
        """The folder that the spec generated, as committed."""
        return self.system.generated

    def must_run(self) -> None:
        """Fail, with the last words of the process, unless everything still runs."""
        for process in self.processes:
            process.must_run()


@pytest.fixture(params=SYSTEMS, ids=lambda system: system.name)
def real_run(request: pytest.FixtureRequest, root: Path, tmp_path: Path) -> Iterator[RealRun]:
    """Everything started, under load, and brought into every situation; ended with its test, not with the session."""
    system: System = request.param
    with ExitStack() as ends:
        alerts = ends.enter_context(listening_for_alerts())
        service = _start_service(ends, system, root, tmp_path)
        target = service.url.removeprefix("http://")
        config = staged(system.generated, tmp_path / "staged", target, alerts.address)
        _recorded_for_a_month(system, tmp_path)
        server = _start_prometheus(ends, config, tmp_path)
        prometheus = ends.enter_context(closing(Prometheus(server.url)))
        wait_until(lambda: _not_scraped(prometheus, target), 30)
        ends.enter_context(system.load(service.url, tmp_path))
        system.bring_about(service.url)
        run = RealRun(system, prometheus, alerts, (service, server))
        run.must_run()
        yield run
        run.must_run()


def _start_service(ends: ExitStack, system: System, root: Path, folder: Path) -> Running:
    return ends.enter_context(
        listening(
            "the service",
            lambda port: system.command,
            system.ready,
            folder / "service.log",
            env=lambda port: {"PYTHONPATH": str(root), **system.settings(port)},
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


def _recorded_for_a_month(system: System, folder: Path) -> None:
    """The SLOs' rules are a month old: of younger ones, a minute of failures is rightly no share of a month."""
    now = int(time.time())
    since = naming.slo_since(objectives.clock(system.spec.deployment).base)
    lines = []
    for slo in system.spec.slos:
        for values in product(*(system.values[label] for label in slo.group_labels)):
            own = "".join(f',{label}="{value}"' for label, value in zip(slo.group_labels, values, strict=True))
            series = f'{since}{{slo="{slo.name}",spec="{system.name}"{own}}}'
            lines.append(f"{series} {now - 31 * 86_400} {now - 3600}")
    history = folder / "history.txt"
    history.write_text("\n".join([*lines, "# EOF", ""]), encoding="utf-8")
    command = [str(promtool.find()), "tsdb", "create-blocks-from", "openmetrics", str(history), str(folder / "tsdb")]
    subprocess.run(command, check=True, capture_output=True, timeout=60)


def _not_scraped(prometheus: Prometheus, target: str) -> str:
    """Every counter is to be seen at zero before the load begins, or its first events would not count."""
    found = {each["labels"]["instance"]: each["health"] for each in prometheus.targets()}
    if found != {target: "up"}:
        return f"the targets are {found}"
    return "" if prometheus.instant("count_over_time(promspec_info[1m]) >= 2") else "scraped less than twice"
