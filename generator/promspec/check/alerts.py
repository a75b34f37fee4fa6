"""Rules on the expressions of alerts: that each is a condition, not a value that is always there."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from promspec.check.expressions import Site, parsed, sites
from promspec.check.rules import Complaint, View, rule
from promspec.judging.conditions import conditional
from promspec.problems import Level
from promspec.promql import Expr, PromQLError, parse
from promspec.vocabulary.alerts import Alert
from promspec.vocabulary.rules import RecordingRule


@rule("alert/no-comparison", Level.WARNING)
def no_comparison(view: View) -> Iterator[Complaint]:
    """An alert's expression is a condition: whatever it yields fires, also a zero."""
    rules = {recording.name: recording for recording in view.each(RecordingRule)}
    for site in sites(view):
        if isinstance(site.owner, Alert) and not is_conditional(site, rules):
            text = f"the alert {site.owner.name} compares nothing, so it fires as long as there are series"
            remedy = "compare the value, such as … > 0 (without bool, which yields 0 or 1 and never nothing)"
            yield site.owner, text, remedy


def is_conditional(site: Site, rules: dict[str, RecordingRule]) -> bool:
    """Whether an alert's expression can yield nothing, as far as can be told."""

    def recorded(name: str) -> Sequence[Expr | None]:
        return [_parsed(rules[name].expr)] if name in rules else ()

    expr = parsed(site)
    return expr is None or conditional(expr, recorded)


def _parsed(text: str) -> Expr | None:
    try:
        return parse(text)
    except PromQLError:
        return None
