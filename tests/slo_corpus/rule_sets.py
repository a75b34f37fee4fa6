"""The rule sets that are compared: promspec's, and one written after Sloth's published output, for the same SLO."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

from tests.support.rule_lab import rules_of

SPEC = """
from promspec import SLO, Availability, Counter, Deployment, Label, Spec

version = Label("version", "Of the service.", max_values=10)
requests = Counter("requests_total", "Finished requests.", labels=[version])
errors = Counter("errors_total", "Failed requests.", labels=[version])
url = "https://example.com/runbooks/shop"

spec = Spec(
    "shop",
    owner="web",
    slos=[SLO("requests", Availability(requests=requests, errors=errors), objective=99.9, runbook=url)],
    deployment=Deployment("shop", absence_runbook=url, scrape_interval="{scrape}", evaluation_interval="{evaluation}"),
)
"""
BUDGET = 0.001
OURS, SLOTH = "promspec", "Sloth-style"


def ours(folder: Path, scrape: str, evaluation: str) -> tuple[Path, ...]:
    """What promspec generates; gives the rule files."""
    return rules_of(SPEC.format(scrape=scrape, evaluation=evaluation), folder)


WINDOWS = ("5m", "30m", "1h", "2h", "6h", "1d", "3d")
ERRORS, REQUESTS = "errors_total", "requests_total"
_PAIRS = {"critical": (("5m", "1h", 14.4), ("30m", "6h", 6)), "warning": (("2h", "1d", 3), ("6h", "3d", 1))}


def sloth(folder: Path, scrape: str, evaluation: str) -> tuple[Path, ...]:
    """Sloth 0.16's rules for the SLO (prometheus/v1, 30 days): ratios of raw rates, the period a mean of 5m ratios.

    Source: https://github.com/slok/sloth, examples/_gen/getting-started.yml.
    """
    path = folder / "sloth.yml"
    groups = {"slo": sloth_records(), "alerts": sloth_alerts()}
    document = {"groups": [{"name": name, "rules": rules} for name, rules in groups.items()]}
    path.write_text(yaml.safe_dump(document, sort_keys=False), encoding="utf-8")
    return (path,)


def sloth_records() -> list[dict[str, Any]]:
    """Its recording rules."""
    ratios = [
        {
            "record": f"slo:sli_error:ratio_rate{window}",
            "expr": f"(sum(rate({ERRORS}[{window}]))) / (sum(rate({REQUESTS}[{window}])))",
        }
        for window in WINDOWS
    ]
    period = "sum_over_time(slo:sli_error:ratio_rate5m[30d]) / ignoring (sloth_window) "
    period += "count_over_time(slo:sli_error:ratio_rate5m[30d])"
    return [
        *ratios,
        {"record": "slo:sli_error:ratio_rate30d", "expr": period, "labels": {"sloth_window": "30d"}},
        {"record": "slo:error_budget:ratio", "expr": f"vector({BUDGET})"},
        {
            "record": "slo:period_burn_rate:ratio",
            "expr": f"slo:sli_error:ratio_rate30d / on () group_left () {_BUDGET}",
        },
        {
            "record": "slo:period_error_budget_remaining:ratio",
            "expr": "1 - slo:period_burn_rate:ratio",
            "labels": {"sloth_id": "shop-requests"},
        },
    ]


_BUDGET = "slo:error_budget:ratio"


def sloth_alerts() -> list[dict[str, Any]]:
    """Its two alerts: a page and a ticket."""
    return [_sloth_alert(severity) for severity in _PAIRS]


def _sloth_alert(severity: str) -> dict[str, Any]:
    pairs = [
        f"(slo:sli_error:ratio_rate{short} > ({factor} * {BUDGET}) and "
        f"slo:sli_error:ratio_rate{long} > ({factor} * {BUDGET}))"
        for short, long, factor in _PAIRS[severity]
    ]
    return {"alert": "ShopRequests", "expr": " or ".join(pairs), "labels": {"severity": severity}}


RULE_SETS = {OURS: ours, SLOTH: sloth}
REMAINING = {OURS: "slo:error_budget_remaining:ratio", SLOTH: "slo:period_error_budget_remaining:ratio"}
"""The series with what remains of the budget, by rule set."""
