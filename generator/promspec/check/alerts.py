"""Rules on the expressions of alerts: that each is a condition, not a value that is always there."""

from __future__ import annotations

from collections.abc import Iterator

from promspec.check.expressions import Site, parsed, sites
from promspec.check.rules import Complaint, View, rule
from promspec.problems import Level
from promspec.promql import Binary, Call, Expr, PromQLError, Selector, kind, parse, walk
from promspec.vocabulary.alerts import Alert
from promspec.vocabulary.rules import RecordingRule

_FILTERS = ("==", "!=", "<=", "<", ">=", ">", "and", "unless")


@rule("alert/no-comparison", Level.WARNING)
def no_comparison(view: View) -> Iterator[Complaint]:
    """An alert's expression is a condition: whatever it yields fires, also a zero."""
    rules = {recording.name: recording for recording in view.each(RecordingRule)}
    for site in sites(view):
        if isinstance(site.owner, Alert) and not conditional(site, rules):
            text = f"the alert {site.owner.name} compares nothing, so it fires as long as there are series"
            remedy = "compare the value, such as … > 0 (without bool, which yields 0 or 1 and never nothing)"
            yield site.owner, text, remedy


def conditional(site: Site, rules: dict[str, RecordingRule]) -> bool:
    """Whether an alert's expression can yield nothing, as far as can be told."""
    expr = parsed(site)
    return expr is None or kind(expr) != "instant" or _filters(expr, rules, frozenset())


def _filters(expr: Expr, rules: dict[str, RecordingRule], read: frozenset[str]) -> bool:
    """Whether a part of the expression can yield nothing; a recording rule is looked into."""
    for part in walk(expr):
        if isinstance(part, Binary) and part.op in _FILTERS and not part.return_bool:
            return True
        if isinstance(part, Call) and part.func.startswith("absent"):
            return True
        if isinstance(part, Selector) and part.name is not None:
            if part.name.startswith("ALERTS"):
                return True
            recording = rules.get(part.name)
            if recording is not None and part.name not in read:
                try:
                    if _filters(parse(recording.expr), rules, read | {part.name}):
                        return True
                except PromQLError:
                    return True
    return False
