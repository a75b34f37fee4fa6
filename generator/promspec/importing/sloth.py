"""Sloth's `prometheus/v1` files, and its Kubernetes resource `sloth.slok.dev/v1`, as services and SLOs.

Source: slok/sloth, pkg/prometheus/api/v1 and pkg/kubernetes/api/sloth/v1.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from decimal import Decimal

from promspec.importing.entries import Entry
from promspec.importing.indicators import Condition, Indicator, of_events, of_ratio
from promspec.importing.model import Import, ImportedSlo, Service
from promspec.importing.promises import alert_annotations, alert_labels, objective, owner_of
from promspec.importing.queries import Query, read_query
from promspec.importing.sloth_tiers import WRITTEN, Windows, is_windows, tiers_of, wants_tickets, windows_of
from promspec.problems import Level, one_of

_PLAIN, _RESOURCE = "prometheus/v1", "sloth.slok.dev/v1"
_LEVELS = ("PrometheusServiceLevel", "ManagedPrometheusServiceLevel")


def add_sloth(found: Import, documents: Sequence[Entry], window: str) -> None:
    """Add the services of these documents; `window` is the period, which Sloth is told on its command line."""
    windows = windows_of(documents, window)
    for document in documents:
        for part in _parts(document):
            _service(found, part, windows)


def _parts(document: Entry) -> Iterator[Entry]:
    """The service levels of a document: itself, the `spec` of a resource, or those of a list of resources."""
    version, kind = document.get("version"), document.get("apiVersion")
    if kind is not None and document.optional("kind") == "List":
        for item in document.mappings("items"):
            yield from _parts(item)
    elif version is not None:
        if version.as_text() == _PLAIN:
            document.known("version", "service", "labels", "slos", "slo_plugins", "sloPlugins")
            yield document
        else:
            version.say("import/kind", f"the version is {version.as_text()!r}", f"write version: {_PLAIN}")
    elif kind is None:
        document.say("import/kind", "this is no file of Sloth: it has no version", f"write version: {_PLAIN}")
    elif kind.as_text() == _RESOURCE and document.optional("kind") in _LEVELS:
        document.known("apiVersion", "kind", "metadata", "spec", "status")
        spec = document.mapping("spec", required=True)
        if spec is not None:
            spec.known("service", "labels", "slos", "sloPlugins", "slo_plugins")
            yield spec
    elif not is_windows(document):
        _other(kind, document)


def _other(kind: Entry, document: Entry) -> None:
    name = (kind.as_text() or "").strip()
    what = f"the document is of the kind {document.optional('kind') or '(none)'} of {name}"
    if name.startswith("openslo"):
        kind.say("import/kind", what, "import it with promspec import openslo")
    else:
        kind.say("import/kind", what, f"name files of {_PLAIN} or {_RESOURCE}")


def _service(found: Import, part: Entry, windows: Windows) -> None:
    name = part.text("service")
    given = part.texts("labels")
    if name is None:
        return
    service = found.services.setdefault(name, Service(name))
    service.owner = service.owner or owner_of(given)
    service.labels.update(alert_labels(given, found.note, service.owner))
    _plugins(found, part, f"the service {name}")
    for entry in part.mappings("slos", required=True):
        slo = _slo(found, entry, service, windows)
        if slo is not None:
            found.slos.append(slo)


def _plugins(found: Import, entry: Entry, whose: str) -> None:
    chain = entry.mapping("slo_plugins", "sloPlugins", "plugins")
    if chain is not None:
        ids = [item.optional("id") or "(no id)" for item in chain.mappings("chain")]
        text = f"{whose} runs its rules through plugins: {one_of(ids)}"
        found.note(chain, "import/not-carried", text, "compare its rules with those of promspec")


def _slo(found: Import, entry: Entry, service: Service, windows: Windows) -> ImportedSlo | None:
    entry.known(
        *("name", "objective", "description", "labels", "infoLabels", "info_labels", "sli", "alerting", "interval"),
        "plugins",
    )
    name, promised = entry.text("name"), objective(entry.require("objective"))
    sli = entry.mapping("sli", required=True)
    if name is None:
        return None
    slo = ImportedSlo(name, service.name, entry, window=windows.period, team=service.owner)
    slo.description = entry.optional("description").strip()
    _plugins(found, entry, f"the SLO {name}")
    slo.indicator = _indicator(sli, slo) if sli is not None else None
    slo.objective = promised or Decimal(0)
    slo.indicator = slo.indicator if promised is not None else None
    _texts(entry, slo, windows)
    return slo


def _texts(entry: Entry, slo: ImportedSlo, windows: Windows) -> None:
    labels = entry.texts("labels")
    slo.team = owner_of(labels) or slo.team
    slo.labels = alert_labels(labels, slo.note, slo.team)
    alerting = entry.mapping("alerting")
    if alerting is not None:
        _texts_of_alerts(alerting, slo)
    slo.tiers = tiers_of(alerting, slo, windows)
    slo.budget_alerts = slo.tiers is None or any(wants_tickets(tier) for tier in slo.tiers)
    for key, what in (("infoLabels", "the labels of sloth_slo_info"), ("interval", "the intervals of its rule groups")):
        left = entry.get(key, "info_labels" if key == "infoLabels" else key)
        if left is not None:
            remedy = "Deployment(evaluation_interval=…) sets it for all" if key == "interval" else "write labels=…"
            slo.note(left, "import/not-carried", f"{what} are left behind", remedy)


def _indicator(sli: Entry, slo: ImportedSlo) -> Indicator | Condition | None:
    sli.known("events", "raw", "plugin")
    given = [key for key in ("events", "raw", "plugin") if sli.get(key) is not None]
    if len(given) != 1:
        text = f"{slo.id} has {' and '.join(given) or 'no indicator'}: an SLI has one of events, raw and plugin"
        sli.say("import/value" if given else "import/missing", text, "keep one" if given else "write one of them")
        return None
    part = sli.mapping(given[0])
    if part is None:
        return None
    if given[0] == "plugin":
        text = f"the SLI is made by the plugin {part.optional('id') or '(no id)'}, which promspec cannot run"
        slo.note(part, "import/not-carried", text, "write what it measures: Ratio(bad=…, total=…)")
        return None
    return _events(part, slo) if given[0] == "events" else _raw(part, slo)


def _events(part: Entry, slo: ImportedSlo) -> Indicator | None:
    part.known("error_query", "total_query", "errorQuery", "totalQuery")
    bad = _windowed(part.require("error_query", "errorQuery"), f"the error query of {slo.id}")
    total = _windowed(part.require("total_query", "totalQuery"), f"the total query of {slo.id}")
    if bad is None or total is None:
        return None
    found = of_events(bad, total)
    if not found.events:
        text = "its queries do not count events, so no minimum of events keeps a single failure from alerting"
        slo.note(part, "import/changed", text, "count with increase(…[$window]) if you can", Level.INFO)
    return found


def _raw(part: Entry, slo: ImportedSlo) -> Indicator | None:
    part.known("error_ratio_query", "errorRatioQuery")
    ratio = _windowed(part.require("error_ratio_query", "errorRatioQuery"), f"the ratio of {slo.id}")
    if ratio is None:
        return None
    found = of_ratio(ratio)
    if not found.events:
        text = "a ratio has no events, so each evaluation weighs the same, busy or quiet"
        slo.note(part, "import/changed", text, "give bad and total events where there are such", Level.INFO)
    return found


def _windowed(entry: Entry | None, what: str) -> Query | None:
    found = read_query(entry, what)
    if found is not None and entry is not None and not found.windowed:
        entry.say("import/query", f"{what} has no range {{{{.window}}}}", "write it where the range stands")
        return None
    return found


def _texts_of_alerts(alerting: Entry, slo: ImportedSlo) -> None:
    alerting.known("name", "labels", "annotations", "page_alert", "pageAlert", "ticket_alert", "ticketAlert")
    name = alerting.get("name")
    if name is not None and name.as_text():
        text = f"its alerts are no longer called {name.as_text()}, but by the SLO and the tier"
        slo.note(name, "import/changed", text, "change what matches the name, such as routes", Level.INFO)
    own = alerting.texts("labels")
    own.pop("severity", None)
    slo.team = owner_of(own) or slo.team
    slo.labels.update(alert_labels(own, slo.note, slo.team))
    slo.annotations, slo.runbook = alert_annotations(alerting.texts("annotations"), slo.note, WRITTEN)
