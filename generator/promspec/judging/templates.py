"""Templates of Prometheus and legends of Grafana: their form, and the labels and values that they show."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator

from promspec.judging import units
from promspec.judging.measure import Measure
from promspec.problems import near_miss, one_of

_LABEL = re.compile(r"(?:\$labels|\.Labels)\.([A-Za-z_][A-Za-z0-9_]*)|index\s+(?:\$labels|\.Labels)\s+\"([^\"]+)\"")
_LEGEND = re.compile(r"\{\{\s*([A-Za-z_][A-Za-z0-9_]*)\s*\}\}")
_ACTION = re.compile(r"\{\{-?((?:\"(?:\\.|[^\"\\])*\"|`[^`]*`|.)*?)-?\}\}", re.DOTALL)
_LITERAL = re.compile(r'"(?:\\.|[^"\\])*"|`[^`]*`|/\*.*?\*/', re.DOTALL)
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


def wrong_template(text: str) -> tuple[str, str] | None:
    """What is wrong with a template of Prometheus, and what to write instead; None if nothing is."""
    return _unbalanced(text) or _unknown_function(text) or _unknown_variable(text)


def _unbalanced(text: str) -> tuple[str, str] | None:
    rest = _ACTION.sub("", text)
    inside = (_LITERAL.sub("", action) for action in _ACTION.findall(text))
    if "{{" in rest or "}}" in rest or any("{" in action or "}" in action for action in inside):
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


def shown_labels(text: str) -> Iterator[tuple[str, re.Match[str]]]:
    """The labels of its alert that a template shows, each with where; `.Labels` beside a query is not the alert's."""
    for match in _LABEL.finditer(text):
        if match.group(0).find("$labels") >= 0 or "query" not in text:
            yield match.group(1) or match.group(2), match


def legend_labels(text: str) -> Iterator[tuple[str, re.Match[str]]]:
    """The labels that a legend of Grafana shows, each with where."""
    for match in _LEGEND.finditer(text):
        yield match.group(1), match


def unknown_label(label: str, kept: Collection[str]) -> str:
    """The remedy for a label that an expression does not keep."""
    return near_miss(label, kept) or (f"it keeps {one_of(kept)}" if kept else "it keeps no label")


_SHOWN = re.compile(r"\{\{-?[^{}]*(\$value\b|\.Value\b)[^{}]*-?\}\}(%?)")
_CONTROL = re.compile(r"\{\{-?\s*(?:if|else|with|range|end)\b")
_BARE = re.compile(r"\{\{-?\s*(?:\$value|\.Value)\s*-?\}\}")
_FORMATS = {
    "humanizePercentage": (units.RATIO,),
    "humanizeDuration": (units.SECONDS, units.BUSY),
    "humanizeTimestamp": (units.TIMESTAMP,),
}
"""The functions that fit certain units only. What counts, and a quotient of counts, may be of any unit."""
_FRACTIONS = {"rate": "a rate", "increase": "an increase", "quantile": "a quantile"}


def wrong_units(text: str, found: Measure) -> Iterator[tuple[re.Match[str], str, str]]:
    """Where a template formats a value as what it is not: the place, what is wrong, what to write."""
    unit = units.named(found.unit)
    for match in _SHOWN.finditer(text):
        wrong = _wrong_unit(match, unit, found.high) if unit is not None else None
        if wrong is not None:
            yield match, *wrong


def _wrong_unit(match: re.Match[str], unit: units.Unit, high: float) -> tuple[str, str] | None:
    loose = ("events", 1) in unit.powers or unit == units.BUSY or (unit == units.RATIO and high > 1)
    for function, fitting in _FORMATS.items():
        if function in match.group(0) and unit not in fitting and not loose:
            remedy = "write {{ $value | humanize }} and the unit"
            if unit == units.PERCENT:
                remedy = "write {{ $value }}%"
            elif unit in (units.SECONDS, units.MILLISECONDS) and function != "humanizeDuration":
                remedy = "write {{ $value | humanizeDuration }} of a value in seconds"
            return f"shows {_noun(unit)} with {function}", remedy
    if match.group(2) == "%" and unit == units.RATIO and "humanizePercentage" not in match.group(0):
        return "shows a ratio of 0 to 1 as percent", "write {{ $value | humanizePercentage }}"
    return None


def _noun(unit: units.Unit) -> str:
    nouns = {units.PERCENT: "a percentage of 0 to 100", units.RATIO: "a ratio of 0 to 1"}
    return nouns.get(unit) or ("a point in time" if unit == units.TIMESTAMP else str(unit))


def raw_values(text: str, found: Measure) -> Iterator[tuple[re.Match[str], str, str]]:
    """Where a template shows a fraction with all its digits."""
    what = _FRACTIONS.get(found.quantity) or ("a ratio" if found.unit == units.RATIO else "")
    for match in _BARE.finditer(text) if what else ():
        better = "humanizePercentage" if found.unit == units.RATIO else "humanize"
        better = "humanizeDuration" if found.unit == units.SECONDS else better
        yield match, f"shows {what} with all its digits", f"write {{{{ $value | {better} }}}}"


def copied_value(text: str) -> re.Match[str] | None:
    """Where the template of a label shows the value: each other value is another alert, that never was pending."""
    shown = (match for match in _SHOWN.finditer(text) if not _CONTROL.match(match.group(0)))
    return next(shown, None)
