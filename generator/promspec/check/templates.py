"""Rules on templates: annotations and legends use only labels that their expression keeps."""

from __future__ import annotations

import re
from collections.abc import Iterator

from promspec.check.expressions import Site, inferred, sites
from promspec.check.places import locate
from promspec.check.rules import Complaint, Finding, View, rule
from promspec.problems import Level, Problem, near_miss, one_of
from promspec.promql import Inference
from promspec.vocabulary.alerts import Alert
from promspec.vocabulary.panels import Query
from promspec.vocabulary.slos import SLO, Tier

_LABEL = re.compile(r"(?:\$labels|\.Labels)\.([A-Za-z_][A-Za-z0-9_]*)|index\s+(?:\$labels|\.Labels)\s+\"([^\"]+)\"")
_LEGEND = re.compile(r"\{\{\s*([A-Za-z_][A-Za-z0-9_]*)\s*\}\}")
_ACTION = re.compile(r"\{\{-?(.*?)-?\}\}", re.DOTALL)
_FUNCTION = re.compile(r"(?:^|[|(])\s*([a-zA-Z_]\w*)")

FUNCTIONS = (
    *("humanize", "humanize1024", "humanizeDuration", "humanizePercentage", "humanizeTimestamp", "toTime", "now"),
    *("title", "toUpper", "toLower", "match", "reReplaceAll", "graphLink", "tableLink", "parseDuration", "stripPort"),
    *(
        "stripDomain",
        "externalURL",
        "pathPrefix",
        "query",
        "first",
        "label",
        "value",
        "sortByLabel",
        "strvalue",
        "args",
    ),
    *("tmpl", "safeHtml", "and", "or", "not", "eq", "ne", "lt", "le", "gt", "ge", "index", "len", "print", "printf"),
    *("println", "urlquery", "html", "js", "slice", "call", "toDuration", "roundDuration", "toJSON"),
)
"""Source: https://prometheus.io/docs/prometheus/latest/configuration/template_reference/ and Go's text/template"""

VARIABLES = ("labels", "value", "externalLabels", "externalURL")
"""Source: prometheus/template/template.go, what AlertTemplateData's preamble defines"""

_KEYWORDS = (
    "if",
    "else",
    "end",
    "range",
    "with",
    "define",
    "template",
    "block",
    "break",
    "continue",
    "nil",
    "true",
    "false",
)


def templates(alert: Alert | SLO | Tier) -> Iterator[tuple[str, str]]:
    """The templates of an alert, or those that an SLO or a tier adds: what each is called, and its text."""
    if isinstance(alert, Alert):
        yield "summary", alert.summary
        yield "description", alert.description
        yield "component", alert.component or ""
    if not isinstance(alert, Tier):
        yield "team", alert.team or ""
        yield "runbook", alert.runbook if isinstance(alert.runbook, str) else ""
    yield from alert.annotations.items()
    yield from alert.labels.items()


@rule("template/syntax", Level.ERROR)
def template_syntax(view: View) -> Iterator[Complaint]:
    """Every template closes what it opens, and calls functions that Prometheus has."""
    for alert in (*view.each(Alert), *view.each(SLO), *view.each(Tier)):
        for name, text in templates(alert):
            wrong = wrong_template(text)
            if wrong is not None:
                yield alert, f"the {name} of {alert.name}: {wrong[0]}", wrong[1]


def wrong_template(text: str) -> tuple[str, str] | None:
    """What is wrong with a template of Prometheus, and what to write instead; None if nothing is."""
    return _unbalanced(text) or _unknown_function(text) or _unknown_variable(text)


def _unbalanced(text: str) -> tuple[str, str] | None:
    rest = _ACTION.sub("", text)
    if "{{" in rest or "}}" in rest:
        return "a template is not closed", "write {{ … }}"
    outside = re.search(r"\$(labels\b|value\b)[.\w]*", rest)
    if outside is not None:
        remedy = f"write {{{{ {outside.group(0)} }}}}; in an f-string every brace is written twice"
        return f"{outside.group(0)} stands outside {{{{ }}}}, so it would be shown as it is", remedy
    depth = 0
    for action in _ACTION.findall(text):
        word = (action.strip().split() or [""])[0]
        depth += {"if": 1, "range": 1, "with": 1, "define": 1, "block": 1, "end": -1}.get(word, 0)
        if depth < 0:
            return "an end has nothing to end", "take one {{ end }} away"
    return ("a block is not ended", "write {{ end }} after it") if depth else None


