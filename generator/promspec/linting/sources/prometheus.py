"""The series of a running Prometheus: all names at once, labels and values only of the names that files use."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

from promspec.fetching.addresses import Unanswered
from promspec.linting.sources.examples import Examples
from promspec.linting.sources.http import json_of
from promspec.promql import Series, SeriesKind, Values, quote

MOST_NAMES = 200_000
MOST_SERIES = 5_000
MOST_VALUES = 1_000
_PARTS: dict[str, SeriesKind] = {"_bucket": "histogram_bucket", "_sum": "histogram_sum", "_count": "histogram_count"}


class PrometheusSource:
    """A registry that asks /api/v1/metadata and the names first, and /api/v1/series when a name is used.

    Of a metric with more than MOST_SERIES series, each label's values are asked for; more than MOST_VALUES are open.
    """

    def __init__(self, base: str, closed: bool = False) -> None:
        self._base = base
        self._closed = closed
        names = json_of(base, "/api/v1/label/__name__/values", [("limit", str(MOST_NAMES))])
        self._names = tuple(name for name in names if isinstance(name, str)) if isinstance(names, list) else ()
        if not self._names:
            raise Unanswered(f"{base} holds no series")
        self._held = frozenset(self._names)
        self._types = _types(json_of(base, "/api/v1/metadata", []))
        self._examples: dict[str, tuple[Examples, dict[str, Values]]] = {}

    def names(self) -> Sequence[str]:
        """Every name."""
        return self._names

    def histograms(self) -> Collection[str]:
        """The base names of the histograms."""
        return [name for name, type in self._types.items() if type == "histogram" and name not in self._held]

    def series(self, name: str) -> Series | None:
        """The labels, and values where these are certain."""
        return self._series(name, self._closed)

    def seen(self, name: str) -> Series | None:
        """The labels with the values that the server holds."""
        return self._series(name, True)

    def _series(self, name: str, seen: bool) -> Series | None:
        if name not in self._held:
            return None
        if name not in self._examples:
            self._examples[name] = self._asked(name)
        examples, many = self._examples[name]
        series = examples.seen(name) if seen else examples.series(name)
        if series is None:
            return Series(name, self._kind(name), {}, exact=False)
        return Series(name, series.kind, {**series.labels, **many}, series.exact)

    def _asked(self, name: str) -> tuple[Examples, dict[str, Values]]:
        """The series of a name as examples; for those with too many series, what the values' API says instead."""
        match = "{__name__=" + quote(name) + "}"
        answer = json_of(self._base, "/api/v1/series", [("match[]", match), ("limit", str(MOST_SERIES))])
        found = [each for each in answer if isinstance(each, dict)] if isinstance(answer, list) else []
        examples, many = Examples(self._closed), dict[str, Values]()
        for labels in found:
            texts = {str(label): str(value) for label, value in labels.items() if label != "__name__"}
            examples.add(name, self._kind(name), texts)
        if len(found) >= MOST_SERIES:
            series = examples.series(name)
            many = {label: self._values(label, match) for label in (series.labels if series else ())}
        return examples, many

    def _values(self, label: str, match: str) -> Values:
        answer = json_of(
            self._base, f"/api/v1/label/{label}/values", [("match[]", match), ("limit", str(MOST_VALUES + 1))]
        )
        values = tuple(str(value) for value in answer) if isinstance(answer, list) else ()
        return values if 0 < len(values) <= MOST_VALUES else None

    def _kind(self, name: str) -> SeriesKind:
        type = self._types.get(name, "")
        if type in ("counter", "gauge", "summary", "info"):
            return type  # type: ignore[return-value]
        if type == "histogram":
            return "histogram"  # the series of that very name are native histograms
        for suffix, kind in _PARTS.items():
            base = self._types.get(name.removesuffix(suffix)) if name.endswith(suffix) else None
            if base == "histogram":
                return kind
            if base == "summary":
                return "summary_sum" if suffix == "_sum" else "summary_count"
        if self._types.get(name.removesuffix("_total")) == "counter":
            return "counter"
        return "unknown"


def _types(metadata: Any) -> dict[str, str]:
    """The type of each family; a name to which targets give several types has none."""
    found: dict[str, str] = {}
    for name, entries in metadata.items() if isinstance(metadata, dict) else ():
        types = {str(entry.get("type")) for entry in entries if isinstance(entry, dict)}
        if len(types) == 1:
            found[str(name)] = types.pop()
    return found
