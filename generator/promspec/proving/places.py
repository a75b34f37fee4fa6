"""Where in the spec a rule comes from."""

from __future__ import annotations

from promspec.problems import NOWHERE, Place
from promspec.proofs.model import TestedRule
from promspec.series import SpecSeries
from promspec.vocabulary.spec import Spec


def place_of(spec: Spec, rule: TestedRule) -> Place:
    """The declaration of an alert or a recording rule; of a generated one that of its SLO or panel."""
    declared = spec.alerts if rule.alert else spec.recording_rules
    for item in declared:
        if item.name == (rule.alert or rule.record) and item.expr == rule.expr:
            return item.place
    for made in SpecSeries(spec).panel_records:
        if made.name == rule.record and made.panel is not None:
            return made.panel.place
    slo = dict(rule.labels).get("slo")
    found = next((item for item in spec.slos if item.name == slo), None)
    return found.place if found is not None else getattr(spec, "place", NOWHERE)
