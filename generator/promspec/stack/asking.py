"""What the Prometheus of a stack says of its targets, its rules and its Alertmanager."""

from __future__ import annotations

import json
import urllib.request
from typing import Any

_SILENT = (OSError, ValueError, LookupError, TypeError)


def summary(url: str) -> dict[str, str]:
    """What `says`: targets that are up, rules that are evaluated, alerts that fire; and what is its `trouble`."""
    try:
        targets = _targets(url)
        rules = [rule for group in _data(f"{url}/api/v1/rules")["groups"] for rule in group["rules"]]
    except _SILENT as error:
        return {"trouble": f"its API does not answer: {error}"}
    up = sum(target["health"] == "up" for target in targets)
    bad = [f"{rule['name']}: {rule.get('lastError', '')}" for rule in rules if rule["health"] == "err"]
    firing = sorted({rule["name"] for rule in rules if rule.get("state") == "firing"})
    waiting = sum(target["health"] == "unknown" for target in targets)
    later = f" ({waiting} not scraped yet)" if waiting else ""
    scraped = f"{up} of {len(targets)} targets up{later}" if targets else "no target found yet (it takes five seconds)"
    said = f"{scraped}, {len(rules)} rules"
    return {
        "trouble": "; ".join([*_down(targets), *bad]),
        "says": said + (f", firing: {', '.join(firing)}" if firing else ""),
    }


def unscraped(url: str) -> str:
    """Why not every target is scraped and its samples there to be queried; empty if they are."""
    try:
        targets = _targets(url)
        seen = _data(f"{url}/api/v1/query?query=up")["result"]
    except _SILENT as error:
        return f"its API does not answer: {error}"
    if not targets:
        return "it has no targets"
    if down := _down(targets):
        return "; ".join(down)
    return "" if len(seen) >= len(targets) and all(each["value"][1] == "1" for each in seen) else "not yet scraped"


def unloaded(url: str) -> str:
    """Why rules are not evaluated or alerts reach nobody; empty if all is well."""
    try:
        rules = [rule for group in _data(f"{url}/api/v1/rules")["groups"] for rule in group["rules"]]
        known = _data(f"{url}/api/v1/alertmanagers")["activeAlertmanagers"]
    except _SILENT as error:
        return f"its API does not answer: {error}"
    if not rules:
        return "it has not loaded its rules"
    return "" if known else "it knows no Alertmanager"


def _targets(url: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = _data(f"{url}/api/v1/targets?state=active")["activeTargets"]
    return found


def _down(targets: list[dict[str, Any]]) -> list[str]:
    return [f"{each['scrapeUrl']}: {each['lastError']}" for each in targets if each["health"] == "down"]


def _data(url: str) -> Any:
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with opener.open(url, timeout=10) as answer:  # nosec B310 - an http address of our own
        return json.load(answer)["data"]
