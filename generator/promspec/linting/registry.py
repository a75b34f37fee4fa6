"""Every series that linted files may name: of the sources, of their own recording rules, and of Prometheus itself."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Sequence
from typing import Protocol

from promspec.linting.model import Rule
from promspec.promql import (
    Aggregate,
    Call,
    Expr,
    Inference,
    Paren,
    PromQLError,
    Selector,
    Series,
    Values,
    infer,
    parse,
    selectors,
)

DEPLOYMENT = (
    *("cluster", "namespace", "pod", "container", "service", "endpoint", "node", "host", "hostname", "region", "zone"),
    *("datacenter", "dc", "env", "environment", "stage", "team", "app", "application", "component", "prometheus"),
    *("replica", "tenant", "nodename", "availability_zone", "kubernetes_namespace", "kubernetes_pod_name"),
    *("kubernetes_node", "kubernetes_name", "metrics_path", "exported_job", "exported_instance"),
    *("exported_namespace", "exported_pod", "exported_container", "exported_service"),
)
"""Labels that relabelling and service discovery add, which no exposition shows; those that files use may be there."""
_SCRAPE = (
    *("up", "scrape_duration_seconds", "scrape_samples_scraped", "scrape_samples_post_metric_relabeling"),
    *("scrape_series_added", "scrape_timeout_seconds", "scrape_sample_limit", "scrape_body_size_bytes"),
)
_ALERTS = ("ALERTS", "ALERTS_FOR_STATE")


_VARIABLE = re.compile(r"\$\w+|\$\{[^}]*\}|\[\[\w+[^\]]*\]\]")


def _word(match: re.Match[str]) -> str:
    """A word instead of a variable, so that `$metric{}` or `by ($label)` can be read."""
    return re.sub(r"\W", "_", match.group(0)).replace("_", "v", 1)


def _parses(text: str) -> bool:
    try:
        parse(text, templated=True)
    except PromQLError:
        return False
    return True


class MetricSource(Protocol):
    """A registry that also tells what values were only seen by example."""

    def names(self) -> Sequence[str]:
        """Every series' name."""

    def histograms(self) -> Collection[str]:
        """The base names of histograms."""

    def series(self, name: str) -> Series | None:
        """What is certain of a name."""

    def seen(self, name: str) -> Series | None:
        """The same, with the values that were seen."""


