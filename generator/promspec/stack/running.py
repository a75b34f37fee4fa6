"""`up`, `down`, `status`: the whole stack of one generated folder."""

from __future__ import annotations

import json
import shutil
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from promspec import promtool
from promspec.binaries import outdated
from promspec.stack import asking, compressing, configuring, docker, history, instances, processes, state
from promspec.stack.history import Budgeted
from promspec.stack.model import Command, Part, StackError, Wanted

_READY = 60.0
_SETTLING = 30.0
_CONFIG = "configuration"
_RETENTION = "400d"
"""Of a history: Prometheus' own 15 days would delete it at the start."""


@dataclass(frozen=True, slots=True)
class Look:
    """What is seen of a part: empty `trouble` is good; `says` is what it has to tell."""

    name: str
    url: str
    trouble: str
    says: str = ""


def up(spec: str, generated: Path, wanted: Wanted, slos: Sequence[Budgeted] = (), *, place: str = "") -> list[Part]:
    """Start everything and wait until it is ready; what was started is ended again if a part is not.

    `place` is the name by which this stack is remembered, if it is not the spec's. On a clock that is faster than the
    wall's the rules are loaded only by `load_rules`.
    Raises StackError, `promtool.ToolMissing` and `promtool.ToolFailed`.
    """
    name = place or spec
    with state.held(name):
        if any(processes.runs(part) for part in state.parts_of(name)):
            raise StackError("it runs already: promspec stack status, or promspec stack down first")
        folder = state.folder_of(name).resolve()
        if not wanted.docker:
            _refuse_outdated(generated, wanted)
        chosen = _with_ports(wanted)
        commands = _commands(name, generated, chosen, folder)
        parts: list[Part] = []
        try:
            for command in commands:
                if command.name == "prometheus" and (wanted.history or wanted.past):
                    history.backfill(spec, slos, wanted, folder)  # at last: recording goes on where it ends
                parts.append(processes.start(command))
                state.remember(name, parts)
                processes.wait_until_ready(parts[-1], _READY)
        except BaseException:
            processes.stop(parts)
            docker.remove(name, folder)
            state.remember(name, [])
            raise
        return parts


def _refuse_outdated(generated: Path, wanted: Wanted) -> None:
    """A Prometheus that cannot read a rule would not start, and its log alone would say why."""
    rules = configuring.each_rule(generated, wanted)
    unread = outdated("prometheus", [expr for _, expr in rules], wanted.features)
    names = [name for name, expr in rules if expr in unread]
    if names:
        more = f", and {len(names) - 1} more" if len(names) > 1 else ""
        reason = next(unread[expr] for _, expr in rules if expr in unread)
        raise StackError(f"{names[0]}: {reason}{more}; put a newer Prometheus on PATH")


def load_rules(place: str) -> str:
    """Let Prometheus load its rules once it scrapes every target, and wait until it knows Alertmanager again.

    It finds its targets five seconds after its start: on a fast clock minutes, in which all of them would be missed.
    Gives what is not ready after half a minute; empty if all is well.
    """
    part = next(part for part in state.parts_of(place) if part.name == "prometheus")
    trouble = _waited(lambda: asking.unscraped(part.url))
    config = state.folder_of(place) / _CONFIG / "prometheus.yml"
    configuring.with_rules(config)
    processes.reload(part)
    return trouble or _waited(lambda: asking.unloaded(part.url))


def _waited(trouble: Callable[[], str]) -> str:
    ends = time.monotonic() + _SETTLING
    while (said := trouble()) and time.monotonic() < ends:
        time.sleep(0.1)
    return said


def start_service(place: str, wanted: Wanted, name: str = "service") -> None:
    """Start an instance of a running stack's service again, where it was. Raises StackError if it is not ready."""
    parts = state.parts_of(place)
    index, was = next((index, part) for index, part in enumerate(parts) if part.name == name)
    port = int(was.url.rpartition(":")[2])
    part = processes.start(instances.command(wanted, name, port, state.folder_of(place).resolve()))
    state.remember(place, [*parts[:index], part, *parts[index + 1 :]])
    processes.wait_until_ready(part, _READY)


def down(spec: str, keep_data: bool = False) -> list[str]:
    """End every part, and remove data and logs; gives the names of those that ran."""
    with state.held(spec):
        parts = state.parts_of(spec)
        names = [part.name for part in parts if processes.runs(part)]
        processes.stop(parts)
        docker.remove(spec, state.folder_of(spec).resolve())
        state.remember(spec, [])
        if not keep_data:
            for child in state.folder_of(spec).iterdir():
                if child.is_dir():
                    shutil.rmtree(child, ignore_errors=True)
                elif child.name != "lock":
                    child.unlink(missing_ok=True)
        return names


def status(spec: str) -> list[Look]:
    """What is seen of every part, and of what Prometheus says of targets and rules."""
    looks = []
    for part in state.parts_of(spec):
        trouble = processes.answers(part)
        look = Look(part.name, part.url, trouble)
        if not trouble and part.name == "prometheus":
            look = replace(look, **asking.summary(part.url))
        looks.append(look)
    return looks


