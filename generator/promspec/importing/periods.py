"""The time window of an OpenSLO SLO as a period that promspec measures over."""

from __future__ import annotations

import re

from promspec.importing.entries import Entry
from promspec.importing.model import ImportedSlo
from promspec.problems import Level
from promspec.quantities import duration

_SHORTHAND = re.compile(r"([1-9]\d{0,4})([mhdwMQY])")
_MINUTES = {"m": 1, "h": 60, "d": 1_440, "w": 10_080, "M": 43_200, "Q": 129_600, "Y": 525_600}
"""Minutes of a unit; a month is 30 days, a quarter 90, a year 365."""
_DAY = re.compile(r"\d{4}-\d{2}-(\d{2})")
_LONGEST = 400 * 1_440


def period_of(spec: Entry, slo: ImportedSlo) -> None:
    """Set the window of an SLO, and whether its budget is that of the calendar month."""
    windows = tuple(spec.mappings("timeWindow"))
    if not windows:
        if spec.get("timeWindow") is None:
            slo.note(spec, "import/changed", "it has no timeWindow, so it gets 30 days", "write window=…", Level.INFO)
        return
    if len(windows) > 1:
        windows[1].say("import/value", f"an SLO has one time window, not {len(windows)}", "keep one")
    window = windows[0]
    window.known("duration", "isRolling", "calendar")
    written = window.require("duration")
    minutes = minutes_of(written) if written is not None else None
    if written is None or minutes is None:
        return
    if not 60 <= minutes <= _LONGEST:
        written.say("import/value", f"a window of {written.as_text()} is too short or too long", "write 7d, 28d or 30d")
        return
    slo.window = duration(minutes * 60_000)
    if window.flag("isRolling") is False or (window.get("calendar") is not None and not window.flag("isRolling")):
        _calendar(window, written, slo)


def _calendar(window: Entry, written: Entry, slo: ImportedSlo) -> None:
    calendar = window.mapping("calendar")
    zone = calendar.optional("timeZone") if calendar is not None else ""
    slo.calendar = written.as_text() == "1M"
    if not slo.calendar:
        text = f"a calendar window of {written.as_text()} rolls here: promspec knows the calendar month alone"
        slo.note(window, "import/changed", text, f"keep window={slo.window!r}, or write calendar='month'")
    elif zone and zone.upper() not in ("UTC", "ETC/UTC", "GMT"):
        text = f"its month begins in UTC, not in {zone}"
        slo.note(window, "import/changed", text, "there is nothing to do: Prometheus knows UTC alone", Level.INFO)
    start = _DAY.match(calendar.optional("startTime")) if calendar is not None and slo.calendar else None
    if start is not None and start.group(1) != "01":
        text = f"its month begins on the first, not on day {int(start.group(1))}"
        slo.note(window, "import/changed", text, "leave it, or drop calendar='month' for a period that rolls on")


def minutes_of(written: Entry) -> int | None:
    """The minutes of a duration in OpenSLO's shorthand such as `4w`; a plain number counts minutes."""
    text = (written.as_text() or "").strip()
    if text.isascii() and text.isdigit() and int(text[:6]) > 0 and len(text) < 6:
        return int(text)
    found = _SHORTHAND.fullmatch(text)
    if found is None:
        written.say("import/value", f"{text!r} is no duration", "write a number and one of m h d w M Q Y: 4w")
        return None
    return int(found.group(1)) * _MINUTES[found.group(2)]