class LintRegistry:
    """The registry for inference. What it does not know is a series with unknown labels: that is told once, elsewhere.

    With `seen` label values known by example count as all there are.
    """

    def __init__(
        self, sources: Sequence[MetricSource], rules: Iterable[Rule], target: Sequence[str], seen: bool = False
    ) -> None:
        self._sources = sources
        self._seen = seen
        self._target: dict[str, Values] = dict.fromkeys(("job", "instance", *target))
        self._rules: dict[str, list[Rule]] = {}
        self._inferred: dict[str, Inference | None] = {}
        self._parsed: dict[tuple[str, bool], Expr | PromQLError | None] = {}
        self._known: dict[str, Series] = {}
        for rule in rules:
            if not rule.alert:
                self._rules.setdefault(rule.subject.name, []).append(rule)
        self._names = tuple(dict.fromkeys((*self._rules, *(n for source in sources for n in source.names()), *_SCRAPE)))
        self._histograms = frozenset(name for source in sources for name in source.histograms())

    @property
    def judges(self) -> bool:
        """Whether there is a source, so that a name can be unknown."""
        return bool(self._sources)

    def names(self) -> Sequence[str]:
        """Every name, rules first."""
        return self._names

    def histograms(self) -> Collection[str]:
        """The base names of histograms."""
        return self._histograms

    def recorded(self, name: str) -> Sequence[Rule]:
        """The recording rules of a name."""
        return self._rules.get(name, ())

    def knows(self, name: str) -> bool:
        """Whether a source, a rule or Prometheus itself has the series."""
        return name in self._rules or name in _SCRAPE or name in _ALERTS or self._of_source(name) is not None

    def exposed(self, name: str) -> bool:
        """Whether a source has the series itself."""
        found = self._of_source(name)
        return found is not None and found.kind != "recorded"

    def series(self, name: str) -> Series:
        """The series; of a name that nobody knows everything is possible."""
        if name not in self._known:
            self._learn(name)
        return self._known[name]

    def _learn(self, name: str) -> None:
        """Infer what rules read before the rules themselves, so that no chain of rules exhausts the stack."""
        waiting, opened = [name], set[str]()
        while waiting:
            each = waiting[-1]
            reads = () if each in opened or each in self._known else self._read_by(each)
            opened.add(each)
            unread = [other for other in reads if other not in self._known and other not in opened]
            if unread:
                waiting += unread
                continue
            waiting.pop()
            if each not in self._known:
                self._known[each] = Series(each, "unknown", {}, exact=False)  # for a rule that reads itself
                self._known[each] = self._series(each)

    def _read_by(self, name: str) -> Collection[str]:
        """The rules that a name's rules read; one that selects by a condition on names may read any."""
        found: dict[str, None] = {}
        for rule in self._rules.get(name, ()):
            expr = self.parse(rule.query.text)
            for selector in selectors(expr) if expr is not None and not isinstance(expr, PromQLError) else ():
                found.update(dict.fromkeys(self._rules if selector.name is None else (selector.name,)))
        return [other for other in found if other in self._rules]

    def parse(self, text: str, templated: bool = False) -> Expr | PromQLError | None:
        """The syntax tree of a text, or why there is none; None where a variable of Grafana stands for a part of it."""
        key = (text, templated)
        if key not in self._parsed:
            try:
                self._parsed[key] = parse(text, templated=templated)
            except PromQLError as error:
                self._parsed[key] = None if templated and _parses(_VARIABLE.sub(_word, text)) else error
        return self._parsed[key]

    def infer(self, text: str, templated: bool = False) -> Inference | None:
        """What is known of a text's result, or None where it does not parse."""
        if text not in self._inferred:
            expr = self.parse(text, templated)
            self._inferred[text] = infer(expr, self) if expr is not None and not isinstance(expr, PromQLError) else None
        return self._inferred[text]

    def _series(self, name: str) -> Series:
        if name in self._rules:
            return self._recorded(name)
        if name in _ALERTS:
            states: Values = ("pending", "firing") if name == "ALERTS" else None
            labels = {"alertname": None} if states is None else {"alertname": None, "alertstate": states}
            return Series(name, "unknown", labels, exact=False)
        if name in _SCRAPE:
            return Series(name, "gauge", dict(self._target))
        found = self._of_source(name)
        if found is None:
            return Series(name, "unknown", {}, exact=False)
        return found

    def _of_source(self, name: str) -> Series | None:
        for source in self._sources:
            series = source.seen(name) if self._seen else source.series(name)
            if series is not None:
                added = {label: values for label, values in self._target.items() if label not in series.labels}
                return Series(
                    name, series.kind, {**series.labels, **added}, series.exact, series.complete, series.moment
                )
        return None

    def _recorded(self, name: str) -> Series:
        labels: dict[str, Values] = {}
        exact = True
        rules = self._rules[name]
        for rule in rules:
            result = self.infer(rule.query.text)
            exact = exact and result is not None and result.exact
            fixed: dict[str, Values] = {label: (value,) for label, value in rule.fixed_labels().items() if value}
            for label, values in {**(result.labels if result else {}), **fixed}.items():
                labels[label] = values if len(rules) == 1 else None
        native = len(rules) == 1 and self._keeps_histograms(rules[0])
        return Series(name, "histogram" if native else "recorded", labels, exact)

    def _keeps_histograms(self, rule: Rule) -> bool:
        """Whether a rule records native histograms: sums of rates of such, or less."""
        expr = self.parse(rule.query.text)
        while isinstance(expr, (Aggregate, Call, Paren)):
            if isinstance(expr, Call) and expr.func not in ("rate", "increase", "irate"):
                return False
            expr = expr.args[0] if isinstance(expr, Call) else expr.expr
        return isinstance(expr, Selector) and bool(expr.name) and self.series(expr.name or "").kind == "histogram"
