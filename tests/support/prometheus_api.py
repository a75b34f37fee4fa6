"""Asks a running Prometheus through its HTTP API."""

from __future__ import annotations

import math
import time
from dataclasses import dataclass
from typing import Any

import httpx


class Refused(AssertionError):
    """Prometheus did not accept or finish a query."""


@dataclass(frozen=True, slots=True)
class Series:
    """One series of an answer."""

    labels: dict[str, str]
    values: tuple[float, ...]

    @property
    def finite(self) -> bool:
        """Whether there are values, and none is NaN or infinite."""
        return bool(self.values) and all(math.isfinite(value) for value in self.values)


class Prometheus:
    """The API of one server."""

    def __init__(self, url: str) -> None:
        self._client = httpx.Client(base_url=f"{url}/api/v1", timeout=20.0, trust_env=False)

    def close(self) -> None:
        """Close its connections."""
        self._client.close()

    def get(self, path: str, **params: Any) -> Any:
        """The `data` of an answer. Raises `Refused` with the server's own words."""
        answer = self._client.get(path, params=params).json()
        if answer["status"] != "success":
            raise Refused(f"{answer.get('errorType')}: {answer.get('error')}")
        return answer["data"]

    def instant(self, query: str) -> list[Series]:
        """The value of every series of a query now."""
        data = self.get("/query", query=query)
        if data["resultType"] in ("scalar", "string"):
            return [Series({}, (float(data["result"][1]),))]
        return [Series(each["metric"], (float(each["value"][1]),)) for each in data["result"]]

    def over(self, query: str, seconds: float, step: float) -> list[Series]:
        """The values of every series of a query over the last `seconds`, `step` seconds apart."""
        now = time.time()
        data = self.get("/query_range", query=query, start=now - seconds, end=now, step=step)
        return [Series(each["metric"], tuple(float(v) for _, v in each["values"])) for each in data["result"]]

    def label_values(self, label: str, selector: str) -> list[str]:
        """The values of a label among the selected series."""
        values: list[str] = self.get(f"/label/{label}/values", **{"match[]": selector})
        return values

    def groups(self) -> list[dict[str, Any]]:
        """The rule groups as loaded, with the state of every rule."""
        groups: list[dict[str, Any]] = self.get("/rules")["groups"]
        return groups

    def alerts(self) -> list[dict[str, Any]]:
        """The pending and firing alerts, with their labels and expanded annotations."""
        alerts: list[dict[str, Any]] = self.get("/alerts")["alerts"]
        return alerts

    def targets(self) -> list[dict[str, Any]]:
        """The scrape targets."""
        targets: list[dict[str, Any]] = self.get("/targets")["activeTargets"]
        return targets
