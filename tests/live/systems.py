"""The systems that are run for real: how each is started and loaded, and what is expected of it."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path

from promspec import Spec
from spec.cad_ml_platform import VISION_PROVIDERS
from spec.cad_ml_platform import spec as cad_ml_platform
from spec.snakepit import spec as snakepit
from tests.conftest import ROOT
from tests.support import cad_situations, snakepit_situations
from tests.support.processes import running

_TOKEN = "correct horse"
_LOAD_SECONDS = 300
"""The load ends with the test; should even that fail, it ends by itself."""


@dataclass(frozen=True, slots=True)
class System:
    """A service, and what its spec generated, as committed.

    `settings` gives its environment for a port, `load` is what runs beside the checks, `still_zero` names the panels'
    queries that show nothing but zeros, and why they must; every other one moves. `values` are those of the labels that
    SLOs are grouped by.
    """

    spec: Spec
    ready: str
    settings: Callable[[int], Mapping[str, str]]
    bring_about: Callable[[str], None]
    load: Callable[[str, Path], AbstractContextManager[object]]
    alerts: tuple[str, ...]
    variables: frozenset[str]
    still_zero: Mapping[str, str]
    values: Mapping[str, Sequence[str]]

    @property
    def name(self) -> str:
        """The spec's name, which is the service's as well."""
        return self.spec.name

    @property
    def generated(self) -> Path:
        """The folder that the spec generated."""
        return ROOT / "output" / self.name

    @property
    def command(self) -> tuple[str, ...]:
        """What starts the service."""
        return (sys.executable, "-m", f"service.{self.name}")


@contextmanager
def _cad_load(url: str, folder: Path) -> Iterator[None]:
    """The load without the administrator's token: it would put random faults between those of the situations."""
    command = [*(sys.executable, "-m", "service.cad_ml_platform.load"), "--url", url, "--rate", "15"]
    command += ["--seconds", str(_LOAD_SECONDS)]
    env = {"PYTHONPATH": str(ROOT), "ADMIN_TOKEN": ""}
    with running("the load", command, folder / "load.log", env=env) as process:
        yield
        process.must_run()


CAD_ML_PLATFORM = System(
    spec=cad_ml_platform,
    ready="/ready",
    settings=lambda port: {
        "HOST": "127.0.0.1",
        "PORT": str(port),
        "LOG_LEVEL": "CRITICAL",
        "ADMIN_TOKEN": _TOKEN,
        **cad_situations.SETTINGS,
    },
    bring_about=lambda url: cad_situations.bring_about(url, _TOKEN),
    load=_cad_load,
    alerts=cad_situations.ALERTS,
    variables=frozenset({"job", "instance", "provider"}),
    still_zero={"Platform Overview / Throughput / C": "the usual traffic at this hour is 0 on the first day"},
    values={"provider": VISION_PROVIDERS},
)
SNAKEPIT = System(
    spec=snakepit,
    ready="/health/ready",
    settings=lambda port: {"SNAKEPIT_PORT": str(port), **snakepit_situations.SETTINGS},
    bring_about=snakepit_situations.bring_about,
    load=lambda url, folder: snakepit_situations.under_load(url),
    alerts=snakepit_situations.ALERTS,
    variables=frozenset({"job", "instance", "pool_name", "command"}),
    still_zero={"Workers and Queue / Telemetry Dropped / A": "nothing is dropped by a service that is right"},
    values={"pool_name": ("default", "batch")},
)
SYSTEMS = (CAD_ML_PLATFORM, SNAKEPIT)
