"""OpenSLO v1 documents as services and SLOs; references are resolved across documents and files.

Source: https://github.com/OpenSLO/OpenSLO, README.md, "Object Types".
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from decimal import Decimal

from promspec.importing.entries import Entry
from promspec.importing.metric_sources import indicator_of
from promspec.importing.model import Import, ImportedSlo, Service
from promspec.importing.objects import Objects
from promspec.importing.periods import period_of
from promspec.importing.policies import tiers_of
from promspec.importing.promises import RESERVED, Note, objective, owner_of
from promspec.judging.templates import wrong_template
from promspec.naming import LABEL_NAME, kebab
from promspec.problems import Level

_SPEC = (
    *("description", "service", "indicator", "indicatorRef", "timeWindow", "budgetingMethod", "objectives"),
    "alertPolicies",
)
_OBJECTIVE = (
    *("displayName", "op", "value", "target", "targetPercent", "timeSliceTarget", "timeSliceWindow"),
    *("indicator", "indicatorRef", "compositeWeight"),
)


def add_openslo(found: Import, documents: Sequence[Entry]) -> None:
    """Add every SLO of these documents, one for each of its objectives, and the services they name."""
    objects = Objects(documents)
    for document in objects.of("SLO"):
        spec = document.mapping("spec", required=True)
        name = objects.name(document)
        if spec is not None and name is not None:
            spec.known(*_SPEC)
            _slo(found, objects, document, spec, name)
    for document in objects.unused():
        name = objects.name(document) or "(no name)"
        text = f"no SLO refers to the {document.optional('kind')} {name}, so nothing is made of it"
        document.say("import/unused", text, "delete it, or refer to it", Level.INFO)


def _slo(found: Import, objects: Objects, document: Entry, spec: Entry, name: str) -> None:
    service = spec.text("service")
    objectives = tuple(spec.mappings("objectives", required=True))
    if service is None:
        return
    _service(found, objects, service)
    for index, entry in enumerate(objectives, start=1):
        entry.known(*_OBJECTIVE)
        title = entry.optional("displayName").strip()
        shown = name if len(objectives) == 1 else f"{name}-{kebab(title) or index}"
        slo = ImportedSlo(shown, service, entry if len(objectives) > 1 else document)
        _promise(objects, document, spec, entry, slo)
        found.slos.append(slo)


def _promise(objects: Objects, document: Entry, spec: Entry, entry: Entry, slo: ImportedSlo) -> None:
    slo.description = _described(document, spec)
    promised = _target(entry, slo)
    found = indicator_of(objects, spec, entry, slo)
    if found is None and slo.notes:
        return  # it is left out, so nothing else of it need be said
    period_of(spec, slo)
    slo.objective = promised or Decimal(0)
    slo.indicator = found if promised is not None else None
    slo.tiers, slo.budget_alerts = tiers_of(objects, spec, slo), False  # its policies say all that alerts
    _metadata(document, slo, slo.note)
    slo.team = owner_of(_single(document.mapping("metadata")))


def _described(document: Entry, spec: Entry) -> str:
    metadata = document.mapping("metadata")
    title = metadata.optional("displayName").strip() if metadata is not None else ""
    text = " ".join(spec.optional("description").split())
    return f"{title}: {text}" if title and text else text or title


def _target(entry: Entry, slo: ImportedSlo) -> Decimal | None:
    """The objective in percent, of `target` or `targetPercent`."""
    target, percent = entry.get("target"), entry.get("targetPercent")
    if target is not None and percent is not None:
        percent.say("import/value", f"{slo.id} has both target and targetPercent", "keep one")
        return None
    if target is None and percent is None:
        entry.say("import/missing", f"the objective of {slo.id} has no target", "write target: 0.99")
        return None
    return objective(target, 100) if target is not None else objective(percent)


def _service(found: Import, objects: Objects, name: str) -> None:
    if name in found.services:
        return
    service = found.services[name] = Service(name)
    declared = objects.find("Service", name)
    if declared is not None:
        spec, metadata = declared.mapping("spec"), declared.mapping("metadata")
        service.description = " ".join(spec.optional("description").split()) if spec is not None else ""
        service.title = metadata.optional("displayName").strip() if metadata is not None else ""
        service.owner = owner_of(_single(metadata))
        _annotated(declared, found.note)


def _single(metadata: Entry | None) -> dict[str, Entry]:
    """The labels that have one value."""
    labels = metadata.mapping("labels") if metadata is not None else None
    found = {}
    for name, entry in labels.fields.items() if labels is not None else ():
        values = entry.items_or_self()
        if len(values) == 1:
            found[name] = values[0]
    return found


def _metadata(document: Entry, slo: ImportedSlo, note: Note) -> None:
    """Labels of one value become labels of the alerts; the others, and annotations, have no place there."""
    metadata = document.mapping("metadata")
    if metadata is None:
        return
    metadata.known("name", "displayName", "labels", "annotations")
    single = _single(metadata)
    for name, entry in single.items():
        value = entry.as_text() or ""
        sayable = LABEL_NAME.fullmatch(name) and not name.startswith("__") and name not in RESERVED
        if sayable and wrong_template(value) is None:
            slo.labels[name] = value
    labels = metadata.mapping("labels")
    left = [name for name in (labels.fields if labels is not None else ()) if name not in {*slo.labels, "team"}]
    if labels is not None and left:
        text = f"these labels cannot stand on an alert: {', '.join(left)}"
        note(labels, "import/not-carried", text, "give each one value and a name of letters, digits and _", Level.INFO)
    _annotated(document, note)


def _annotated(document: Entry, note: Note) -> None:
    metadata = document.mapping("metadata")
    annotations = metadata.mapping("annotations") if metadata is not None else None
    if annotations is not None and annotations.fields:
        names: Iterator[str] = iter(annotations.fields)
        text = f"the annotations of the document are left behind: {', '.join(names)}"
        note(annotations, "import/not-carried", text, "write annotations={…} if an alert should show them", Level.INFO)
