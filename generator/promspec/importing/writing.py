"""What was imported, as the Python text of a spec: metrics first, then the SLOs, then the `Spec`."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from promspec.importing.layout import Node, Raw, assigned, call, listed, mapping, text
from promspec.importing.metrics import Family, Metrics, asked_for
from promspec.importing.model import AnyTier, Import, ImportedSlo, OwnTier, Service, StandardTier
from promspec.importing.names import Identifiers, spec_name
from promspec.importing.selecting import Constants, indicator_code
from promspec.quantities import decimal, number
from promspec.render.python import WIDTH, docstring, literal, width

_MAX_VALUES = 100


def spec_text(found: Import, name: str) -> str:
    """The spec of everything that could be imported; what could not is said beside it."""
    return _Writer(found, spec_name(name)).text()


class _Writer:
    def __init__(self, found: Import, name: str) -> None:
        self._found, self._name = found, name
        owners = (service.owner for service in found.services.values())
        self._owner = next(filter(None, owners), "") or next(iter(found.services), "").strip() or name
        self._identifiers = Identifiers()
        kept = [slo for slo in found.slos if slo.indicator is not None]
        used = ((slo.name, part) for slo in kept if slo.indicator is not None for part in slo.indicator.parts)
        self._metrics = Metrics(used)
        self._labels = self._named_labels()
        families = {family.name: self._identifiers.take(family.name, "metric") for family in self._metrics.families}
        self._constants = Constants(self._metrics, families, self._labels)
        self._slos = {id(slo): self._identifiers.take(slo.name.replace("-", "_"), "slo") for slo in kept}
        self._shared = {name: self._shared_labels(name) for name in found.services}

    def _named_labels(self) -> dict[str, str]:
        names = dict.fromkeys(label for family in self._metrics.families for label, _ in family.labels)
        return {name: self._identifiers.take(name, "label") for name in names}

    def _shared_labels(self, service: str) -> str:
        """The constant that holds the labels of a service, where more than one SLO has them."""
        slos = [slo for slo in self._found.slos if slo.service == service and id(slo) in self._slos]
        labels = self._found.services[service].labels
        several = len(self._found.services) > 1
        wanted = f"{spec_name(service)}_labels" if several else "labels"
        return self._identifiers.take(wanted, "labels") if labels and len(slos) > 1 else ""

    def text(self) -> str:
        body = [*self._declared_metrics(), *self._declared_labels_of_services(), *self._declared_slos(), self._spec()]
        source = "\n".join(body)
        title = f"The SLOs of {', '.join(self._found.services) or self._name}, imported from {self._found.source}."
        head = docstring(f"{title} Yours to edit.", 0)
        return f"{head}\n\n{_imports(source)}\n\n{source}"

    def _declared_metrics(self) -> Iterator[str]:
        if not self._metrics.families:
            return
        yield "# What the queries select. Something else exposes it, so nothing is generated for it but rules."
        for name, constant in self._labels.items():
            said = asked_for(self._metrics.values(name))
            help_ = [text(said)] if said else []
            yield assigned(constant, call("Label", text(name), *help_, max_values=Raw(str(_MAX_VALUES))))
        for family in self._metrics.families:
            yield self._metric(family)
        yield ""

    def _metric(self, family: Family) -> str:
        several = "SLOs" if len(family.slos) > 1 else "SLO"
        verb = {"Counter": "Counted", "Gauge": "Read", "Histogram": "Counted"}[family.word]
        help_ = f"{verb} by the {several} {', '.join(family.slos)}."
        labels = listed(Raw(self._labels[label]) for label, _ in family.labels) if family.labels else None
        buckets = listed(Raw(number(decimal(value))) for value in family.buckets) if family.buckets else None
        made = call(family.word, text(family.name), text(help_), labels=labels, buckets=buckets, external=Raw("True"))
        code = assigned(self._constants.families[family.name], made)
        if family.word == "Histogram" and not family.buckets:
            return f"# No query shows its buckets: write those it has, if you use them.\n{code}"
        return code

    def _declared_labels_of_services(self) -> Iterator[str]:
        shared = [(name, constant) for name, constant in self._shared.items() if constant]
        if shared:
            yield "# On every alert of the SLOs below."
        for name, constant in shared:
            yield assigned(constant, mapping(self._found.services[name].labels))
        if shared:
            yield ""

    def _declared_slos(self) -> Iterator[str]:
        for slo in self._found.slos:
            where = f"{_file(slo.entry.file)}:{slo.entry.line}"
            yield from _comment(where if id(slo) in self._slos else f"{where}: {slo.id} is not imported")
            for note in slo.notes:
                yield from _comment(note)
            if id(slo) in self._slos:
                yield assigned(self._slos[id(slo)], self._slo(slo))
            yield ""

    def _slo(self, slo: ImportedSlo) -> Node:
        assert slo.indicator is not None
        by = listed(self._group_label(label) for label in slo.indicator.by) if slo.indicator.by else None
        events = getattr(slo.indicator, "events", True)
        silent = slo.tiers is not None and not slo.tiers
        team = slo.team or self._found.services[slo.service].owner or self._owner
        named: dict[str, Node | None] = {
            "objective": Raw(number(slo.objective)),
            "window": text(slo.window) if slo.window != "30d" else None,
            "calendar": text("month") if slo.calendar else None,
            "group_by": by,
            "tiers": listed(_tier(tier) for tier in slo.tiers) if slo.tiers is not None else None,
            "minimum_events": None if events or silent else Raw("1"),
            "budget_exhausted": None if slo.budget_alerts else Raw("None"),
            "budget_forecast": None if slo.budget_alerts else Raw("None"),
            "description": text(slo.description) if slo.description else None,
            "runbook": text(slo.runbook) if slo.runbook else None,
            "team": text(team) if team != self._owner else None,
            "labels": self._labels_of(slo),
            "annotations": mapping(slo.annotations) if slo.annotations else None,
        }
        if not events and not silent:
            named["allow"] = mapping({"slo/one-failure-fires": "it counts no events, so there is no one event"})
        return call("SLO", text(slo.name), indicator_code(slo.indicator, self._constants), **named)

    def _group_label(self, label: str) -> Node:
        return Raw(self._labels[label]) if label in self._labels else text(label)

    def _labels_of(self, slo: ImportedSlo) -> Node | None:
        shared = self._shared.get(slo.service, "")
        common = self._found.services[slo.service].labels
        if not shared:
            both = {**common, **slo.labels}
            return mapping(both) if both else None
        own = {name: value for name, value in slo.labels.items() if common.get(name) != value}
        return mapping(own, shared) if own else Raw(shared)

    def _spec(self) -> str:
        services = list(self._found.services.values())
        one = services[0] if len(services) == 1 else Service(self._name)
        metrics = [Raw(name) for name in self._constants.families.values()]
        made = call(
            "Spec",
            text(self._name),
            owner=text(self._owner),
            title=text(one.title) if one.title else None,
            description=text(one.description) if one.description else None,
            metrics=listed(metrics) if metrics else None,
            slos=listed(Raw(constant) for constant in self._slos.values()),
        )
        notes = [line for note in self._found.notes for line in _comment(note)]
        return "\n".join([*notes, assigned("spec", made), ""])


def _tier(tier: AnyTier) -> Node:
    if isinstance(tier, OwnTier):
        return call(
            "Tier",
            text(tier.name),
            short=text(tier.short),
            long=text(tier.long),
            budget=Raw(number(tier.budget)),
            severity=Raw(f"Severity.{tier.severity.name}"),
            for_=text(tier.for_) if tier.for_ != "0s" else None,
        )
    return _changed(tier)


def _changed(tier: StandardTier) -> Node:
    """A standard tier: its constant, with what is different."""
    short, long, budget = tier.windows or ("", "", None)
    changes = {
        "short": text(short) if short else None,
        "long": text(long) if long else None,
        "budget": Raw(number(budget)) if budget is not None else None,
        "severity": Raw(f"Severity.{tier.severity.name}") if tier.severity is not None else None,
        "labels": mapping(dict(tier.labels)) if tier.labels else None,
        "annotations": mapping(dict(tier.annotations)) if tier.annotations else None,
    }
    if any(changes.values()):
        return call(f"{tier.constant}.but", **changes)
    return Raw(tier.constant)


def _imports(source: str) -> str:
    """The import of the words that the source uses, in the order of isort: constants, classes, functions."""
    constants = ("PAGE_FAST", "PAGE_SLOW", "SLO", "TICKET_FAST", "TICKET_SLOW")
    classes = ("Counter", "Gauge", "Histogram", "Holds", "Label", "Latency", "Ratio", "Severity", "Spec", "Tier")
    names = {node.id for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Name)}
    used = [word for word in (*constants, *classes, "matches", "not_", "not_matches") if word in names]
    line = f"from promspec import {', '.join(used)}"
    if len(line) <= WIDTH:
        return line
    return "from promspec import (\n" + "".join(f"    {word},\n" for word in used) + ")"


def _comment(note: str) -> Iterator[str]:
    """The note as comment lines; what is no letter is escaped."""
    line = "#"
    for word in note.split():
        shown = "".join(char if char == "…" else literal(char)[1:-1] for char in word)
        if line != "#" and width(line) + 1 + width(shown) > WIDTH:
            yield line
            line = "#"
        line = f"{line} {shown}"[:WIDTH]  # nobody reads a word that is longer than a line
    yield line


def _file(path: str) -> str:
    return re.split(r"[\\/]", path)[-1]