def _unknown_function(text: str) -> tuple[str, str] | None:
    for action in _ACTION.findall(text):
        bare = re.sub(r'"(?:\\.|[^"\\])*"|`[^`]*`', '""', action).strip()
        if bare.startswith("/*"):
            continue
        bare = re.sub(r"^(?:else\s+)?(?:if|range|with|template|define|block|else|end)\b", "", bare).strip()
        bare = re.sub(r"^(?:\$\w+\s*,\s*)?\$\w+\s*:?=\s*", "", bare)
        for name in _FUNCTION.findall(bare):
            if name not in FUNCTIONS and name not in _KEYWORDS:
                return f"there is no function {name}", near_miss(
                    name, FUNCTIONS
                ) or "see Prometheus' template reference"
    return None


def _unknown_variable(text: str) -> tuple[str, str] | None:
    actions = [re.sub(r'"(?:\\.|[^"\\])*"|`[^`]*`', '""', action) for action in _ACTION.findall(text)]
    own = {name for action in actions for name in re.findall(r"\$(\w+)\s*(?:,\s*\$\w+\s*)?:=", action)}
    own |= {name for action in actions for name in re.findall(r"\$\w+\s*,\s*\$(\w+)\s*:=", action)}
    for name in (name for action in actions for name in re.findall(r"\$(\w+)", action)):
        if name not in (*VARIABLES, *own):
            near = near_miss(f"${name}", [f"${known}" for known in (*VARIABLES, *own)])
            return f"there is no variable ${name}", near or f"there are {one_of(f'${known}' for known in VARIABLES)}"
    return None


@rule("template/unknown-label", Level.ERROR)
def template_label(view: View) -> Iterator[Finding]:
    """A label that an alert's template shows is one that its expression keeps."""
    for site in sites(view):
        alert = site.owner
        if not isinstance(alert, Alert):
            continue
        found = inferred(view, site)
        if found is None or not found.exact or found.findings:
            continue
        own = (*found.labels, *alert.labels, "alertname", "severity", "component", "team", "spec")
        for name, text in templates(alert):
            for label, written in shown_labels(text):
                if label not in own:
                    yield _unknown(view, site, f"the {name} of {alert.name}", label, found, written.group(0))


def shown_labels(text: str) -> Iterator[tuple[str, re.Match[str]]]:
    """The labels of its alert that a template shows, each with where; `.Labels` beside a query is not the alert's."""
    for match in _LABEL.finditer(text):
        if match.group(0).find("$labels") >= 0 or "query" not in text:
            yield match.group(1) or match.group(2), match


def legend_labels(text: str) -> Iterator[tuple[str, re.Match[str]]]:
    """The labels that a legend of Grafana shows, each with where."""
    for match in _LEGEND.finditer(text):
        yield match.group(1), match


@rule("panel/unknown-legend-label", Level.ERROR)
def legend_label(view: View) -> Iterator[Finding]:
    """A label that a legend shows is one that the panel's query keeps."""
    for site in sites(view):
        query = site.owner
        if not isinstance(query, Query) or "{{" not in query.legend:
            continue
        found = inferred(view, site)
        if found is None or not found.exact or found.findings:
            continue
        for label, written in legend_labels(query.legend):
            if label not in (*found.labels, "__name__"):
                yield _unknown(view, site, f"the legend of {site.what}", label, found, written.group(0))


@rule("panel/legend-braces", Level.WARNING)
def legend_braces(view: View) -> Iterator[Finding]:
    """A label in a legend stands in two braces: `{{region}}`; with one it is shown as it is written."""
    for site in sites(view):
        query = site.owner
        single = re.search(r"(?<!\{)\{(\w+)\}(?!\})", query.legend) if isinstance(query, Query) else None
        if single is not None:
            text = f"the legend of {site.what} shows {single.group(0)} as it is written"
            remedy = f"write {{{{{single.group(1)}}}}}; in an f-string every brace is written twice"
            place = locate(view, query, single.group(0), 0, len(single.group(0)))
            subject = next((str(getattr(owner, "name", "")) for owner in site.owners if getattr(owner, "name", "")), "")
            yield Finding(Problem("panel/legend-braces", Level.WARNING, text, place, remedy, subject), site.owners)


def _unknown(view: View, site: Site, what: str, label: str, found: Inference, written: str) -> Finding:
    kept = tuple(found.labels)
    remedy = near_miss(label, kept) or (f"it keeps {one_of(kept)}" if kept else "it keeps no label")
    place = locate(view, site.owner, written, 0, len(written))
    text = f"{what} shows the label {label}, which the expression does not keep"
    id = "panel/unknown-legend-label" if isinstance(site.owner, Query) else "template/unknown-label"
    subject = next((str(getattr(owner, "name", "")) for owner in site.owners if getattr(owner, "name", "")), "")
    return Finding(Problem(id, Level.ERROR, text, place, remedy, subject), site.owners)
