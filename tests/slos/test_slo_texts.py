"""What a person reads who was woken: the texts of an SLO's alerts, expanded by promtool, whatever labels hold."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

from promspec import promtool
from tests.slo_corpus.notation import At, counter
from tests.support.rule_lab import rules_of

SPEC = r"""
from promspec import SLO, Counter, Deployment, Label, Ratio, Runbook, Dashboard, Row, Spec, Text

provider = Label("provider", "Who.", values=["a", "it's \"B\" \\ {{c}}"])
failed, done = (Counter(f"{word}_total", "Counted.", labels=[provider]) for word in ("failed", "done"))
spec = Spec(
    "shop",
    owner="web",
    slos=[
        SLO(
            "orders",
            Ratio(bad=failed, total=done),
            objective=99.9,
            group_by=[provider],
            description="Orders {{ arrive }}",
            runbook=Runbook("burn", "It burns", summary="Too many fail."),
            dashboard="Board",
        )
    ],
    dashboards=[Dashboard("Board", [Row("Row", [Text("Word", "Word.", "Word.")])])],
    deployment=Deployment("shop", runbook_base_url="https://x.org/r", dashboard_base_url="https://g.org"),
)
"""
PROVIDER = 'it\'s "B" \\ {{c}}'


def _differences(tmp_path: Path, series: dict[str, str], alert: str, at: str) -> list[str]:
    """What promtool finds to differ from `EXPECTED`; it compares labels and expanded annotations exactly."""
    rules = rules_of(SPEC, tmp_path)
    document = {
        "rule_files": [str(path) for path in rules],
        "evaluation_interval": "30s",
        "group_eval_order": [g["name"] for path in rules for g in yaml.safe_load(path.read_text())["groups"]],
        "tests": [
            {
                "interval": "15s",
                "input_series": [{"series": name, "values": values} for name, values in series.items()],
                "alert_rule_test": [{"eval_time": at, "alertname": alert, "exp_alerts": [EXPECTED[alert]]}],
            }
        ],
    }
    (tmp_path / "test.yml").write_text(yaml.safe_dump(document), encoding="utf-8")
    result = promtool.test_rules(tmp_path / "test.yml")
    return [] if result.ok else [*result.messages, "promtool failed"]


LINKS = {
    "runbook_url": "https://x.org/r/burn.md",
    "dashboard_url": "https://g.org/d/shop-board",
}
EXPECTED: dict[str, dict[str, Any]] = {
    "OrdersBurnRatePageFast": {
        "exp_labels": {
            "severity": "critical",
            "slo": "orders",
            "tier": "page-fast",
            "spec": "shop",
            "team": "web",
            "provider": PROVIDER,
        },
        "exp_annotations": {
            "summary": "orders spends its error budget more than 14.4 times too fast (page-fast).",
            "description": (
                f"Orders {{{{ arrive }}}}. 25% of the events of orders provider={PROVIDER} failed within 1 hour, "
                "and more than 1.44% within 5 minutes. That is 250 times what the objective of 99.9% over 30 days "
                "allows: at this speed a whole budget lasts 2h 52m 48s. Budget remaining: 30.85%."
            ),
            **LINKS,
        },
    },
    "OrdersBudgetExhausted": {
        "exp_labels": {
            "severity": "warning",
            "slo": "orders",
            "tier": "budget-exhausted",
            "spec": "shop",
            "team": "web",
            "provider": PROVIDER,
        },
        "exp_annotations": {
            "summary": "orders has spent its whole error budget.",
            "description": (
                f"Orders {{{{ arrive }}}}. More of the events of orders provider={PROVIDER} failed within 30 days "
                "than the objective of 99.9% allows. Budget remaining: -12.6%. Until it has recovered, put "
                "reliability before changes."
            ),
            **LINKS,
        },
    },
}


def _series(quarter: str) -> dict[str, str]:
    """An hour of clean traffic, then a quarter of the requests fails: 30 minutes of outage in 2 hours, of 43:12."""
    labels = '{job="shop",instance="i",provider="it\'s \\"B\\" \\\\ {{c}}"}'
    return {
        f"done_total{labels}": counter([At("60m", 10), At(quarter, 10)], "15s"),
        f"failed_total{labels}": counter([At("60m", 0), At(quarter, 2.5)], "15s"),
    }


def test_a_page_says_what_how_fast_and_what_remains(tmp_path: Path) -> None:
    assert _differences(tmp_path, _series("2h"), "OrdersBurnRatePageFast", "3h") == []


def test_a_spent_budget_says_what_was_promised(tmp_path: Path) -> None:
    assert _differences(tmp_path, _series("4h"), "OrdersBudgetExhausted", "4h15m") == []
