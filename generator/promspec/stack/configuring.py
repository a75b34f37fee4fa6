"""The generated configuration, changed in what a local stack must change: addresses, intervals, and who is notified.

Rules, routes, groupings, inhibitions and texts stay as they were generated.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import yaml

from promspec.stack import compressing
from promspec.stack.model import StackError, Wanted

RULES = ("recording_rules.yml", "alerting_rules.yml")
_SECRETS = "/etc/alertmanager/secrets"
_KEPT = ("name",)


def prometheus_config(generated: Path, wanted: Wanted, targets: Sequence[str], alertmanager: str) -> dict[str, Any]:
    """Prometheus' configuration with these targets and this Alertmanager, each `host:port`."""
    config = read(generated / "deployment" / "prometheus.yml")
    for scrape in config.get("scrape_configs", ()):
        scrape["static_configs"] = [{"targets": list(targets)}]
    config["alerting"] = {"alertmanagers": [{"static_configs": [{"targets": [alertmanager]}]}]}
    config["rule_files"] = list(RULES)
    if wanted.interval:
        config.setdefault("global", {}).update(scrape_interval=wanted.interval, evaluation_interval=wanted.interval)
        for scrape in config.get("scrape_configs", ()):
            scrape.pop("scrape_interval", None)
    return compressing.prometheus(config, wanted.speed) if wanted.speed > 1 else dict(config)


def rules(generated: Path, name: str, wanted: Wanted) -> dict[str, Any]:
    """A rule file as Prometheus reads it; of a PrometheusRule manifest what is inside."""
    document = read(generated / name)
    if document.get("kind") == "PrometheusRule":
        document = document["spec"]
    groups = document.get("groups", [])
    if wanted.interval:
        groups = [{**group, "interval": wanted.interval} if "interval" in group else group for group in groups]
    return {"groups": compressing.rules(groups, wanted.speed) if wanted.speed > 1 else groups}


def each_rule(generated: Path, wanted: Wanted) -> list[tuple[str, str]]:
    """The name and the expression of every generated rule."""
    groups = [group for name in RULES for group in rules(generated, name, wanted)["groups"]]
    every = [rule for group in groups for rule in group.get("rules", ())]
    return [(str(rule.get("alert") or rule.get("record")), str(rule["expr"])) for rule in every]


def alertmanager_config(generated: Path, wanted: Wanted, webhook: str, secrets: Path) -> dict[str, Any]:
    """Alertmanager's configuration: with every receiver a webhook, or with the secrets' files in `secrets`."""
    file = generated / "alertmanager.yml"
    config = read(file) if file.exists() else _nobody()
    if wanted.speed > 1:
        config = compressing.alertmanager(config, wanted.speed)
    if wanted.real_receivers:
        return dict(_moved(config, str(secrets)))
    config.pop("global", None)  # Mail servers and the like: nobody is written to.
    hook = {"url": webhook, "send_resolved": True}
    config["receivers"] = [
        {**{key: receiver[key] for key in _KEPT}, "webhook_configs": [dict(hook)]} for receiver in config["receivers"]
    ]
    if wanted.interval:
        _hasten(config["route"], wanted.interval)
    return dict(config)


def _nobody() -> dict[str, Any]:
    return {"route": {"receiver": "default"}, "receivers": [{"name": "default"}]}


def _hasten(route: dict[str, Any], interval: str) -> None:
    """Notify as fast as the rules are evaluated: what repeats after hours stays as it is."""
    for key in ("group_wait", "group_interval"):
        if key in route:
            route[key] = interval
    for child in route.get("routes", ()):
        _hasten(child, interval)


def _moved(value: Any, secrets: str) -> Any:
    if isinstance(value, dict):
        return {key: _moved(each, secrets) for key, each in value.items()}
    if isinstance(value, list):
        return [_moved(each, secrets) for each in value]
    return value.replace(_SECRETS, secrets) if isinstance(value, str) else value


def read(path: Path) -> dict[str, Any]:
    """A generated YAML file; raises StackError."""
    try:
        return dict(yaml.safe_load(path.read_text(encoding="utf-8")))
    except OSError:
        raise StackError(f"{path} is not there: run promspec generate first") from None
    except (yaml.YAMLError, TypeError, ValueError) as error:
        raise StackError(f"{path} cannot be read: {error}; run promspec generate") from None


def with_rules(path: Path) -> Path:
    """Let a written configuration of Prometheus have its rules."""
    return written(path, {**read(path), "rule_files": list(RULES)})


def written(path: Path, content: dict[str, Any]) -> Path:
    """Write a configuration as YAML."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(yaml.safe_dump(content, sort_keys=False, allow_unicode=True, width=1000), encoding="utf-8")
    return path