def pages(spec: str) -> list[dict[str, Any]]:
    """Every notification that the pager took, oldest first, with `received_at` in seconds since 1970."""
    try:
        text = _pages_file(state.HOME / spec).read_text(encoding="utf-8")
    except OSError:
        return []
    whole, _, _ = text.rpartition("\n")  # the last line may be half written
    return [json.loads(line) for line in whole.splitlines() if line.strip()]


def _pages_file(folder: Path) -> Path:
    return folder / "pages.jsonl"


def _with_ports(wanted: Wanted) -> Wanted:
    """The ports, all of them free, chosen where the user leaves it open."""
    asked = [wanted.prometheus_port, wanted.alertmanager_port, wanted.pager_port]
    prometheus, alertmanager, pager = (processes.free_port(wanted.host, port) for port in asked)
    grafana = processes.free_port(wanted.host, wanted.grafana_port) if wanted.docker else -1  # nobody's
    services = instances.ports(wanted)
    if len({prometheus, alertmanager, pager, grafana, *services}) < 4 + len(services):
        raise StackError("two parts would listen on the same port: give each its own")
    return replace(
        wanted,
        prometheus_port=prometheus,
        alertmanager_port=alertmanager,
        pager_port=pager,
        service_ports=services,
        grafana_port=grafana,
    )


def _commands(name: str, generated: Path, wanted: Wanted, folder: Path) -> list[Command]:
    host = instances.host_of(wanted)
    pager = f"{host}:{wanted.pager_port}"
    alertmanager = f"{host}:{wanted.alertmanager_port}"
    config = _configured(generated, wanted, folder / _CONFIG, alertmanager, f"http://{pager}/")
    commands = []
    if wanted.service:
        numbered = enumerate(wanted.service_ports, start=1)
        commands += [instances.command(wanted, instances.name_of(number), port, folder) for number, port in numbered]
    if not wanted.webhook and not wanted.real_receivers:
        own = (sys.executable, "-m", "promspec.stack.pager", wanted.host, str(wanted.pager_port))
        file = str(_pages_file(folder))
        commands.append(Command("pager", (*own, file), f"http://{pager}", "/", folder / "logs" / "pager.log"))
    prometheus = f"{host}:{wanted.prometheus_port}"
    watching = [_alertmanager(config, folder, alertmanager), _prometheus_command(config, folder, prometheus, wanted)]
    if not wanted.docker:
        return [*commands, *(replace(each, arguments=(_binary(each.name), *each.arguments[1:])) for each in watching)]
    for data in ("alertmanager-data", "prometheus-data"):
        (folder / data).mkdir(exist_ok=True)
    grafana = f"{host}:{wanted.grafana_port}"
    return [*commands, *docker.containers(name, generated, folder, watching, grafana, f"http://{prometheus}")]


def _binary(name: str) -> str:
    return str(promtool.find(name))


def _alertmanager(config: Path, folder: Path, address: str) -> Command:
    arguments = (
        "alertmanager",
        f"--config.file={config / 'alertmanager.yml'}",
        f"--storage.path={folder / 'alertmanager-data'}",
        f"--web.listen-address={address}",
        "--cluster.listen-address=",
        "--log.level=warn",
    )
    log = folder / "logs" / "alertmanager.log"
    return Command("alertmanager", arguments, f"http://{address}", "/-/ready", log, folder=config)


def _prometheus_command(config: Path, folder: Path, address: str, wanted: Wanted) -> Command:
    arguments = (
        "prometheus",
        f"--config.file={config / 'prometheus.yml'}",
        f"--storage.tsdb.path={folder / 'prometheus-data'}",
        f"--web.listen-address={address}",
        "--web.console.templates=",
        "--web.console.libraries=",
        "--log.level=warn",
        *((f"--storage.tsdb.retention.time={_RETENTION}",) if wanted.past else ()),
        *(compressing.flags(wanted.speed) if wanted.speed > 1 else ()),
        *promtool.enabling(wanted.features),
    )
    log = folder / "logs" / "prometheus.log"
    return Command("prometheus", arguments, f"http://{address}", "/-/ready", log, folder=config)


def _configured(generated: Path, wanted: Wanted, config: Path, alertmanager: str, pager: str) -> Path:
    """The folder with all that Prometheus and Alertmanager read."""
    content = configuring.prometheus_config(generated, wanted, instances.targets(wanted), alertmanager)
    configuring.written(config / "prometheus.yml", content if wanted.speed == 1 else {**content, "rule_files": []})
    for name in configuring.RULES:
        configuring.written(config / name, configuring.rules(generated, name, wanted))
    secrets = config / "secrets"
    routes = configuring.alertmanager_config(generated, wanted, wanted.webhook or pager, secrets)
    configuring.written(config / "alertmanager.yml", routes)
    template = generated / "alertmanager.tmpl"
    if template.exists():
        shutil.copyfile(template, config / "alertmanager.tmpl")
    return config
