"""The same stack in containers: the generated compose file, changed in what a local stack must change.

The containers share the network of the host: they listen on its loopback alone, and reach a service and a pager there.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from promspec.stack.configuring import read, written
from promspec.stack.model import Command, StackError

_FILE = "compose.yml"
_PULL_SECONDS, _SECONDS = 600.0, 60.0


def absent() -> str:
    """Why Docker cannot be used; empty if it can: its command, its compose plugin and its daemon answer."""
    if shutil.which("docker") is None:
        return "docker is not on PATH"
    for arguments in (("compose", "version"), ("version", "--format", "{{.Server.Version}}")):
        done = _run(arguments, _SECONDS)
        if done.returncode:
            return f"docker {arguments[0]} fails: {_last(done)}"
    return ""


def containers(
    spec: str, generated: Path, folder: Path, own: Sequence[Command], address: str, prometheus: str
) -> list[Command]:
    """The parts as containers: those of `own` (how they start without Docker), and Grafana at an address of its own.

    Writes the compose file, and fetches the images. Raises StackError.
    """
    compose = read(generated / "deployment" / "docker-compose.yml")["services"]
    services = {part.name: _service(compose[part.name]["image"], part, folder) for part in own}
    made = [*own]
    if "grafana" in compose:
        log = folder / "logs" / "grafana.log"
        made.append(Command("grafana", (), f"http://{address}", "/api/health", log))
        services["grafana"] = _grafana(compose["grafana"], generated, folder, address, prometheus)
    file = written(folder / _FILE, {"services": services})
    start = _compose(spec, file)
    done = _run((*start[1:], "pull", "--policy", "missing", "--quiet"), _PULL_SECONDS)
    if done.returncode:
        raise StackError(f"the images cannot be fetched: {_last(done)}")
    return [
        Command(part.name, (*start, "up", "--no-deps", "--no-log-prefix", part.name), part.url, part.ready, part.log)
        for part in made
    ]


def remove(spec: str, folder: Path) -> None:
    """Remove the containers of a stack, if it had any, with what they kept."""
    if (folder / _FILE).exists() and shutil.which("docker") is not None:
        _run((*_compose(spec, folder / _FILE)[1:], "down", "--volumes", "--remove-orphans"), _SECONDS)


def _compose(spec: str, file: Path) -> tuple[str, ...]:
    return ("docker", "compose", "--project-name", f"promspec-{spec}", "--file", str(file))


def _service(image: str, part: Command, folder: Path) -> dict[str, Any]:
    return {
        "image": image,
        "network_mode": "host",
        "user": f"{os.getuid()}:{os.getgid()}",  # for what it writes below our folder
        "command": [_literal(word) for word in part.arguments[1:]],
        "volumes": [_bind(folder, folder)],
    }


def _grafana(compose: dict[str, Any], generated: Path, folder: Path, address: str, prometheus: str) -> dict[str, Any]:
    host, _, port = address.rpartition(":")
    provisioning = generated / "dashboards" / "provisioning"
    sources = read(provisioning / "datasources.yml")
    for source in sources["datasources"]:
        source["url"] = prometheus
    file = written(folder / "configuration" / "datasources.yml", sources)
    (target,) = {each["options"]["path"] for each in read(provisioning / "dashboards.yml")["providers"]}
    inside = Path("/etc/grafana/provisioning")
    return {
        "image": compose["image"],
        "network_mode": "host",
        "environment": {
            **compose["environment"],
            "GF_SERVER_HTTP_ADDR": host.strip("[]"),
            "GF_SERVER_HTTP_PORT": port,
        },
        "volumes": [
            _bind(file, inside / "datasources" / "promspec.yml", True),
            _bind(provisioning / "dashboards.yml", inside / "dashboards" / "promspec.yml", True),
            _bind(generated / "dashboards", Path(target), True),
        ],
    }


def _bind(source: Path, target: Path, read_only: bool = False) -> dict[str, Any]:
    """A mount in the long form, in which no colon of a path divides it."""
    kept = {"read_only": True} if read_only else {}
    return {"type": "bind", "source": _literal(str(source.resolve())), "target": _literal(str(target)), **kept}


def _literal(text: str) -> str:
    """A text in which no `$` begins a variable."""
    return text.replace("$", "$$")


def _run(arguments: Sequence[str], seconds: float) -> subprocess.CompletedProcess[str]:
    try:
        return subprocess.run(
            ("docker", *arguments), capture_output=True, text=True, errors="replace", check=False, timeout=seconds
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        return subprocess.CompletedProcess(("docker", *arguments), 1, "", str(error))


def _last(done: subprocess.CompletedProcess[str]) -> str:
    lines = (done.stderr or done.stdout).strip().splitlines()
    return lines[-1] if lines else f"exit code {done.returncode}"
