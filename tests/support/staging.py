"""A copy of a generated folder that a Prometheus runs through within a minute, the rules themselves unchanged."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

RULE_FILES = ("recording_rules.yml", "alerting_rules.yml")
_FAST = "1s"


def read(path: Path) -> Any:
    """A YAML file's content."""
    return yaml.safe_load(path.read_text(encoding="utf-8"))


def rules_of(path: Path) -> list[dict[str, Any]]:
    """Every rule of a rule file."""
    return [rule for group in read(path)["groups"] for rule in group["rules"]]


def staged(generated: Path, folder: Path, target: str, alertmanager: str) -> Path:
    """Copy Prometheus' configuration and rules below `folder`, and change the following; gives the configuration.

    - `scrape_interval`, `evaluation_interval` and each group's `interval` become 1 s: minutes of the real pace fit into
      seconds, and 1m windows hold samples enough.
    - The scrape target is the service that the test started, the Alertmanager the stand-in that it listens with.

    Names, expressions, durations (`for`), labels and annotations stay as generated, which is asserted.
    """
    config = read(generated / "deployment" / "prometheus.yml")
    config["global"] |= {"scrape_interval": _FAST, "evaluation_interval": _FAST}
    (scrape,) = config["scrape_configs"]
    scrape["static_configs"] = [{"targets": [target]}]
    (alerting,) = config["alerting"]["alertmanagers"]
    alerting["static_configs"] = [{"targets": [alertmanager]}]
    for name in RULE_FILES:
        content = read(generated / name)
        for group in content["groups"]:
            group["interval"] = _FAST
        _write(folder / name, content)
        assert rules_of(folder / name) == rules_of(generated / name)
    return _write(folder / "deployment" / "prometheus.yml", config)


def _write(path: Path, content: Any) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(yaml.safe_dump(content, sort_keys=False, allow_unicode=True), encoding="utf-8")
    return path
