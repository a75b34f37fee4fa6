"""What a local stack changes of the generated configuration, and what it leaves as it was."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from promspec.stack.configuring import alertmanager_config, prometheus_config, rules
from promspec.stack.model import StackError, Wanted
from tests.conftest import ROOT

GENERATED = ROOT / "output" / "cad_ml_platform"
HOOK = "http://127.0.0.1:9094/"


def _generated(name: str) -> dict[str, object]:
    return dict(yaml.safe_load((GENERATED / name).read_text(encoding="utf-8")))


def test_prometheus_scrapes_the_target_of_the_stack_and_keeps_everything_else() -> None:
    config = prometheus_config(GENERATED, Wanted(), ["127.0.0.1:1"], "127.0.0.1:2")
    before = _generated("deployment/prometheus.yml")
    assert config["global"] == before["global"]
    assert config["rule_files"] == ["recording_rules.yml", "alerting_rules.yml"]
    assert config["alerting"] == {"alertmanagers": [{"static_configs": [{"targets": ["127.0.0.1:2"]}]}]}
    (scrape,) = config["scrape_configs"]
    assert scrape["static_configs"] == [{"targets": ["127.0.0.1:1"]}]
    assert (scrape["job_name"], scrape["sample_limit"]) == ("cad-ml-platform", 2400)


def test_an_interval_hastens_scrapes_groups_and_notifications_and_no_wait_of_an_alert() -> None:
    wanted = Wanted(interval="1s")
    assert prometheus_config(GENERATED, wanted, ["a:1"], "b:2")["global"]["evaluation_interval"] == "1s"
    hastened = rules(GENERATED, "alerting_rules.yml", wanted)["groups"]
    before = _generated("alerting_rules.yml")["groups"]
    assert isinstance(before, list)
    assert {group["interval"] for group in hastened if "interval" in group} == {"1s"}
    assert [group["rules"] for group in hastened] == [group["rules"] for group in before]
    route = alertmanager_config(GENERATED, wanted, HOOK, Path("secrets"))["route"]
    assert (route["group_wait"], route["group_interval"], route["repeat_interval"]) == ("1s", "1s", "4h")
    assert [child["group_wait"] for child in route["routes"]] == ["1s", "1s", "1s"]


def test_nobody_is_notified_but_the_webhook_and_routes_and_inhibitions_stay() -> None:
    config = alertmanager_config(GENERATED, Wanted(), HOOK, Path("secrets"))
    before = _generated("alertmanager.yml")
    assert (config["route"], config["inhibit_rules"]) == (before["route"], before["inhibit_rules"])
    assert "global" not in config
    for receiver in config["receivers"]:
        assert receiver == {"name": receiver["name"], "webhook_configs": [{"url": HOOK, "send_resolved": True}]}


def test_real_receivers_keep_their_ways_and_read_secrets_of_the_stack() -> None:
    config = alertmanager_config(GENERATED, Wanted(real_receivers=True), HOOK, Path("here/secrets"))
    text = yaml.safe_dump(config)
    assert config["global"]["smtp_auth_password_file"] == "here/secrets/smtp_password"
    assert "/etc/alertmanager" not in text
    assert "webhook_configs" not in text


def test_a_manifest_of_the_operator_gives_the_rules_inside(tmp_path: Path) -> None:
    manifest = {"kind": "PrometheusRule", "spec": {"groups": [{"name": "a", "rules": []}]}}
    (tmp_path / "alerting_rules.yml").write_text(yaml.safe_dump(manifest), encoding="utf-8")
    assert rules(tmp_path, "alerting_rules.yml", Wanted()) == {"groups": [{"name": "a", "rules": []}]}


def test_what_was_not_generated_is_said(tmp_path: Path) -> None:
    with pytest.raises(StackError, match=r"prometheus\.yml is not there: run promspec generate first"):
        prometheus_config(tmp_path, Wanted(), ["a:1"], "b:2")
