"""Rules whose findings are not all of one level: which other levels there are, and where each is given."""

from __future__ import annotations

from promspec.problems import Level
from promspec.promql import Finding

_SEEN = "lint knows the values from an exposition alone, which shows those that were there (unless `--closed` is given)"
_TOLD = "nobody says whether the client shows the series before their first event"
_FILES = "one of the two stands in another file, which may be for another server"

GRADED: dict[str, dict[Level, str]] = {
    "alert/blind-in-outage": {Level.INFO: _TOLD},
    "alert/born-in-failure": {Level.INFO: _TOLD},
    "alert/duplicate": {Level.INFO: _FILES},
    "alert/no-runbook": {Level.INFO: "no alert that lint reads has one: a team may keep them elsewhere"},
    "alert/no-for": {Level.WARNING: "the alert asks for a rate over so short a range that it is noisy"},
    "promql/empty-selector": {Level.WARNING: _SEEN},
    "promql/missing-addend": {Level.INFO: _TOLD},
    "promql/never-matches": {Level.WARNING: _SEEN},
    "promql/threshold-range": {
        Level.WARNING: "the comparison is always true, or the range is what a name promises, such as that of a ratio"
    },
    "promql/unknown-label": {
        Level.WARNING: "without() or ignoring() leaves out a label that is not there, and that is no near miss: no harm"
    },
    "promql/unknown-label-value": {Level.WARNING: _SEEN},
    "rule/duplicate": {
        Level.WARNING: "both compute the same, or they differ and one of the two stands in another file",
        Level.INFO: "both compute the same, and one of the two stands in another file, which may be for another server",
    },
}
"""By ID: the levels besides the rule's own, and where they are given. Any other rule has one level everywhere."""


def of_finding(finding: Finding) -> Level:
    """The level of what inference finds.

    A label that without() or ignoring() leaves out although it is not there does no harm, if it is not misspelt.
    """
    harmless = finding.message.startswith(("without (", "ignoring (")) and not finding.remedy.startswith("did you mean")
    return Level.WARNING if harmless and finding.id == "promql/unknown-label" else Level.ERROR
