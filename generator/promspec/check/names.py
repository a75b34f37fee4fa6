"""Rules on names that collide: series, identifiers, rules, alerts, everything that must be unique."""

from __future__ import annotations

import keyword
import sys
from collections.abc import Callable, Hashable, Iterable, Iterator
from typing import Any

from promspec import naming
from promspec.check.rules import Complaint, View, rule
from promspec.judging.names import repeated
from promspec.problems import Level
from promspec.series import STANDARD
from promspec.vocabulary.labels import Label
from promspec.vocabulary.metrics import Metric

_NEEDED = ("prometheus_client", "pytest")
_EXPORTS = ("metrics", "ErrorCode", "code_of", "operations", "error_codes", "registry")


def _twice(items: Iterable[Any], key: Callable[[Any], Hashable], word: str, remedy: str) -> Iterator[Complaint]:
    """A complaint for each item whose key an earlier one had already."""
    for item, earlier in repeated(items, key):
        yield item, f"the {word} {item} is declared twice, first in line {earlier.place.line}", remedy


@rule("metric/duplicate", Level.ERROR)
def duplicate_metric(view: View) -> Iterator[Complaint]:
    """Each metric is declared once."""
    yield from _twice(view.spec.all_metrics, lambda m: m.name, "metric", "use the one declaration in both places")


@rule("metric/series-clash", Level.ERROR)
def series_clash(view: View) -> Iterator[Complaint]:
    """No two families expose a series of one name: `x_count` beside the histogram `x`, `x_created` beside `x_total`."""
    owner: dict[str, Metric] = {}
    for metric in view.spec.all_metrics:
        for series in dict.fromkeys((metric.name, *_exposed(metric))):
            earlier = owner.setdefault(series, metric)
            if earlier is not metric and earlier.name != metric.name:
                yield metric, f"{metric.name} and {earlier.name} both expose the series {series}", "rename one of them"


def _exposed(metric: Metric) -> tuple[str, ...]:
    if metric.external:  # nobody here chose its name, nor knows what its exporter adds
        return metric.series
    bare = metric.name.removesuffix("_total") if metric.kind == "counter" else metric.name
    created = (f"{bare}_created",) if metric.kind in ("counter", "histogram") else ()
    family = (bare,) if metric.kind == "counter" else ()
    return (*metric.series, *created, *family)


@rule("metric/reserved-name", Level.ERROR)
def reserved_name(view: View) -> Iterator[Complaint]:
    """A name is none of those that Prometheus, the client library and promspec expose themselves."""
    for metric in view.metrics:
        if metric.name.startswith("promspec_"):
            yield (
                metric,
                f"{metric.name} begins with promspec_, which the generated code uses",
                "give it your own prefix",
            )
        elif metric.name in STANDARD:
            yield metric, f"{metric.name} is exposed by Prometheus or its client library already", "rename it"


@rule("metric/nearly-same", Level.WARNING)
def nearly_same(view: View) -> Iterator[Complaint]:
    """No two metrics differ only by underscores."""
    seen: dict[str, Metric] = {}
    for metric in view.metrics:
        earlier = seen.setdefault(metric.name.replace("_", ""), metric)
        if earlier.name != metric.name:
            yield metric, f"{metric.name} and {earlier.name} differ only by underscores", "rename one of them"


@rule("name/identifier-clash", Level.ERROR)
def identifier_clash(view: View) -> Iterator[Complaint]:
    """Names stay different, and legal, when they become Python identifiers."""
    for operation in view.spec.operations:
        if operation.name in _EXPORTS or keyword.iskeyword(operation.name):
            text = f"the operation {operation.name} has a name that the generated package uses itself"
            yield operation, text, f"call it {operation.name}_operation"
    for metric in view.metrics:
        made: dict[str, str] = {}
        for name in metric.label_names:
            earlier = made.setdefault(naming.identifier(name), name)
            if earlier != name:
                yield metric, f"the labels {earlier} and {name} of {metric.name} make one identifier", "rename one"
    codes = view.spec.error_codes
    for name, code in codes.codes.items() if codes else ():
        if keyword.iskeyword(name) or name.startswith("_") or name.lower() in ("name", "value", "label", "codes"):
            yield code, f"the error code {name} cannot be a member of an Enum", "rename the member"


@rule("spec/hides-module", Level.WARNING)
def hides_module(view: View) -> Iterator[Complaint]:
    """The name of a spec, which names a folder and a package, hides no module that its generated code needs."""
    name = view.spec.name
    if name in sys.stdlib_module_names or name in _NEEDED:
        text = f"the package {name} would hide Python's module {name} wherever the output folder is on the path"
        yield view.spec, text, f"call it {name}_system, or by a name that says more"


@rule("operation/duplicate", Level.ERROR)
def duplicate_operation(view: View) -> Iterator[Complaint]:
    """Each operation has its own name."""
    yield from _twice(view.spec.operations, lambda o: o.name, "operation", "rename one of them")


@rule("rule/duplicate", Level.ERROR)
def duplicate_rule(view: View) -> Iterator[Complaint]:
    """No two recording rules have the same name and the same labels: Prometheus refuses what they record."""
    rules = view.spec.recording_rules
    remedy = "rename one, or give each a label that tells them apart"
    yield from _twice(rules, lambda r: (r.name, tuple(sorted(r.labels.items()))), "recording rule", remedy)


@rule("rule/shadows-metric", Level.ERROR)
def rule_shadows_metric(view: View) -> Iterator[Complaint]:
    """A recording rule does not record under the name of a metric."""
    exposed = {series: metric for metric in view.spec.all_metrics for series in (metric.name, *metric.series)}
    for recording in view.spec.recording_rules:
        if recording.name in exposed:
            text = f"the rule {recording.name} records under the name of a metric, so queries would mix both"
            yield recording, text, "name it level:metric:operations, such as job:requests:rate5m"


@rule("alert/duplicate", Level.ERROR)
def duplicate_alert(view: View) -> Iterator[Complaint]:
    """No two alerts have the same name, severity and labels: nobody could tell them apart."""
    remedy = "rename one, or give it another severity or label"
    key = lambda a: (a.name, a.severity, tuple(sorted(a.labels.items())))  # noqa: E731
    yield from _twice(view.spec.alerts, key, "alert", remedy)


@rule("slo/duplicate", Level.ERROR)
def duplicate_slo(view: View) -> Iterator[Complaint]:
    """Each SLO has its own name."""
    yield from _twice(view.spec.slos, lambda s: naming.camel(s.name), "SLO", "rename one of them")


@rule("runbook/duplicate", Level.ERROR)
def duplicate_runbook(view: View) -> Iterator[Complaint]:
    """Each runbook has its own name."""
    yield from _twice(view.spec.all_runbooks, lambda r: r.name, "runbook", "rename one, or use one for both")


@rule("label/conflicting-values", Level.INFO)
def conflicting_values(view: View) -> Iterator[Complaint]:
    """Labels of one name mean the same thing everywhere."""
    open_and_closed: dict[str, Label] = {}
    for label in view.each(Label):
        earlier = open_and_closed.setdefault(label.name, label)
        if earlier.closed != label.closed:
            text = (
                f"the label {label.name} is closed here and open in line {earlier.place.line}, or the other way round"
            )
            yield label, text, "use one Label in both places, or give them different names"
