"""What would be sent to Grafana's API and to a ruler, with a diff; and the sending.

Sources: https://grafana.com/docs/grafana/latest/developers/http_api/dashboard/ and
https://grafana.com/docs/mimir/latest/references/http-api/ (ruler; Cortex and Loki have the same).
"""

from __future__ import annotations

import difflib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

import yaml

from promspec.fetching.access import Access, basic, masked
from promspec.fetching.addresses import Unanswered, address, joined
from promspec.fetching.fetch import fetch, sound
from promspec.fetching.words import plain
from promspec.live.comparing import differences
from promspec.live.deployed import Deployed
from promspec.live.other_drift import comparable, loaded_dashboard
from promspec.live.same_query import same_query
from promspec.plan.rules import in_one_file
from promspec.render.rules import groups
from promspec.render.yaml import dump

_RULES = "/prometheus/config/v1/rules"
_WORDS = 300


@dataclass(frozen=True, slots=True)
class Change:
    """One thing to send: what it is, what happens to it, how it differs from what is there, and the request."""

    what: str
    action: str
    diff: str
    method: str
    url: str
    body: bytes = b""
    type: str = ""


def send(change: Change, access: Access) -> None:
    """Send one change; raises Unanswered, with the server's own words: a ruler names the limit that is exceeded."""
    headers = [("Content-Type", change.type)] if change.type else []
    answer = fetch(change.url, access, method=change.method, body=change.body or None, headers=headers)
    said = masked(answer.body[:_WORDS].decode("utf-8", "replace").strip(), _credentials(change, access))
    if answer.status >= 400 and said:
        raise Unanswered(f"{answer.url} answers {answer.status_text}: {plain(said, _WORDS)}", final=True)
    sound(answer)


def _credentials(change: Change, access: Access) -> list[tuple[str, str]]:
    where = address(change.url)
    return [*access.headers, *([basic(where.user, where.password)] if where.password else [])]


def grafana_changes(wanted: Deployed, base: str, access: Access, folder_uid: str = "") -> Iterator[Change]:
    """The dashboards that are new or differ; raises Unanswered."""
    url = joined(base, "/api/dashboards/db")
    for uid, dashboard in wanted.dashboards.items():
        found, made = loaded_dashboard(base, uid, access), comparable(dashboard)
        if found is not None and not list(differences(made, found)):
            continue
        body = {"dashboard": {**made, "id": None}, "overwrite": True, "message": "promspec push"}
        body |= {"folderUid": folder_uid} if folder_uid else {}
        diff = _diff(_shown(comparable(found)) if found is not None else "", _shown(made), uid)
        what, action = f"dashboard {dashboard['title']} ({uid})", "create" if found is None else "update"
        yield Change(what, action, diff, "POST", url, json.dumps(body).encode(), "application/json")


def ruler_changes(wanted: Deployed, base: str, namespace: str, access: Access, prune: bool) -> Iterator[Change]:
    """The rule groups that are new or differ, and with `prune` those to delete; raises Unanswered."""
    url = joined(base, f"{_RULES}/{quote(namespace, safe='')}")
    loaded = {str(group.get("name")): group for group in _loaded(url, namespace, access)}
    made = {group["name"]: group for group in groups(in_one_file(wanted.groups))}
    for name, group in made.items():
        found = loaded.get(name)
        if found is not None and _same(group, found):
            continue
        diff = _diff(dump(found) if found is not None else "", dump(group), name)
        action = "create" if found is None else "update"
        yield Change(f"rule group {name}", action, diff, "POST", url, dump(group).encode(), "application/yaml")
    for name in [name for name in loaded if prune and name not in made]:
        yield Change(
            f"rule group {name}",
            "delete",
            _diff(dump(loaded[name]), "", name),
            "DELETE",
            joined(url, quote(name, safe="")),
        )


def _loaded(url: str, namespace: str, access: Access) -> list[dict[str, Any]]:
    answer = fetch(url, access, headers=[("Accept", "application/yaml")])
    if answer.status == 404:
        return []
    try:
        document = yaml.safe_load(sound(answer).body)
    except (yaml.YAMLError, UnicodeDecodeError, RecursionError):
        document = None
    if not isinstance(document, dict) or not isinstance(document.get(namespace), list):
        raise Unanswered(f"{answer.url} does not answer as a ruler does", final=True)
    return [group for group in document[namespace] if isinstance(group, dict)]


def _same(made: dict[str, Any], found: dict[str, Any]) -> bool:
    """Whether a loaded group means what is generated."""
    rules, others = made["rules"], found.get("rules")
    if not isinstance(others, list) or len(rules) != len(others):
        return False
    if list(differences({"interval": made["interval"]}, found)):
        return False
    return all(isinstance(other, dict) and _same_rule(rule, other) for rule, other in zip(rules, others, strict=True))


def _same_rule(rule: dict[str, Any], other: dict[str, Any]) -> bool:
    texts = [{key: value for key, value in each.items() if key != "expr"} for each in (rule, other)]
    exact = all(texts[0].get(key, {}) == texts[1].get(key, {}) for key in ("labels", "annotations"))
    rest = list(differences(texts[0], texts[1])) + [key for key in texts[1] if key not in texts[0] and texts[1][key]]
    return exact and not rest and same_query(rule["expr"], str(other.get("expr", "")))


def _shown(dashboard: dict[str, Any]) -> str:
    return json.dumps(dashboard, indent=2, ensure_ascii=False, sort_keys=True) + "\n"


def _diff(before: str, after: str, name: str) -> str:
    names = f"loaded/{name}", f"generated/{name}"
    return "\n".join(difflib.unified_diff(before.splitlines(), after.splitlines(), *names, lineterm="")) + "\n"
