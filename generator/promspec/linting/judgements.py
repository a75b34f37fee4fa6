"""The judgements that lint shares with check, run on every expression of the files."""

from __future__ import annotations

from collections.abc import Iterator

from promspec.judging.judgements import JUDGEMENTS
from promspec.judging.model import Judgement
from promspec.linting.expressions import said
from promspec.linting.model import Rule
from promspec.linting.view import Body, Complaint, View, rule
from promspec.problems import Level
from promspec.promql import Finding


def _body(judgement: Judgement) -> Body:
    def body(view: View) -> Iterator[Complaint]:
        rules = {id(each.query): each for each in view.files.rules}
        for query, asked in view.asked:
            for finding, level in judgement.findings(asked, view.facts):
                each = rules.get(id(query))
                if each is not None and not finding.end:
                    yield _of_rule(each, finding, level)
                else:
                    yield said(query, finding, level=level)

    body.__doc__ = judgement.summary
    return body


def _of_rule(each: Rule, finding: Finding, level: Level) -> Complaint:
    """A finding about a rule as a whole stands at its name."""
    return Complaint(each.subject, finding.message, finding.remedy, each.name.place(), finding.id, level)


for _judgement in JUDGEMENTS:
    rule(_judgement.id, _judgement.level)(_body(_judgement))
