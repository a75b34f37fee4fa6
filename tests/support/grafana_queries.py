"""What Grafana would ask Prometheus for a generated dashboard: its panels' queries, its variables' values."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from promspec.quantities import milliseconds

_MAX_DATA_POINTS = 1000  # Grafana takes the panel's width in pixels.
_LEGEND = re.compile(r"\{\{\s*(\w+)\s*\}\}")
_LABEL_VALUES = re.compile(r"label_values\((?P<selector>.+),\s*(?P<label>\w+)\)")


@dataclass(frozen=True, slots=True)
class Target:
    """One query of one panel, its variables substituted; `span` and `step` in seconds."""

    place: str
    query: str
    instant: bool
    legend: str
    columns: tuple[str, ...]
    span: float
    step: float

    @property
    def legend_labels(self) -> tuple[str, ...]:
        """The labels that the legend names."""
        return tuple(_LEGEND.findall(self.legend))

    def shown(self, labels: Mapping[str, str]) -> str:
        """The legend of a series as Grafana writes it; its automatic legend tells by all labels."""
        if self.legend == "__auto":
            return repr(sorted(labels.items()))
        return _LEGEND.sub(lambda found: labels.get(found[1], ""), self.legend)


@dataclass(frozen=True, slots=True)
class Variable:
    """A variable whose values Prometheus gives."""

    place: str
    label: str
    selector: str


class Dashboards:
    """The dashboards of a generated folder, seen by a Grafana whose variables all stand on `All`."""

    def __init__(self, folder: Path) -> None:
        source = yaml.safe_load((folder / "provisioning" / "datasources.yml").read_text(encoding="utf-8"))
        self._scrape = _seconds(source["datasources"][0]["jsonData"]["timeInterval"])
        self._boards = [json.loads(path.read_text(encoding="utf-8")) for path in sorted(folder.glob("*.json"))]

    def targets(self, since: str = "") -> Iterator[Target]:
        """Every query of every panel, over the last `since` or over what the dashboard shows when it is opened."""
        for board in self._boards:
            span = _seconds(since or board["time"]["from"].removeprefix("now-"))
            step = max(self._scrape, span / _MAX_DATA_POINTS)
            values = _values(board) | self._own(span, step)
            for panel in board["panels"]:
                for target in panel.get("targets", ()):
                    yield Target(
                        place=f"{board['title']} / {panel['title']} / {target['refId']}",
                        query=substituted(target["expr"], values),
                        instant=target["instant"],
                        legend=target["legendFormat"],
                        columns=_columns(panel) if target["format"] == "table" else (),
                        span=span,
                        step=step,
                    )

    def variables(self) -> Iterator[Variable]:
        """Every variable that asks for the values of a label."""
        for board in self._boards:
            for each in board["templating"]["list"]:
                if each["type"] != "query":
                    continue
                found = _LABEL_VALUES.fullmatch(each["query"]["query"])
                assert found is not None, each
                selector = substituted(found["selector"], _values(board))
                yield Variable(f"{board['title']} / ${each['name']}", found["label"], selector)

    def panels(self) -> int:
        """How many panels have a query."""
        return sum(bool(panel.get("targets")) for board in self._boards for panel in board["panels"])

    def _own(self, span: float, step: float) -> dict[str, str]:
        """Grafana's own variables; see its manual, "Prometheus template variables", for `$__rate_interval`."""
        rate = max(step + self._scrape, 4 * self._scrape)
        return {
            "__rate_interval": f"{rate:.0f}s",
            "__rate_interval_ms": f"{round(rate) * 1000}",
            "__interval": f"{step:.0f}s",
            "__interval_ms": f"{step * 1000:.0f}",
            "__range": f"{span:.0f}s",
            "__range_s": f"{span:.0f}",
            "__range_ms": f"{span * 1000:.0f}",
        }


def substituted(text: str, values: Mapping[str, str]) -> str:
    """The text with `$name`, `${name}` and `${name:format}` replaced; other dollars, as in `"$1"`, stay."""
    return re.sub(r"\$(?:(\w+)|\{(\w+)(?::\w+)?\})", lambda m: values.get(m[1] or m[2], m[0]), text)


def _values(board: Mapping[str, Any]) -> dict[str, str]:
    return {each["name"]: each.get("allValue") or "default" for each in board["templating"]["list"]}


def _columns(panel: Mapping[str, Any]) -> tuple[str, ...]:
    organise = next(each for each in panel["transformations"] if each["id"] == "organize")
    return tuple(name for name in organise["options"]["indexByName"] if not name.startswith("Value"))


def _seconds(text: str) -> float:
    return milliseconds(text) / 1000
