"""The generated Alertmanager configuration: `amtool` accepts it, and every alert lands where the spec says.

Only `amtool` is run, not the daemon: Debian's opens /usr/share/prometheus/alertmanager/default.tmpl at its start, which
is there only where the package is installed, not where it is merely unpacked. `amtool` reads the configuration and
walks the routes with the daemon's own code.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from promspec import Routing, Severity, objectives, promtool
from spec.cad_ml_platform import spec
from tests.conftest import ROOT
from tests.support.routes import receivers
from tests.support.staging import rules_of

OUTPUT = ROOT / "output" / "cad_ml_platform"
ALERTS = {rule["alert"]: rule["labels"] for rule in rules_of(OUTPUT / "alerting_rules.yml")}
KINDS = {tuple(labels.get(name, "") for name in ("severity", "team", "tier")): labels for labels in ALERTS.values()}
"""The labels of one alert for each combination that routes could tell apart."""


@pytest.fixture(scope="module")
def routing() -> Routing:
    assert spec.routing is not None
    return spec.routing


def test_amtool_accepts_the_configuration_and_its_templates() -> None:
    result = promtool.check_alertmanager(OUTPUT / "alertmanager.yml")
    assert result.ok, result.messages


def test_secrets_may_stand_in_any_file(tmp_path: Path) -> None:
    """The same configuration with the secrets' files where this test may write them."""
    text = (OUTPUT / "alertmanager.yml").read_text(encoding="utf-8")
    assert text.count("/etc/alertmanager/secrets/") == 4
    (tmp_path / "alertmanager.yml").write_text(text.replace("/etc/alertmanager/secrets", str(tmp_path)), "utf-8")
    (tmp_path / "alertmanager.tmpl").write_bytes((OUTPUT / "alertmanager.tmpl").read_bytes())
    for name in ("slack_url", "pagerduty_key", "smtp_password"):
        (tmp_path / name).write_text("http://127.0.0.1:1/", encoding="utf-8")
    result = promtool.check_alertmanager(tmp_path / "alertmanager.yml")
    assert result.ok, result.messages


@pytest.mark.parametrize("labels", KINDS.values(), ids=["-".join(filter(None, kind)) for kind in KINDS])
def test_an_alert_lands_at_the_receivers_of_the_spec(routing: Routing, labels: dict[str, str]) -> None:
    assert promtool.route(OUTPUT / "alertmanager.yml", **labels) == receivers(routing, labels)


@pytest.mark.parametrize("severity", Severity)
def test_each_severity_alone_lands_at_its_receivers(routing: Routing, severity: Severity) -> None:
    labels = {"severity": severity.value}
    assert promtool.route(OUTPUT / "alertmanager.yml", **labels) == receivers(routing, labels)


def test_an_alert_of_no_severity_lands_at_the_default(routing: Routing) -> None:
    assert promtool.route(OUTPUT / "alertmanager.yml", alertname="Other") == (routing.default.name,)


def test_every_tier_of_every_slo_is_among_the_alerts() -> None:
    tiers = {(labels["slo"], labels["tier"]) for labels in ALERTS.values() if "tier" in labels}
    budgets = {(slo.name, "budget-exhausted") for slo in spec.slos}
    assert tiers == {(slo.name, tier.name) for slo in spec.slos for tier in objectives.tiers(slo)} | budgets
