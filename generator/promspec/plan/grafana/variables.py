"""The variables of a dashboard: the data source, `job`, `instance` and the labels that were asked for."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from promspec import naming
from promspec.promql import Registry, Series, matcher
from promspec.vocabulary.dashboards import Dashboard
from promspec.vocabulary.selectors import TARGET_LABELS
from promspec.vocabulary.spec import Spec

DATA_SOURCE = "datasource"


@dataclass(frozen=True, slots=True)
class VariablePlan:
    """A variable of Grafana; its `query` gives the values to choose from, many at once or all."""

    name: str
    title: str
    description: str
    query: str


def variable_names(dashboard: Dashboard) -> dict[str, str]:
    """Every label that may become a variable, with the variable's name: its own, unless that is taken."""
    names: dict[str, str] = {}
    for label in (*TARGET_LABELS, *(label.name for label in dashboard.variables)):
        name = label
        while label not in names and (name == DATA_SOURCE or name in names.values()):
            name += "_"
        names.setdefault(label, name)
    return names


def plan_variables(
    dashboard: Dashboard, spec: Spec, registry: Registry, series: Sequence[str], used: Iterable[str]
) -> tuple[VariablePlan, ...]:
    """The query variables that are used, in order; a label's values are narrowed by the chosen job.

    `series` are the names that the dashboard's queries select, `used` the variables that they mention.
    """
    mentioned = set(used)
    declared = {label: name for label, name in variable_names(dashboard).items() if name in mentioned}
    help_texts = {label.name: label.help for label in reversed(dashboard.variables)}
    planned = []
    for label, name in declared.items():
        sources = _target_sources(spec, series) if label in TARGET_LABELS else ()
        names = sources or _covering(label, series, registry)
        if names:
            by = {"job": declared["job"]} if label != "job" and _all_have("job", names, registry, declared) else {}
            query = _label_values(label, names, by, spec.name)
            planned.append(VariablePlan(name, label.replace("_", " ").capitalize(), help_texts.get(label, ""), query))
    return tuple(planned)


def _target_sources(spec: Spec, series: Sequence[str]) -> tuple[str, ...]:
    """Who knows the jobs and instances: the heartbeat of our own processes, and the external metrics in use."""
    own = (naming.HEARTBEAT,) if any(not metric.external for metric in spec.all_metrics) else ()
    external = [metric for metric in spec.all_metrics if metric.external and set(metric.series) & set(series)]
    return (*own, *(metric.series[-1] for metric in external))


def _covering(label: str, series: Sequence[str], registry: Registry) -> tuple[str, ...]:
    """As few of the series as together have every value of the label; metrics before recorded series."""
    found = [known for known in map(registry.series, series) if known is not None and label in known.labels]
    chosen: dict[str, None] = {}
    covered: set[str] = set()
    for known in sorted(found, key=lambda one: one.kind == "recorded"):
        values = known.labels[label]
        if values is None and known.kind == "recorded" and chosen:
            continue
        if values is None or not covered.issuperset(values):
            chosen[_lightest(known, registry)] = None
            covered.update(values or ())
    return tuple(chosen)


def _lightest(series: Series, registry: Registry) -> str:
    """A histogram's buckets are many series with the same labels as its count."""
    count = f"{series.name.removesuffix('_bucket')}_count"
    return count if series.kind == "histogram_bucket" and registry.series(count) is not None else series.name


def _all_have(label: str, names: Sequence[str], registry: Registry, declared: Mapping[str, str]) -> bool:
    found = [registry.series(name) for name in names]
    return label in declared and all(series is not None and label in series.labels for series in found)


def _label_values(label: str, names: Sequence[str], by: Mapping[str, str], spec: str) -> str:
    conditions = [matcher(other, "=~", f"${variable}") for other, variable in by.items()]
    name = names[0]
    if len(names) > 1:
        name = ""
        conditions.insert(0, matcher("__name__", "=~", "|".join(names)))
    elif name == naming.HEARTBEAT:
        conditions.insert(0, matcher("spec", "=", spec))
    selector = f"{name}{{{','.join(conditions)}}}" if conditions else name
    return f"label_values({selector}, {label})"
