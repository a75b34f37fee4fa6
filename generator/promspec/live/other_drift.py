"""The configuration of a running Alertmanager and the dashboards of a Grafana beside those of the spec."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import yaml

from promspec.fetching.access import Access
from promspec.fetching.addresses import Unanswered, joined
from promspec.fetching.fetch import fetch, json_answer, sound
from promspec.fetching.words import listed
from promspec.live.comparing import differences
from promspec.live.contract import Violation
from promspec.live.deployed import Deployed

_OWN = ("id", "version")
"""What Grafana counts itself."""


def alertmanager_drift(wanted: Deployed, base: str, access: Access) -> Iterator[Violation]:
    """What differs in the routes, receivers and inhibitions; raises Unanswered."""
    status = json_answer(joined(base, "/api/v2/status"), access)
    try:
        loaded = yaml.safe_load(status["config"]["original"])
    except (TypeError, KeyError, yaml.YAMLError, RecursionError):
        raise Unanswered("/api/v2/status does not answer as an Alertmanager does", final=True) from None
    for key in [each for each in ("route", "receivers", "inhibit_rules") if each in wanted.alertmanager]:
        found = list(differences({key: wanted.alertmanager[key]}, loaded))
        if found:
            text = f"in Alertmanager {key} is not as in the spec: {listed(found, 3)}"
            yield wanted.drift("drift/route", "routing", text, "load the generated alertmanager.yml", aspect=key)


def grafana_drift(wanted: Deployed, base: str, access: Access) -> Iterator[Violation]:
    """The dashboards that are missing or differ; raises Unanswered."""
    for uid, dashboard in wanted.dashboards.items():
        found = loaded_dashboard(base, uid, access)
        title = dashboard["title"]
        if found is None:
            text = f"the dashboard {title} ({uid}) is not there"
            yield wanted.drift("drift/dashboard-missing", uid, text, "provision it, or send it with promspec push")
            continue
        different = list(differences(comparable(dashboard), found))
        if different:
            text = f"the dashboard {title} ({uid}) was changed: {listed(different, 3)}"
            yield wanted.drift("drift/dashboard-differs", uid, text, "put the change into the spec, or send it again")


def loaded_dashboard(base: str, uid: str, access: Access) -> dict[str, Any] | None:
    """A dashboard as Grafana has it, if it has it; raises Unanswered."""
    answer = fetch(joined(base, f"/api/dashboards/uid/{uid}"), access, headers=[("Accept", "application/json")])
    if answer.status == 404:
        return None
    try:
        dashboard = json.loads(sound(answer).body)["dashboard"]
    except Unanswered:
        raise
    except (ValueError, KeyError, TypeError, RecursionError):
        dashboard = None
    if not isinstance(dashboard, dict):
        raise Unanswered(f"{answer.url} does not answer as a Grafana does", final=True)
    return dashboard


def comparable(dashboard: dict[str, Any]) -> dict[str, Any]:
    """A dashboard without what Grafana counts itself."""
    return {key: value for key, value in dashboard.items() if key not in _OWN}
