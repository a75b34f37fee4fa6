"""Indicators as Python: metrics by their constants, conditions as `where(…)`, everything else as f-strings."""

from __future__ import annotations

import keyword
import re
from collections.abc import Mapping
from dataclasses import dataclass

from promspec.importing.indicators import Condition, Counted, Indicator, canonical, selection_text
from promspec.importing.layout import Call, Node, Raw, Text, call, text
from promspec.importing.measures import Selection
from promspec.importing.metrics import Metrics
from promspec.importing.queries import Query, query
from promspec.naming import LABEL_NAME
from promspec.promql import Matcher, Selector, selectors
from promspec.render.python import literal
from promspec.vocabulary.selectors import TARGET_LABELS

_PLAIN = re.compile(r"[A-Za-z0-9_ ./:@|()*+?^$,;<>=!~%&#-]*")
"""Values that stand inside the quotes of an f-string without escapes."""
_PYTHON_NAME = re.compile(r"[a-zA-Z_][a-zA-Z0-9_]*")
_PARTS = {"_bucket": ".bucket", "_count": ".count", "_sum": ".sum", "": ""}


@dataclass(frozen=True, slots=True)
class Constants:
    """The metrics, and the constants of families and labels."""

    metrics: Metrics
    families: Mapping[str, str]
    labels: Mapping[str, str]

    def series(self, name: str) -> str | None:
        """The code of a series, such as `wait_seconds.bucket`; None if it is not declared."""
        found = self.metrics.family(name)
        return None if found is None else self.families[found[0].name] + _PARTS[found[1]]


def indicator_code(indicator: Indicator | Condition, constants: Constants) -> Node:
    """The call that makes an indicator."""
    if isinstance(indicator, Condition):
        return call("Holds", _query(indicator.condition, constants))
    if indicator.below:
        latency = _latency(indicator, constants)
        if latency is not None:
            return latency
    name = "good" if indicator.good else "bad"
    return Call(
        "Ratio(", ((f"{name}=", _counted(indicator.part, constants)), ("total=", _counted(indicator.total, constants)))
    )


def _latency(indicator: Indicator, constants: Constants) -> Node | None:
    assert isinstance(indicator.total, Selection)
    found = constants.metrics.family(indicator.total.series)
    if found is None or found[0].word != "Histogram":
        return None
    where = _where(constants.families[found[0].name], indicator.total.matchers, constants)
    return call("Latency", where, below=Raw(indicator.below)) if where is not None else None


def _counted(counted: Counted, constants: Constants) -> Node:
    """A selection as `metric.where(…)` if it can be written so, else as the query it stands for."""
    if isinstance(counted, Query):
        return _query(counted, constants)
    found = constants.metrics.family(counted.series)
    series = constants.series(counted.series)
    if found is not None and series is not None and (found[0].word == "Counter" or found[1]):
        where = _where(series, counted.matchers, constants)
        if where is not None:
            return where
    return _query(query(selection_text(counted)), constants)


def _where(series: str, matchers: tuple[Matcher, ...], constants: Constants) -> Node | None:
    """`series.where(…)`; None where a keyword argument cannot say the condition."""
    if not matchers:
        return Raw(series)
    names = [matcher.label for matcher in matchers]
    if len(set(names)) < len(names) or not all(_sayable(matcher, constants) for matcher in matchers):
        return None
    return Call(f"{series}.where(", tuple(_argument(matcher) for matcher in matchers))


def _argument(matcher: Matcher) -> tuple[str, Node]:
    """A keyword argument; a label that Python has no name for stands in a dict of its own, which keeps its type."""
    condition = _condition(matcher)
    if _PYTHON_NAME.fullmatch(matcher.label) and not keyword.iskeyword(matcher.label):
        return f"{matcher.label}=", condition
    return "**", Call("{", ((f"{literal(matcher.label)}: ", condition),), "}")


def _sayable(matcher: Matcher, constants: Constants) -> bool:
    known = matcher.label in constants.labels or matcher.label in TARGET_LABELS
    if matcher.label == "le":
        known = matcher.op in ("=~", "!~") or canonical(matcher.value)
    return known and matcher.label != "self" and bool(LABEL_NAME.fullmatch(matcher.label))


def _condition(matcher: Matcher) -> Node:
    value = text(matcher.value)
    words = {"=~": "matches", "!=": "not_", "!~": "not_matches"}
    return value if matcher.op == "=" else call(words[matcher.op], value)


def _query(written: Query, constants: Constants) -> Text:
    """The query with its metrics evaluated: their names, and their conditions too where that stays readable."""
    chosen = [(part, constants.series(part.name)) for part in selectors(written.expr) if part.name and _bare(part)]
    known = [(part, series) for part, series in chosen if series is not None]
    whole = {part.start: _inline(part, series, constants) for part, series in known if part.matchers}
    outside = _outside(written.text, [part for part, _ in known if part.matchers])
    if not all(whole.values()) or '"' in outside:
        whole = {}
    parts: list[str | Raw] = []
    at = 0
    for part, series in known:
        code = whole.get(part.start)
        end = part.braces[1] if code and part.braces else part.name_end
        parts += [written.text[at : part.name_start], Raw(code or series)]
        at = end
    return Text(tuple(part for part in (*parts, written.text[at:]) if part))


def _bare(part: Selector) -> bool:
    """Whether the name stands before the braces, without quotes."""
    unquoted = part.name_end - part.name_start == len(part.name or "")
    return unquoted and (part.braces is None or part.name_end <= part.braces[0])


def _inline(part: Selector, series: str, constants: Constants) -> str:
    """`series.where(…)` in single quotes for inside an f-string; empty where it would need escapes."""
    if not all(_PLAIN.fullmatch(matcher.value) for matcher in part.matchers):
        return ""
    where = _where(series, part.matchers, constants)
    if not isinstance(where, Call) or any(name == "**" for name, _ in where.items):
        return ""
    words = {"=": "{}", "=~": "matches({})", "!=": "not_({})", "!~": "not_matches({})"}
    given = (f"{m.label}={words[m.op].format(repr(m.value))}" for m in part.matchers)
    return f"{series}.where({', '.join(given)})"


def _outside(written: str, parts: list[Selector]) -> str:
    """The text without the braces of the selectors."""
    for part in reversed(parts):
        if part.braces is not None:
            written = written[: part.braces[0]] + written[part.braces[1] :]
    return written
