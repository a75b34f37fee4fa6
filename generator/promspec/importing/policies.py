"""Alert policies of OpenSLO as tiers: a burn rate over a look-back window is a share of the budget."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from promspec.importing.entries import Entry
from promspec.importing.model import AnyTier, ImportedSlo, OwnTier
from promspec.importing.names import distinct, slug
from promspec.importing.objects import Objects
from promspec.importing.periods import minutes_of
from promspec.problems import Level, one_of
from promspec.quantities import duration, milliseconds, number
from promspec.vocabulary.severity import Severity
from promspec.vocabulary.tiers import RESERVED

_PAGING = ("page", "critical", "crit", "sev1", "sev2", "p1", "p2", "urgent", "high", "emergency", "fatal", "error")
_TICKETS = ("ticket", "warning", "warn", "sev3", "p3", "medium", "normal")
_MILDEST = ("info", "sev4", "sev5", "p4", "p5", "low", "notice", "none")
_POLICY = ("description", "alertWhenNoData", "alertWhenResolved", "alertWhenBreaching", "conditions")
_SHORT_OF_LONG = 12
"""How many times the short window goes into the long one. Source: Google SRE Workbook, table 5-8."""


def tiers_of(objects: Objects, spec: Entry, slo: ImportedSlo) -> tuple[AnyTier, ...]:
    """The tiers of an SLO, one for each condition of its policies; none where it has no policy."""
    entries = spec.items("alertPolicies")
    if not entries:
        remedy = "delete tiers=[] and the two lines below it for promspec's own alerts"
        slo.note(spec, "import/changed", "it has no alertPolicies, so it alerts nobody", remedy, Level.INFO)
        return ()
    names: set[str] = set()
    found = (_tier(condition, slo, names) for entry in entries for condition in _conditions(objects, entry, slo))
    made = [tier for tier in found if tier is not None]
    return tuple(sorted(made, key=lambda tier: milliseconds(tier.long)))


def _conditions(objects: Objects, entry: Entry, slo: ImportedSlo) -> Iterator[Entry]:
    policy = _resolved(objects, entry, "AlertPolicy", "alertPolicyRef")
    spec = policy.mapping("spec", required=True) if policy is not None else None
    if spec is None:
        return
    spec.known(*_POLICY, "notificationTargets")
    _unsaid(objects, spec, slo)
    if spec.flag("alertWhenBreaching") is False:
        text = "a policy does not alert when it breaches, so it makes no tier"
        slo.note(spec, "import/not-carried", text, "write alertWhenBreaching: true if it should", Level.INFO)
        return
    for item in spec.items("conditions", required=True):
        condition = _resolved(objects, item, "AlertCondition", "conditionRef")
        if condition is not None:
            yield condition


def _resolved(objects: Objects, entry: Entry, kind: str, key: str) -> Entry | None:
    """The object that stands inline, or that a name, alone or under `key`, refers to."""
    if not entry.is_mapping:
        return objects.refer(kind, entry)
    reference = entry.get(key)
    if reference is not None:
        return objects.refer(kind, reference)
    if entry.get("spec") is None:
        entry.require(key)
        return None
    return entry


def _unsaid(objects: Objects, spec: Entry, slo: ImportedSlo) -> None:
    """Say what of a policy is Alertmanager's: resolved alerts and targets; and what absence alerts are for."""
    if spec.flag("alertWhenNoData"):
        text = "alertWhenNoData is not a matter of the SLO"
        slo.note(spec, "import/not-carried", text, "alert on absent(up{job=…}), or on what should be there")
    if spec.flag("alertWhenResolved"):
        text = "alertWhenResolved is a matter of the receiver"
        slo.note(spec, "import/not-carried", text, "write send_resolved=True on it", Level.INFO)
    names = []
    for item in spec.items("notificationTargets"):
        reference = item.get("targetRef") if item.is_mapping else item
        name = reference.as_text() if reference is not None else None
        # Nothing is made of a target, so one that stands elsewhere is only named.
        target = objects.find("AlertNotificationTarget", name) if name is not None else item
        if target is None:
            names.append(name or "(no name)")
        else:
            part = target.mapping("spec")
            way = part.optional("target") if part is not None else ""
            names.append(f"{objects.name(target) or '(no name)'}{f' ({way})' if way else ''}")
    if names:
        text = f"its alerts go to {one_of(names)}, which is not carried over"
        slo.note(spec, "import/not-carried", text, "give the Spec routing=Routing(…)")


def _tier(condition: Entry, slo: ImportedSlo, names: set[str]) -> OwnTier | None:
    metadata, spec = condition.mapping("metadata"), condition.mapping("spec", required=True)
    part = spec.mapping("condition", required=True) if spec is not None else None
    if spec is None or part is None:
        return None
    spec.known("description", "severity", "condition")
    part.known("kind", "op", "threshold", "lookbackWindow", "alertAfter")
    kind = part.optional("kind") or "burnrate"
    if kind.lower() != "burnrate":
        slo.note(part, "import/not-carried", f"the condition {kind!r} is none that promspec knows", "write an Alert(…)")
        return None
    lookback, threshold, after = part.require("lookbackWindow"), part.require("threshold"), part.get("alertAfter")
    minutes = minutes_of(lookback) if lookback is not None else None
    factor = threshold.as_number() if threshold is not None else None
    waits = minutes_of(after) if after is not None and after.as_text() not in ("0", "0m", "0s") else 0
    if lookback is None or threshold is None or minutes is None or factor is None or waits is None:
        return None
    name = metadata.optional("name") if metadata is not None else ""
    return _made(part, slo, names, name, minutes, factor, waits, _severity(spec, slo))


def _made(
    part: Entry,
    slo: ImportedSlo,
    names: set[str],
    name: str,
    minutes: int,
    factor: Decimal,
    waits: int,
    severity: Severity,
) -> OwnTier | None:
    budget = factor * minutes * 60_000 / milliseconds(slo.window)
    if not 0 < budget <= 1 or minutes * 60_000 > milliseconds(slo.window) or minutes < 3:
        text = f"a burn rate of {number(factor)} within {duration(minutes * 60_000)} makes no tier over {slo.window}"
        slo.note(part, "import/not-carried", text, "choose a window of at least 3m that spends at most the budget")
        return None
    short = duration(max(2, minutes // _SHORT_OF_LONG) * 60_000)
    text = f"it must also burn within {short}, so that the alert ends soon after the fault does"
    slo.note(part, "import/changed", text, "there is nothing to do; short=… sets the window", Level.INFO)
    wanted = slug(name, "burn-rate")
    chosen = distinct(f"{wanted}-tier" if wanted in RESERVED else wanted, names)
    long, for_ = duration(minutes * 60_000), duration(waits * 60_000)
    return OwnTier(chosen, short, long, budget.quantize(Decimal("0.000001")).normalize(), severity, for_)


def _severity(spec: Entry, slo: ImportedSlo) -> Severity:
    entry = spec.require("severity")
    written = (entry.as_text() or "") if entry is not None else ""
    word = written.strip().lower()
    known = ((_PAGING, Severity.CRITICAL), (_TICKETS, Severity.WARNING), (_MILDEST, Severity.INFO))
    found = next((severity for words, severity in known if word in words), None)
    if found is None and entry is not None:
        text = f"the severity {written!r} is warning now"
        slo.note(entry, "import/changed", text, f"write one of {one_of(Severity)}")
    return found or Severity.WARNING
