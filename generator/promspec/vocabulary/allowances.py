"""`until`: a reason for accepting a problem that holds up to a date."""

from __future__ import annotations

from datetime import date

from promspec.problems import Level, Problem
from promspec.vocabulary.base import SpecValueError, Until, caller, report

__all__ = ["Until", "until"]


def until(day: str, reason: str) -> Until:
    """Accept a problem up to and including a day (ISO 8601); after it, it is a problem again.

    >>> until("2027-01-31", "the partner moves to seconds in January").day
    '2027-01-31'
    """
    try:
        date.fromisoformat(day)
        known = len(day) == len("2027-01-31")
    except (ValueError, TypeError):
        known = False
    if known:
        return Until(day, reason)
    text = f"until({day!r}, …) names no day"
    found = Problem("allow/date", Level.ERROR, text, caller(), 'write year, month and day: "2027-01-31"')
    if not report(found):
        raise SpecValueError([found])
    return Until("9999-12-31", reason)
