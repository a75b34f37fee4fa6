"""check: the rules across declarations. Every rule has an ID; all problems are found, none stops the others."""

from __future__ import annotations

from collections.abc import Iterable

from promspec.check import (
    alerts,
    cardinality,
    codes,
    dashboards,
    expressions,
    indicators,
    judgements,
    labels,
    metrics,
    names,
    proofs,
    recording,
    references,
    routes,
    ruler_limits,
    signals,
    slos,
    templates,
    watching,
)
from promspec.check.allowing import allowed
from promspec.check.rules import Finding, Rule, View, registered
from promspec.problems import Problem, in_order

MODULES = (
    *(metrics, labels, names, codes, indicators, slos, recording, references, expressions, alerts, templates),
    *(dashboards, routes, signals, cardinality, proofs, judgements, watching, ruler_limits),
)
"""Every module of rules; importing them registers the rules."""


def check(view: View, *, lenient: bool = False) -> tuple[Problem, ...]:
    """Every problem of a spec, in source order, without those that an `allow=` accepts.

    `lenient` is for a spec of which some declarations are broken: a rule that cannot cope with them is left out, since
    what is broken has been reported already.

    >>> from promspec import Counter, Spec
    >>> requests = Counter("requests", "Finished requests.")
    >>> [p.id for p in check(View(Spec("shop", owner="web", metrics=[requests])))]
    ['metric/counter-suffix']
    """
    findings: list[Finding] = []
    for rule in registered():
        findings.extend(_tried(rule, view) if lenient else rule.findings(view))
    return in_order(allowed(view, findings))


def _tried(rule: Rule, view: View) -> Iterable[Finding]:
    try:
        return [found for found in rule.findings(view) if not _broken(found)]
    except Exception:
        return []


def _broken(found: Finding) -> bool:
    return any(owner.broken for owner in found.owners)


__all__ = ["View", "check"]
