"""Why a page may not have come: who was told instead, with which labels, and what share of the events failed."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from decimal import Decimal

from promspec import naming
from promspec.drilling.model import Incident
from promspec.drilling.rules import Rules
from promspec.drilling.staging import Stage
from promspec.quantities import number

_FAR = Decimal("0.1")
"""How far what fails may be from what was written before it is worth a word: a tenth of it."""


def missed(stage: Stage, rules: Rules, incident: Incident, others: tuple[str, ...], since: float) -> Iterator[str]:
    """What is known of a page that did not come, each as a part of a sentence."""
    if others:
        yield f"instead: {', '.join(others)}"
    yield from _otherwise(stage, incident, since)
    yield from _share(stage, rules, incident)


def _otherwise(stage: Stage, incident: Incident, since: float) -> Iterator[str]:
    """The alert came, of other series than were meant."""
    own = [each for each in stage.messages() if each.name == incident.alert and each.at >= since]
    came = next((each for each in own if each.status == "firing"), None)
    if came is not None:
        meant, seen = (
            _labels({key: of.get(key, "") for key in incident.labels}) for of in (incident.labels, came.labels)
        )
        yield f"it came with {seen}, not with {meant}"


def _share(stage: Stage, rules: Rules, incident: Incident) -> Iterator[str]:
    """Of an SLO's tier: not so many events fail as the drill file says."""
    burning = rules.tier(rules.alerts[incident.alert][0]) if incident.alert in rules.alerts else None
    if burning is None:
        return
    slo, tier = burning
    wanted = {"slo": slo.name, **{key: value for key, value in incident.labels.items() if key in slo.group_labels}}
    seen = stage.highest(f"{naming.SLO_RATIO}{tier.short}{{{_labels(wanted)}}}")
    said = Decimal(str(incident.failing))
    if seen is None:
        yield f"there are no events of {slo.name}"
    elif abs(Decimal(seen) - said) > said * _FAR:
        share = number(round(Decimal(seen), 3))
        yield f"of the events of {slo.name} {share} fail over {tier.short}, and failing says {number(said)}"


def _labels(labels: Mapping[str, str]) -> str:
    return ", ".join(f"{key}={json.dumps(value, ensure_ascii=False)}" for key, value in labels.items())
