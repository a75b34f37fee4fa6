"""Fakes of Grafana's dashboard API and of Mimir's ruler, after their documentation; the real ones are not here."""

from __future__ import annotations

import contextlib
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import unquote

import yaml


@dataclass
class Fake:
    """What is stored, and what was asked."""

    url: str = ""
    dashboards: dict[str, dict[str, Any]] = field(default_factory=dict)
    folders: dict[str, str] = field(default_factory=dict)
    namespaces: dict[str, dict[str, dict[str, Any]]] = field(default_factory=dict)
    asked: list[tuple[str, str, str]] = field(default_factory=list)
    refuse: int = 0
    words: str = "no"
    rules_per_group: int = 0
    rule_groups: int = 0

    def answer(self, method: str, path: str, body: bytes) -> tuple[int, str, bytes]:
        """Status, content type and body."""
        if self.refuse and method != "GET":
            return self.refuse, "application/json", self.words.encode()
        words = [unquote(word) for word in path.strip("/").split("/")]
        if words[:3] == ["api", "dashboards", "uid"]:
            return self._dashboard(words[3])
        if words == ["api", "dashboards", "db"] and method == "POST":
            return self._saved(json.loads(body))
        if words[:4] == ["prometheus", "config", "v1", "rules"]:
            return self._ruler(method, words[4:], body)
        return 404, "text/plain", b"no"

    def _dashboard(self, uid: str) -> tuple[int, str, bytes]:
        if uid not in self.dashboards:
            return 404, "application/json", b'{"message": "Dashboard not found"}'
        document = {"meta": {"folderUid": self.folders.get(uid, "")}, "dashboard": self.dashboards[uid]}
        return 200, "application/json", json.dumps(document).encode()

    def _saved(self, request: dict[str, Any]) -> tuple[int, str, bytes]:
        dashboard = request["dashboard"]
        uid = dashboard["uid"]
        if uid in self.dashboards and not request.get("overwrite"):
            return 412, "application/json", b'{"status": "version-mismatch"}'
        version = self.dashboards.get(uid, {}).get("version", 0) + 1
        self.dashboards[uid] = {**dashboard, "id": len(self.dashboards) + 1, "version": version, "weekStart": ""}
        self.folders[uid] = request.get("folderUid", "")
        return 200, "application/json", json.dumps({"status": "success", "uid": uid, "version": version}).encode()

    def _ruler(self, method: str, words: list[str], body: bytes) -> tuple[int, str, bytes]:
        groups = self.namespaces.get(words[0], {})
        if method == "POST":
            group = yaml.safe_load(body)
            if refused := self._limit(group, groups):
                return 400, "text/plain", refused.encode()
            self.namespaces.setdefault(words[0], {})[group["name"]] = group
            return 202, "application/json", b'{"status": "success"}'
        if method == "DELETE":
            return (202, "application/json", b"{}") if groups.pop(words[1], None) else (404, "text/plain", b"no")
        if not groups:
            return 404, "text/plain", b"no rule groups found"
        return 200, "application/yaml", yaml.safe_dump({words[0]: list(groups.values())}).encode()

    def _limit(self, group: dict[str, Any], groups: dict[str, dict[str, Any]]) -> str:
        """Mimir's refusal, in its words: pkg/ruler/ruler.go, AssertMaxRulesPerRuleGroup, AssertMaxRuleGroups."""
        rules, count = len(group["rules"]), len({*groups, group["name"]})
        if self.rules_per_group and rules > self.rules_per_group:
            return f"per-user rules per rule group limit (limit: {self.rules_per_group} actual: {rules}) exceeded\n"
        if self.rule_groups and count > self.rule_groups:
            return f"per-user rule groups limit (limit: {self.rule_groups} actual: {count}) exceeded\n"
        return ""


@contextmanager
def fake() -> Iterator[Fake]:
    """A Grafana and a ruler on one loopback port."""
    held = Fake()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = self.rfile.read(int(self.headers.get("content-length", 0)))
            held.asked.append((self.command, self.path, self.headers.get("content-type", "")))
            status, type, answer = held.answer(self.command, self.path.partition("?")[0], body)
            self.send_response(status)
            self.send_header("Content-Type", type)
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            with contextlib.suppress(OSError):
                self.wfile.write(answer)

        do_POST = do_DELETE = do_GET

        def log_message(self, format: str, *args: object) -> None:
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        thread.start()
        held.url = f"http://127.0.0.1:{server.server_port}"
        try:
            yield held
        finally:
            server.shutdown()
            thread.join()
