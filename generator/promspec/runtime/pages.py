"""`Pages`: what the health endpoints and `/metrics` answer, for any kind of server."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timezone

from .board import Board, system
from .health import Finding, Probe, Report

PATHS: Mapping[str, str] = {
    "/health": "live",
    "/health/ready": "ready",
    "/health/startup": "startup",
    "/health/detailed": "detailed",
    "/metrics": "metrics",
}
"""Path -> endpoint."""
Scrape = Callable[[str], tuple[bytes, str]]


@dataclass(frozen=True, slots=True)
class Page:
    """An answer over HTTP."""

    status: int
    body: bytes
    content_type: str = "application/json"

    @property
    def headers(self) -> list[tuple[str, str]]:
        """Its headers; no cache may keep it."""
        length = str(len(self.body))
        headers = [("content-type", self.content_type), ("content-length", length), ("cache-control", "no-store")]
        return [*headers, ("allow", "GET, HEAD")] if self.status == 405 else headers


class Pages:
    """The pages of one board; `scrape` gives the exposition for a header `Accept`, and its content type."""

    def __init__(self, board: Board, scrape: Scrape) -> None:
        self.board = board
        self._scrape = scrape

    def endpoint(self, path: str) -> str:
        """The endpoint of a path; empty if there is none, or if it is disabled."""
        found = PATHS.get(path.rstrip("/") or "/", "")
        return "" if found in self.board.disabled else found

    def needs_report(self, endpoint: str) -> bool:
        """Whether the checks must have run: a liveness probe waits for none that cannot change its answer."""
        if endpoint in ("live", "startup"):
            return any(endpoint in check.probes for check in self.board.checks.values())
        return endpoint in ("ready", "detailed")

    def answer(self, method: str, path: str, accept: str = "") -> Page:
        """The answer to a request, computed in this thread."""
        endpoint = self.endpoint(path)
        report = self.board.report() if method in ("GET", "HEAD") and self.needs_report(endpoint) else None
        return self.page(method, endpoint, report, accept)

    def page(self, method: str, endpoint: str, report: Report | None, accept: str = "") -> Page:
        """The answer, once the checks have run. It never raises."""
        if not endpoint:
            return _json(404, {"status": "not_found"})
        if method not in ("GET", "HEAD"):
            return _json(405, {"status": "method_not_allowed"})
        try:
            if endpoint == "metrics":
                return Page(200, *self._scrape(accept))
            return self._health(endpoint, report or Report("ok", (), {}))
        except Exception as error:
            return _json(500, {"status": "error", "reason": type(error).__name__})

    def _health(self, endpoint: str, report: Report) -> Page:
        if endpoint == "live":
            return self._live(report)
        if endpoint == "ready":
            return self._ready(report)
        if endpoint == "startup":
            return self._startup(report)
        return self._detailed(report)

    def _failing(self, report: Report, probe: Probe) -> list[Finding]:
        return [
            found
            for found in report.checks
            if found.status == "error" and probe in self.board.checks[found.name].probes
        ]

    def _reasons(self, found: list[Finding]) -> list[str]:
        return [self.board.checks[each.name].reason for each in found]

    def _live(self, report: Report) -> Page:
        if self.board.is_stopping:
            return _json(503, {"status": "error", "reason": "stopping"})
        failing = self._failing(report, "live")
        if failing:
            return _json(503, {"status": "error", "reason": self._reasons(failing)[0], "checks": _shown(failing)})
        return _json(200, {"status": "ok"})

    def _ready(self, report: Report) -> Page:
        failing = self._failing(report, "ready")
        reasons = ["stopping"] if self.board.is_stopping else []
        reasons += [] if self.board.is_warm(report) else ["starting"]
        reasons += self._reasons(failing)
        body: dict[str, object] = {"status": "not_ready" if reasons else "ready", "health": report.status}
        if reasons:
            body.update(reason=reasons[0], reasons=reasons)
        return _json(503 if reasons else 200, {**body, "checks": _shown(report.checks)})

    def _startup(self, report: Report) -> Page:
        board = self.board
        if board.is_warm(report):
            return _json(200, {"status": "started", "progress": 1.0})
        failing = self._failing(report, "startup")
        body = {"status": "starting", "progress": round(board.done, 4), "message": board.progress_message}
        return _json(503, {**body, "reasons": self._reasons(failing), "checks": _shown(failing)})

    def _detailed(self, report: Report) -> Page:
        facts = {**system(), "uptime_seconds": round(self.board.uptime(), 3)}
        body = {
            "status": report.status,
            "timestamp": datetime.now(timezone.utc).isoformat(timespec="milliseconds"),  # noqa: UP017
            "checks": _shown(report.checks),
            "components": dict(report.components),
            "system": facts,
        }
        return _json(200, {**body, **{name: part for name, part in report.sections.items() if name not in body}})


def _shown(found: tuple[Finding, ...] | list[Finding]) -> list[dict[str, object]]:
    return [each.as_dict() for each in found]


def _json(status: int, body: Mapping[str, object]) -> Page:
    return Page(status, json.dumps(body, ensure_ascii=True, allow_nan=False, default=str).encode("ascii") + b"\n")
