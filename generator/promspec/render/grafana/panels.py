"""The panels that grafanalib lacks or writes for a Grafana of the past."""

from __future__ import annotations

from typing import Any

import attr
from grafanalib import core

_LOWEST = -1_000_000_000
"""A cell is left out up to this value; Grafana's default would leave out zero."""


def reduced() -> dict[str, Any]:
    """The options that show each series by its last value."""
    return {"calcs": ["lastNotNull"], "fields": "", "values": False}


@attr.s
class GaugePanel(core.Panel):  # type: ignore[misc]  # grafanalib carries no annotations
    """A dial. grafanalib writes `calc` where Grafana does not look for it."""

    def to_json_data(self) -> Any:
        """The panel as Grafana 10 and later read it."""
        options = {
            "reduceOptions": reduced(),
            "orientation": "auto",
            "showThresholdLabels": False,
            "showThresholdMarkers": True,
        }
        return self.panel_json({"type": "gauge", "options": options})


@attr.s
class BarGauge(core.Panel):  # type: ignore[misc]  # grafanalib carries no annotations
    """A bar for each series. grafanalib writes the options of Grafana 6."""

    orientation: Any = attr.ib(default="horizontal")

    def to_json_data(self) -> Any:
        """The panel as Grafana 10 and later read it."""
        options = {
            "reduceOptions": reduced(),
            "orientation": self.orientation,
            "displayMode": "gradient",
            "valueMode": "color",
            "namePlacement": "auto",
            "showUnfilled": True,
        }
        return self.panel_json({"type": "bargauge", "options": options})


@attr.s
class Heatmap(core.Panel):  # type: ignore[misc]  # grafanalib carries no annotations
    """Values as colours. grafanalib writes the Angular panel, which Grafana 11 dropped.

    With `byBucket` the rows are buckets with bounds in `unit`, and empty cells are left out. Else they are series with
    values in `unit`, of which zero is one like any other.
    """

    unit: Any = attr.ib(default="short")
    byBucket: Any = attr.ib(default=True)
    scheme: Any = attr.ib(default="Oranges")
    minimum: Any = attr.ib(default=None)
    maximum: Any = attr.ib(default=None)

    def to_json_data(self) -> Any:
        """The panel as Grafana 10 and later read it."""
        colour = {
            "mode": "scheme",
            "scheme": self.scheme,
            "fill": "dark-orange",
            "scale": "exponential" if self.byBucket else "linear",
            "exponent": 0.5,
            "steps": 64,
            "reverse": False,
            "min": self.minimum,
            "max": self.maximum,
        }
        options = {
            "calculate": False,
            "cellGap": 1,
            "cellValues": {"unit": "short" if self.byBucket else self.unit},
            "color": colour,
            "filterValues": {"le": 1e-9 if self.byBucket else _LOWEST},
            "rowsFrame": {"layout": "auto"},
            "legend": {"show": True},
            "showValue": "never",
            "tooltip": {"mode": "single", "yHistogram": False, "showColorScale": True},
            "yAxis": {"axisPlacement": "left", "reverse": False, "unit": self.unit if self.byBucket else "short"},
            "exemplars": {"color": "rgba(255,0,255,0.7)"},
        }
        return self.panel_json({"type": "heatmap", "options": options})
