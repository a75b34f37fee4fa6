"""Page and ticket alerts of Sloth as tiers, with the windows that a resource `AlertWindows` gives them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from promspec.importing.entries import Entry
from promspec.importing.model import AnyTier, ImportedSlo, StandardTier
from promspec.importing.promises import alert_annotations, alert_labels
from promspec.problems import Level, one_of
from promspec.quantities import milliseconds
from promspec.vocabulary.severity import Severity

WRITTEN = ("summary", "description", "title")
"""Annotations whose place promspec's own texts take."""
_PAGE = (("PAGE_FAST", "PAGE_SLOW"), Severity.CRITICAL, ("page_alert", "pageAlert"))
_TICKET = (("TICKET_FAST", "TICKET_SLOW"), Severity.WARNING, ("ticket_alert", "ticketAlert"))
_PLACES = {
    ("page", "quick"): "PAGE_FAST",
    ("page", "slow"): "PAGE_SLOW",
    ("ticket", "quick"): "TICKET_FAST",
    ("ticket", "slow"): "TICKET_SLOW",
}


@dataclass(slots=True)
class Windows:
    """The period of the SLOs, and the windows of the tiers where they are not the standard ones."""

    period: str
    of: dict[str, tuple[str, str, Decimal]] = field(default_factory=dict)
    """Constant of a standard tier -> short window, long window, share of the budget."""


def is_windows(document: Entry) -> bool:
    """Whether a document is a resource `AlertWindows`."""
    return document.optional("kind") == "AlertWindows"


def windows_of(documents: Sequence[Entry], period: str) -> Windows:
    """What the resource `AlertWindows` among the documents says, or the standard for this period."""
    found = Windows(period)
    for document in documents:
        spec = document.mapping("spec", required=True) if is_windows(document) else None
        if spec is None:
            continue
        spec.known("sloPeriod", "page", "ticket")
        length = spec.require("sloPeriod")
        found.period = _duration(length) or period
        for urgency, speed in _PLACES:
            part = spec.mapping(urgency, required=True)
            pair = part.mapping(speed, required=True) if part is not None else None
            if pair is not None:
                _read(pair, _PLACES[urgency, speed], found)
    return found


def _read(pair: Entry, constant: str, found: Windows) -> None:
    pair.known("errorBudgetPercent", "shortWindow", "longWindow")
    share = pair.require("errorBudgetPercent")
    percent = share.as_number() if share is not None else None
    short, long = _duration(pair.require("shortWindow")), _duration(pair.require("longWindow"))
    if share is None or percent is None or not short or not long:
        return
    if not 0 < percent <= 100 or milliseconds(short) >= milliseconds(long):
        pair.say("import/value", "these windows make no tier", "write a share of 1 to 100, and short < long")
        return
    found.of[constant] = (short, long, percent / 100)


def _duration(entry: Entry | None) -> str:
    written = (entry.as_text() or "").strip() if entry is not None else ""
    try:
        if written and milliseconds(written) > 0:
            return written
    except ValueError:
        pass
    if entry is not None:
        entry.say("import/value", f"{written!r} is no duration", "write it as Prometheus does: 5m, 1h, 30d")
    return ""


def tiers_of(alerting: Entry | None, slo: ImportedSlo, windows: Windows) -> tuple[AnyTier, ...] | None:
    """The tiers of an SLO; None where they are the standard ones."""
    every = tuple(tier for sort in (_PAGE, _TICKET) for tier in _tiers(alerting, slo, *sort, windows))
    plain = tuple(StandardTier(name) for name in (*_PAGE[0], *_TICKET[0]))
    return None if every == plain else every


def wants_tickets(tier: AnyTier) -> bool:
    """Whether a tier is one of tickets: who wants none of these wants none on the budget either."""
    return isinstance(tier, StandardTier) and tier.constant in _TICKET[0]


def _tiers(
    alerting: Entry | None,
    slo: ImportedSlo,
    names: tuple[str, ...],
    usual: Severity,
    keys: tuple[str, ...],
    windows: Windows,
) -> tuple[AnyTier, ...]:
    """The two tiers behind a page or a ticket; none if it is disabled."""
    alert = alerting.mapping(*keys) if alerting is not None else None
    if alert is None:
        return tuple(StandardTier(name, windows=windows.of.get(name)) for name in names)
    alert.known("disable", "labels", "annotations")
    if alert.flag("disable"):
        return ()
    given = alert.texts("labels")
    severity = _severity(given.pop("severity", None), slo, usual)
    labels = tuple(alert_labels(given, slo.note, slo.team).items())
    texts = tuple(alert_annotations(alert.texts("annotations"), slo.note, WRITTEN, runbook=False)[0].items())
    changed = severity if severity is not usual else None
    return tuple(StandardTier(name, changed, labels, texts, windows.of.get(name)) for name in names)


def _severity(given: Entry | None, slo: ImportedSlo, usual: Severity) -> Severity:
    """The severity that a label says, or the usual one, with a note, where it is none of promspec's."""
    written = given.as_text() if given is not None else None
    if given is None or written is None:
        return usual
    if written.lower() in tuple(Severity):
        return Severity(written.lower())
    text = f"the severity {written!r} is {usual} now: promspec knows {one_of(Severity)}"
    slo.note(given, "import/changed", text, f"route on severity={usual}", Level.WARNING)
    return usual
