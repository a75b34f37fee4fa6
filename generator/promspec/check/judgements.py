"""The judgements that check shares with lint, run on every expression of a spec."""

from __future__ import annotations

import re
from collections.abc import Iterator

from promspec.check.expressions import Site, parsed, sites
from promspec.check.places import locate
from promspec.check.rules import Body, Finding, View, head, rule
from promspec.judging.judgements import JUDGEMENTS
from promspec.judging.model import Asked, Judgement, Role, Weighed
from promspec.problems import Problem
from promspec.promql import Expr
from promspec.quantities import milliseconds
from promspec.vocabulary.alerts import Alert
from promspec.vocabulary.panels import DataPanel, Heatmap, Query
from promspec.vocabulary.rules import RecordingRule


def _body(judgement: Judgement) -> Body:
    def body(view: View) -> Iterator[Finding]:
        for site, question in _questions(view):
            for found in judgement.findings(question, view.facts):
                yield _finding(view, site, found)

    body.__doc__ = judgement.summary
    return body


def _questions(view: View) -> tuple[tuple[Site, Asked], ...]:
    """Every expression that parses, with what stands beside it."""
    if "questions" not in view.kept:
        found = ((site, parsed(site)) for site in sites(view))
        view.kept["questions"] = tuple((site, asked(view, site, expr)) for site, expr in found if expr is not None)
    return view.kept["questions"]


def _finding(view: View, site: Site, weighed: Weighed) -> Finding:
    found = weighed.finding
    name = subject(site)
    message = found.message if name and name in found.message else f"{site.what}: {found.message}"
    place = head(site.owner.place)
    if found.end:
        place = locate(view, site.owner, site.text, found.start, found.end)
    return Finding(Problem(found.id, weighed.level, message, place, _in_python(found.remedy), name), site.owners)


def _in_python(remedy: str) -> str:
    """A remedy as a spec has it: lint says `for: 5m`, which is YAML."""
    return re.sub(r"\bfor: (\d+\w+)", r'for_="\1"', remedy)


def subject(site: Site) -> str:
    """The name of the innermost declaration around an expression that has one."""
    return next((str(getattr(owner, "name", "")) for owner in site.owners if getattr(owner, "name", "")), "")


def role(site: Site) -> Role:
    """What an expression is for."""
    if isinstance(site.owner, Alert):
        return "alert"
    if isinstance(site.owner, RecordingRule):
        return "record"
    if isinstance(site.owner, Query):
        return "panel"
    return "slo" if site.instant else "runbook"


def asked(view: View, site: Site, expr: Expr) -> Asked:
    """An expression with what stands beside it."""
    owner = site.owner
    if isinstance(owner, Alert):
        waits = milliseconds(owner.for_) if "for_" in owner.model_fields_set else None  # type: ignore[attr-defined]
        return Asked(expr, "alert", owner.name, waits, view.evaluation)
    if isinstance(owner, RecordingRule):
        return Asked(expr, "record", owner.name, evaluation=milliseconds(owner.interval))
    panel = site.owners[1] if isinstance(owner, Query) else None
    if isinstance(panel, DataPanel) and isinstance(owner, Query):
        unit = "" if isinstance(panel, Heatmap) and panel.buckets else panel.unit  # of buckets it is that of the bounds
        return Asked(expr, "panel", panel.title, unit=unit, charted=not panel.is_instant(owner))
    return Asked(expr, role(site), subject(site))


for _judgement in JUDGEMENTS:
    rule(_judgement.id, _judgement.level)(_body(_judgement))
