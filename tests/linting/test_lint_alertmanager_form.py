"""The form of Alertmanager configurations, judged beside amtool, which refuses what Alertmanager refuses."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from promspec.linting.lint import lint

GOOD = """
global: {resolve_timeout: 5m, smtp_smarthost: "127.0.0.1:25", smtp_from: a@example.org}
route:
  receiver: team
  group_by: ['...']
  group_wait: 30s
  routes:
    - receiver: team
      matchers: ['severity="critical"']
      mute_time_intervals: [nights]
time_intervals:
  - name: nights
    time_intervals: [{times: [{start_time: '22:00', end_time: '24:00'}], weekdays: ['monday:friday', sunday]}]
receivers:
  - name: team
    email_configs: [{to: team@example.org, auth_password_file: /etc/secret, require_tls: false}]
    webhook_configs: [{url: "http://127.0.0.1:5001/", send_resolved: false, max_alerts: 3}]
    slack_configs: [{api_url: "http://127.0.0.1:5001/", channel: '#a', pretext: a, short_fields: true}]
    pagerduty_configs: [{routing_key: a, client: b, client_url: "http://127.0.0.1/", details: {a: b}}]
    opsgenie_configs: [{api_key: a, api_url: "http://127.0.0.1/", update_alerts: true, note: a}]
"""
BROKEN = {
    "group_wait: 30s": ("group_wait: 30 s", "group_wait: '30 s' is no duration"),
    "resolve_timeout: 5m": ("resolve_timeout: 5 minutes", "resolve_timeout: '5 minutes' is no duration"),
    "webhook_configs": ("webhook_config", "a receiver has no field webhook_config"),
    "max_alerts": ("max_alert", "one of the webhook_configs has no field max_alert"),
    "smtp_smarthost": ("smtp_smart_host", "global has no field smtp_smart_host"),
    "group_by": ("groupby", "a route has no field groupby"),
    "sunday": ("sonday", "'sonday' is no day of the week"),
    "'22:00'": ("'22.00'", "'22.00' is no time"),
    "'24:00'": ("'06:00'", "the interval ends at 06:00, before it begins at 22:00"),
}


def _said(path: Path, text: str) -> list[str]:
    path.write_text(text, encoding="utf-8")
    return [problem.summary for problem in lint([str(path)], []).problems]


def _accepted(path: Path) -> bool:
    return subprocess.run(["amtool", "check-config", str(path)], capture_output=True, check=False).returncode == 0


def test_what_alertmanager_takes_is_not_complained_of(tmp_path: Path) -> None:
    path = tmp_path / "alertmanager.yml"
    assert _said(path, GOOD) == []
    assert _accepted(path)


@pytest.mark.parametrize("right", BROKEN)
def test_what_alertmanager_refuses_is_told_of(right: str, tmp_path: Path) -> None:
    wrong, summary = BROKEN[right]
    path = tmp_path / "alertmanager.yml"
    assert _said(path, GOOD.replace(right, wrong)) == [summary]
    assert not _accepted(path)
