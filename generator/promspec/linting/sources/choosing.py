"""What `--metrics SOURCE` names: a spec, a file in the text format, a URL; and what `--prometheus URL` does."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from pathlib import Path

from promspec.check import View
from promspec.fetching.addresses import Unanswered
from promspec.linting.registry import MetricSource
from promspec.linting.sources.examples import Examples
from promspec.linting.sources.exposition import read_exposition
from promspec.linting.sources.http import text_of
from promspec.linting.sources.prometheus import PrometheusSource
from promspec.load import load
from promspec.problems import has_errors
from promspec.promql import Series


class SourceError(ValueError):
    """A source that cannot be read: which, and why."""


class SpecSource:
    """The series of a spec: all labels and values are known."""

    def __init__(self, view: View) -> None:
        self._series = view.series

    def names(self) -> Sequence[str]:
        """Every name."""
        return self._series.names()

    def histograms(self) -> Collection[str]:
        """The base names of the histograms."""
        return self._series.histograms()

    def series(self, name: str) -> Series | None:
        """The series of a name."""
        return self._series.series(name)

    def seen(self, name: str) -> Series | None:
        """The same: a spec is no example."""
        return self._series.series(name)


def chosen_sources(names: Sequence[str], closed: bool, servers: Sequence[str] = ()) -> list[MetricSource]:
    """The sources in order, then the servers; raises SourceError."""
    try:
        return [*(_source(name, closed) for name in names), *(PrometheusSource(url, closed) for url in servers)]
    except Unanswered as error:
        raise SourceError(str(error)) from None


def _source(name: str, closed: bool) -> MetricSource:
    if name.endswith(".py"):
        return _spec(name)
    if name.startswith(("http://", "https://")):
        return exposition(text_of(name), name, closed)
    try:
        text = Path(name).read_text(encoding="utf-8-sig")
    except (OSError, ValueError) as error:
        raise SourceError(f"cannot read {name}: {getattr(error, 'strerror', None) or error}") from None
    return exposition(text, name, closed)


def exposition(text: str, name: str, closed: bool) -> Examples:
    """The examples of a text; a broken line is an error, as it is for Prometheus."""
    examples = Examples(closed)
    broken = read_exposition(text, examples)
    if broken:
        line, why = broken[0]
        raise SourceError(f"{name}:{line}: {why}")
    if not examples.names():
        raise SourceError(f"{name} shows no metric")
    return examples


def _spec(name: str) -> SpecSource:
    loaded = load(name)
    if loaded.spec is None or has_errors(loaded.problems):
        first = next(iter(loaded.problems), None)
        raise SourceError(f"{name} is no sound spec: {first or 'run promspec check'}")
    return SpecSource(View(loaded.spec, loaded.declarations, loaded.file))
