"""OpenMetrics, line by line in the words of the text format, so that one parser reads both.

prometheus_client's own parser of OpenMetrics refuses whole pages that Prometheus takes, such as a histogram with
negative bounds, which rightly has no sum. Source: OpenMetrics 1.0, https://prometheus.io/docs/specs/om/open_metrics_spec/
"""

from __future__ import annotations

import re

_TYPE = re.compile(r"^# TYPE (\S+) (\S+)[ \t]*$", re.MULTILINE)
_KINDS = {"unknown": "untyped", "info": "gauge", "stateset": "gauge", "gaugehistogram": "untyped"}
_SUFFIXES = {"counter": "_total", "info": "_info"}
_HAS_CREATED = ("counter", "histogram", "summary")
END = "# EOF"


class Translation:
    """What the lines of one page become; `units` are by the names that the families have in the text format."""

    def __init__(self, text: str) -> None:
        self._types = dict[str, str](_TYPE.findall(text))
        self._created = {f"{name}_created" for name, kind in self._types.items() if kind in _HAS_CREATED}
        self.units: dict[str, str] = {}

    def line(self, line: str) -> str:
        """The line in the text format; empty for one that has no counterpart."""
        if not line.startswith("#"):
            return "" if line.partition("{")[0].partition(" ")[0] in self._created else line
        words = line.rstrip("\n").split(" ", 3)
        if len(words) < 4 or words[1] not in ("TYPE", "HELP", "UNIT"):
            return line
        kind = self._types.get(words[2], "")
        name = words[2] + _SUFFIXES.get(kind, "")
        if words[1] == "TYPE":
            return f"# TYPE {name} {_KINDS.get(kind, words[3])}\n"
        if words[1] == "UNIT":
            self.units[name] = words[3].strip()
            return ""
        return f"# HELP {name} " + words[3].replace('\\"', '"') + "\n"
