"""`Deployment`: where the system runs, who scrapes it, and for what the rules are made."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import KW_ONLY
from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from promspec.grouping import MIMIR_GROUPS, MIMIR_RULES_PER_GROUP
from promspec.vocabulary.base import Declaration
from promspec.vocabulary.runbooks import Runbook
from promspec.vocabulary.texts import Filled, IntervalText, LabelTexts, wrong

RuleTarget = Literal["prometheus", "prometheus-operator", "mimir", "thanos", "victoriametrics"]


def _version(text: str) -> str:
    if not re.fullmatch(r"\d+\.\d+(\.\d+)?", text):
        raise wrong("deployment/version", f"{text!r} is no version of Prometheus", 'write it as "2.42" or "3.4"')
    return text


def _targets(targets: Sequence[str]) -> Sequence[str]:
    for target in targets:
        if "://" in target or "/" in target:
            raise wrong("deployment/target", f"{target!r} is no host:port", "leave out the scheme and the path")
    return tuple(targets)


def _features(features: Sequence[str]) -> Sequence[str]:
    for feature in features:
        if not re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", feature):
            remedy = "name each as Prometheus does, such as promql-experimental-functions"
            raise wrong("deployment/feature", f"{feature!r} is no feature flag of Prometheus", remedy)
    return tuple(dict.fromkeys(features))


def _namespace(text: str) -> str:
    if len(text) > 63 or not re.fullmatch(r"[a-z0-9]([a-z0-9-]*[a-z0-9])?", text):
        raise wrong("deployment/namespace", f"{text!r} is no Kubernetes namespace", "use a-z, 0-9 and -, at most 63")
    return text


class Deployment(Declaration):
    """Job, targets, intervals, target Prometheus version and rule target.

    `runbook_base_url` and `dashboard_base_url` begin the links in alerts: `<base>/<runbook>.md`, `<base>/d/<uid>`.
    For the job there are alerts on absence, unless `absence_alerts` is false; they lead to `absence_runbook`
    and to the dashboard with the title `absence_dashboard`.
    `sample_limit` is from how many samples on Prometheus refuses a scrape: left out, twice the series that the spec
    can have and at least 1,000 more; 0 is no limit.
    `max_rules_per_group` and `max_rule_groups` are what the ruler takes of a tenant; larger groups are divided. 0 is no
    limit; left out, Mimir's defaults (20 and 70) where `rule_target` is `"mimir"`, else none.
    `features` are the feature flags that Prometheus is started with, such as promql-experimental-functions.
    `image` and `port` are the service's container, for the compose file; `namespace` is Kubernetes'.
    """

    job: Filled
    _: KW_ONLY
    targets: Annotated[Sequence[str], AfterValidator(_targets)] = ("localhost:8000",)
    metrics_path: str = "/metrics"
    scrape_interval: IntervalText = "15s"
    evaluation_interval: IntervalText = "30s"
    prometheus_version: Annotated[str, AfterValidator(_version)] = "2.42"
    features: Annotated[Sequence[str], AfterValidator(_features)] = ()
    rule_target: RuleTarget = "prometheus"
    alertmanagers: Annotated[Sequence[str], AfterValidator(_targets)] = ("localhost:9093",)
    runbook_base_url: str | None = None
    dashboard_base_url: str | None = None
    absence_alerts: bool = True
    absence_runbook: Runbook | str | None = None
    absence_dashboard: str | None = None
    external_labels: LabelTexts = Field(default_factory=dict)
    namespace: Annotated[str, AfterValidator(_namespace)] = "monitoring"
    sample_limit: Annotated[int, Field(ge=0)] | None = None
    max_rules_per_group: Annotated[int, Field(ge=0)] | None = None
    max_rule_groups: Annotated[int, Field(ge=0)] | None = None
    image: str | None = None
    port: Annotated[int, Field(ge=1, le=65_535)] = 8000

    @property
    def rules_per_group(self) -> int:
        """How many rules a group may have; 0 is no limit."""
        return self._limit(self.max_rules_per_group, MIMIR_RULES_PER_GROUP)

    @property
    def rule_groups(self) -> int:
        """How many groups the ruler takes; 0 is no limit."""
        return self._limit(self.max_rule_groups, MIMIR_GROUPS)

    def _limit(self, given: int | None, of_mimir: int) -> int:
        return given if given is not None else of_mimir if self.rule_target == "mimir" else 0

    @property
    def version(self) -> tuple[int, ...]:
        """The target version of Prometheus as numbers, to compare."""
        return tuple(int(part) for part in self.prometheus_version.split("."))
