"""Every name that promspec makes: series, groups, files, Python identifiers, links. One name, one function."""

from __future__ import annotations

import keyword
import re
from collections.abc import Iterable

METRIC_NAME = re.compile(r"[a-zA-Z_:][a-zA-Z0-9_:]*")
LABEL_NAME = re.compile(r"[a-zA-Z_][a-zA-Z0-9_]*")
SPEC_NAME = re.compile(r"[a-z][a-z0-9_]*")
SLUG = re.compile(r"[a-z0-9]+(?:[-_][a-z0-9]+)*")

HEARTBEAT = "promspec_info"
TELEMETRY_ERRORS = "promspec_telemetry_errors_total"
LABEL_OVERFLOWS = "promspec_label_overflows_total"
UNMAPPED_EXCEPTIONS = "promspec_unmapped_exceptions_total"
EVENTS_DROPPED = "promspec_events_dropped_total"
OVERFLOW = "__other__"

SLO_BAD = "slo:bad_events:increase"
SLO_TOTAL = "slo:events:increase"
SLO_BAD_SLOW = "slo:bad_events:sum"
SLO_TOTAL_SLOW = "slo:events:sum"
SLO_BAD_OF_MONTH = "slo:bad_events_of_month:sum"
SLO_RATIO = "slo:error_ratio:rate"
SLO_OBJECTIVE = "slo:objective:ratio"
SLO_BUDGET_REMAINING = "slo:error_budget_remaining:ratio"


def words(text: str) -> list[str]:
    """The words of an identifier or a title: `OCR p95 latency` and `ocr_p95-latency` give the same."""
    spaced = re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", " ", text)
    return re.findall(r"[A-Za-z0-9]+", spaced)


def snake(text: str) -> str:
    """`OcrErrors` -> `ocr_errors`; safe as a Python identifier and a file name."""
    return identifier("_".join(word.lower() for word in words(text)))


def camel(text: str) -> str:
    """`ocr_errors_total` -> `OcrErrorsTotal`; safe as a Python class name."""
    return identifier("".join(word[:1].upper() + word[1:] for word in words(text)))


def kebab(text: str) -> str:
    """`Platform Overview` -> `platform-overview`; for uids, links and Kubernetes names."""
    return "-".join(word.lower() for word in words(text))


def identifier(text: str) -> str:
    """The text made safe as a Python identifier: no keyword, no leading digit, never empty."""
    cleaned = re.sub(r"\W", "_", text) or "_"
    if cleaned[0].isdigit():
        cleaned = f"_{cleaned}"
    return f"{cleaned}_" if keyword.iskeyword(cleaned) else cleaned


def slo_since(base: str) -> str:
    """Since when an SLO's events are recorded over this base window: with another one history begins anew."""
    return f"slo:recorded_since{base}:timestamp_seconds"


def slo_group(slo: str, part: str) -> str:
    """The rule group of one part of an SLO: `slo-ocr-availability-windows`."""
    return f"slo-{slo}-{part}"


def group_part(group: str, number: int) -> str:
    """A later part of a rule group that is divided: `traffic-2`."""
    return f"{group}-{number}"


def panel_record(series: str, labels: Iterable[str], op: str, of: str) -> str:
    """An aggregate that dashboards have recorded: `job_stage_le:ocr_stage_duration_seconds_bucket:rate1m`.

    `of` is a function with its window, of which a sum is not said: `max_rate5m` but `rate5m`; else `max` or `sum`.
    """
    what = "_".join(each for each in ("" if of and op == "sum" else op, of) if each)
    return f"{'_'.join(labels)}:{series.removesuffix('_total')}:{what}"


def panels_group(spec: str, number: int) -> str:
    """The rule group of what a spec's dashboards have recorded; a full one is followed by another."""
    return f"{spec}-dashboards-{number}"


def slo_alert(slo: str, tier: str) -> str:
    """The alert of one burn-rate tier: `OcrAvailabilityBurnRatePageFast`."""
    return f"{camel(slo)}BurnRate{camel(tier)}"


def slo_budget_alert(slo: str, what: str) -> str:
    """The alert on the budget itself: `OcrAvailabilityBudgetExhausted`."""
    return f"{camel(slo)}{camel(what)}"


def absence_alert(spec: str, what: str) -> str:
    """The alert on what no longer answers: `ShopAbsent`, `ShopHeartbeatMissing`."""
    return f"{camel(spec)}{what}"


def runbook_file(name: str) -> str:
    """A runbook's path inside the output folder."""
    return f"runbooks/{name}.md"


def dashboard_file(uid: str) -> str:
    """A dashboard's path inside the output folder."""
    return f"dashboards/{uid}.json"


def dashboard_uid(spec: str, title: str) -> str:
    """A dashboard's stable, readable uid; Grafana allows 40 characters."""
    return f"{kebab(spec)}-{kebab(title)}"[:40].rstrip("-")
