"""What both formats say alike: objectives, owners, labels and annotations of alerts."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from decimal import Decimal

from promspec.importing.entries import Entry
from promspec.judging.templates import wrong_template
from promspec.naming import LABEL_NAME
from promspec.problems import Level
from promspec.quantities import decimal, number

Note = Callable[[Entry, str, str, str, Level], None]
"""How something is said of an SLO or a service: where, under which ID, what, what to do instead, how bad."""

_OWNERS = ("team", "owner")
RESERVED = ("alertname", "severity", "slo", "spec", "team", "tier")
"""Labels that promspec sets on the alerts of an SLO."""
_RUNBOOKS = ("runbook_url", "runbook", "runbookUrl", "runbookURL")
_LINKS = ("dashboard_url",)


def objective(entry: Entry | None, factor: int = 1) -> Decimal | None:
    """An objective in percent; None, with a problem, if it is none that a budget can follow from."""
    written = entry.as_number() if entry is not None else None
    if entry is None or written is None:
        return None
    percent = decimal(float(written * factor))  # as Python reads it in the spec
    if 1 <= percent < 100:
        return percent
    if percent == 100:
        text, remedy = "an objective of 100 % leaves no error budget", f"write less, such as {_shown('99.99', factor)}"
    elif 0 < percent < 1:
        text = f"an objective of {number(percent)} % is hardly meant"
        remedy = f"write {number(percent * 100 / factor)}" if percent * 100 < 100 else "write a percentage"
    else:
        text, remedy = f"an objective of {number(percent)} % is none", f"write such as {_shown('99.9', factor)}"
    entry.say("import/objective", text, remedy)
    return None


def _shown(percent: str, factor: int) -> str:
    return number(Decimal(percent) / factor)


def owner_of(labels: Mapping[str, Entry]) -> str:
    """The team that a label names, if one does."""
    found = next((labels[name] for name in _OWNERS if name in labels), None)
    return (found.as_text() or "").strip() if found is not None else ""


def alert_labels(given: Mapping[str, Entry], note: Note, team: str = "") -> dict[str, str]:
    """The labels for the alerts; one that promspec sets itself gets another name, which is said."""
    kept: dict[str, str] = {}
    for name, entry in given.items():
        value = entry.as_text() or ""
        if name == "team" and value.strip() == team:
            continue  # promspec sets it, to the team or owner of the SLO
        if not LABEL_NAME.fullmatch(name) or name.startswith("__"):
            text = f"{name!r} is no name of a label"
            note(entry, "import/not-carried", text, "use letters, digits and _", Level.WARNING)
            continue
        wrong = wrong_template(value)
        if wrong is not None:
            note(entry, "import/not-carried", f"the label {name}: {wrong[0]}", wrong[1], Level.WARNING)
            continue
        if name in RESERVED:
            other = f"original_{name}"
            text = f"the label {name} is promspec's own, so it is called {other} here"
            note(entry, "import/changed", text, "change what matches it, or rename it", Level.WARNING)
            name = other
        kept[name] = value
    return kept


def alert_annotations(
    given: Mapping[str, Entry], note: Note, written: tuple[str, ...], runbook: bool = True
) -> tuple[dict[str, str], str]:
    """The annotations that are kept, and the URL of the runbook; those that promspec writes itself are left behind."""
    kept: dict[str, str] = {}
    url = ""
    for name, entry in given.items():
        value = (entry.as_text() or "").strip()
        if runbook and name in _RUNBOOKS and value.startswith(("http://", "https://")) and "{{" not in value:
            url = url or value
        elif name in (*written, *_LINKS, "runbook_url"):
            remedy = "leave it, or put what it adds under another name into annotations={…}"
            note(entry, "import/changed", f"promspec writes the annotation {name} itself", remedy, Level.INFO)
        elif not LABEL_NAME.fullmatch(name) or name.startswith("__"):
            remedy = "use letters, digits and _"
            note(entry, "import/not-carried", f"{name!r} is no name of an annotation", remedy, Level.WARNING)
        elif wrong_template(value) is not None:
            text = f"the annotation {name}: {(wrong_template(value) or ('', ''))[0]}"
            note(entry, "import/not-carried", text, "mend the template", Level.WARNING)
        elif re.search(r"sloth_\w+", value):
            remedy = "show $labels.slo, $labels.spec and $labels.tier instead"
            text = f"the annotation {name} shows a label of Sloth"
            note(entry, "import/not-carried", text, remedy, Level.WARNING)
        elif value:
            kept[name] = value
    return kept, url
