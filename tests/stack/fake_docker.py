"""A stand-in for docker with its compose plugin: it keeps what it was asked, and runs "containers" as local processes.

A compose file must keep compose-spec's schema. Only what is mounted at its own path can be read, as in a container;
Grafana is a page that answers. Usage: fake_docker.py RECORD arguments of docker…
"""

from __future__ import annotations

import json
import os
import sys
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import yaml

from tests.support.schemas import compose_complaints

_IMAGES = {"prom/prometheus": "prometheus", "prom/alertmanager": "prometheus-alertmanager"}


def main(record: Path, arguments: list[str]) -> int:
    """Do what docker would; the exit code is docker's."""
    with record.open("a", encoding="utf-8") as lines:
        lines.write(json.dumps(arguments) + "\n")
    broken = os.environ.get("FAKE_DOCKER_BROKEN", "")
    if broken and broken in arguments:
        sys.stderr.write("noise\nCannot connect to the Docker daemon\n")
        return 1
    if arguments[0] == "version" or arguments == ["compose", "version"]:
        return 0
    assert arguments[:2] == ["compose", "--project-name"], arguments
    assert arguments[3] == "--file", arguments
    compose = yaml.safe_load(Path(arguments[4]).read_text(encoding="utf-8"))
    assert compose_complaints(compose) == []
    if arguments[5] == "up":
        return _up(compose["services"][arguments[-1]])
    assert arguments[5] in ("pull", "down"), arguments
    return 0


def _up(service: dict[str, Any]) -> int:
    for mount in service["volumes"]:
        assert Path(_read(mount["source"])).exists(), mount
    image, _, tag = service["image"].rpartition(":")
    assert tag, "an image without a version"
    if image == "grafana/grafana":
        return _grafana(service)
    words = [_read(word) for word in service["command"]]
    mounted = [_read(mount["target"]) for mount in service["volumes"] if mount["source"] == mount["target"]]
    paths = [word.partition("=")[2] for word in words if word.partition("=")[2].startswith("/")]
    assert paths
    assert all(any(path.startswith(each) for each in mounted) for path in paths), (paths, mounted)
    os.execvp(_IMAGES[image], [_IMAGES[image], *words])


def _read(text: str) -> str:
    """What compose makes of a text: `$$` is a dollar, and a variable would be empty."""
    assert text.replace("$$", "").count("$") == 0, text
    return text.replace("$$", "$")


def _grafana(service: dict[str, Any]) -> int:
    mounts = {mount["target"]: Path(_read(mount["source"])) for mount in service["volumes"]}
    provisioning = "/etc/grafana/provisioning"
    sources = yaml.safe_load(mounts[f"{provisioning}/datasources/promspec.yml"].read_text(encoding="utf-8"))
    boards = yaml.safe_load(mounts[f"{provisioning}/dashboards/promspec.yml"].read_text(encoding="utf-8"))
    folder = mounts[boards["providers"][0]["options"]["path"]]
    seen = {
        "prometheus": sources["datasources"][0]["url"],
        "dashboards": sorted(each.name for each in folder.glob("*.json")),
    }

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            found = {"/api/health": {"database": "ok"}, "/seen": seen}.get(self.path)
            body = json.dumps(found).encode()
            self.send_response(200 if found else 404)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

    where = service["environment"]
    HTTPServer((where["GF_SERVER_HTTP_ADDR"], int(where["GF_SERVER_HTTP_PORT"])), Handler).serve_forever()
    return 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), sys.argv[2:]))
