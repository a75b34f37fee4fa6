"""What promspec's own inference says of imported queries, told where they were written."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from promspec.importing.indicators import selection_text
from promspec.importing.measures import Selection, grouping
from promspec.importing.metrics import Family, Metrics
from promspec.importing.model import ImportedSlo, Service, StandardTier
from promspec.importing.promises import RESERVED as _SET
from promspec.importing.queries import query
from promspec.problems import one_of
from promspec.promql import infer
from promspec.series import SpecSeries
from promspec.vocabulary.labels import Label
from promspec.vocabulary.metrics import Counter, Gauge, Histogram, Metric
from promspec.vocabulary.spec import Spec


def check_queries(slos: Sequence[ImportedSlo], services: Mapping[str, Service]) -> None:
    """Note a problem for each query that names what cannot be, and for two that keep different labels."""
    kept = [slo for slo in slos if slo.indicator is not None]
    metrics = Metrics((slo.id, part) for slo in kept if slo.indicator is not None for part in slo.indicator.parts)
    registry = SpecSeries(Spec("imported", owner="nobody"), [_declared(family) for family in metrics.families])
    for slo in kept:
        for text in dict.fromkeys(_texts(slo)):
            for finding in infer(query(text).expr, registry).findings:
                slo.entry.say("import/query", f"{slo.id}: {finding.message}", finding.remedy or "mend the query")
        _same_labels(slo)
        _own_labels(slo, services.get(slo.service))


def _own_labels(slo: ImportedSlo, service: Service | None) -> None:
    """Groups by a label that its alerts set to one value would become one."""
    grouped = [label for text in _texts(slo) for label in grouping(query(text).expr) or ()]
    tiers = [name for tier in slo.tiers or () if isinstance(tier, StandardTier) for name, _ in tier.labels]
    by_hand = {*(service.labels if service is not None else ()), *slo.labels, *tiers}
    for name in dict.fromkeys(grouped):
        if name in _SET and name != "team":
            text = f"{slo.id}: its queries keep the label {name}, which promspec sets itself"
            slo.entry.say("import/labels", text, "give the metric's label another name")
        elif name in by_hand:
            text = f"{slo.id}: its queries keep the label {name}, which its labels set as well"
            slo.entry.say("import/labels", text, "leave it out of the labels: every group has its own")


def _texts(slo: ImportedSlo) -> Iterator[str]:
    for part in slo.indicator.parts if slo.indicator is not None else ():
        yield selection_text(part) if isinstance(part, Selection) else part.text


def _same_labels(slo: ImportedSlo) -> None:
    """Bad events and all events that keep different labels never meet in a division."""
    kept = [grouping(query(text).expr) for text in _texts(slo)]
    if len(kept) < 2 or None in kept or sorted(kept[0] or ()) == sorted(kept[1] or ()):
        return
    one, other = (one_of(labels or ()) or "none" for labels in kept)
    text = f"{slo.id}: its queries keep different labels, {one} and {other}, so they are never divided"
    slo.entry.say("import/labels", text, "aggregate both by the same labels")


def _declared(family: Family) -> Metric:
    """The metric that the spec will declare."""
    labels = [Label(name, max_values=100) for name, _ in family.labels]
    if family.word == "Histogram" and family.buckets:
        bounds = [float(value) for value in family.buckets]
        return Histogram(family.name, "Imported.", labels=labels, external=True, buckets=bounds)
    words: dict[str, type[Metric]] = {"Counter": Counter, "Gauge": Gauge, "Histogram": Histogram}
    return words[family.word](family.name, "Imported.", labels=labels, external=True)
