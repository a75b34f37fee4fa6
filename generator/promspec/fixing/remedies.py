"""What to write at a problem's place: the near miss, or another mechanical change; nothing if a person must choose."""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable

from promspec.problems import Problem
from promspec.promql import Aggregate, Call, PromQLError, Selector, Subquery, parse, unwrap

_NEAR = re.compile(r"did you mean (\S+?)\?(?: \(.*\))?")
_WORD = re.compile(r"[\w:.+/-]+")
_SHORT = re.compile(r"[\w-]+")
_LIKE = 0.75
"""How much alike the word and its near miss must be."""
_SPELT = (
    *("promql/unknown-metric", "promql/unknown-label", "promql/unknown-label-value", "promql/bucket-not-declared"),
    *("promql/unknown-alert", "template/unknown-label", "panel/unknown-legend-label", "panel/unknown-unit"),
    *("route/unknown-receiver", "route/unknown-interval", "route/unknown-severity", "route/group-by"),
    *("inhibition/unknown-alert", "dashboard/unknown-label", "dashboard/undeclared-variable", "dashboard/unknown-link"),
    *("alert/unknown-dashboard", "alert/dashboard-link", "slo/group-label"),
    *("route/unreachable", "code/unknown-stage", "panel/unknown-colour"),
    *("panel/unknown-column", "event/unknown-label", "event/unknown-measurement", "event/label-values"),
)
_ANCHORED = re.compile(r"(.*?[=!]~\s*\\?[\"'`])\^?(.*?)\$?(\\?[\"'`])")


def fixed(problem: Problem, written: str) -> str | None:
    """The text instead of what is written at the problem's place; None if nothing mechanical mends it.

    >>> from promspec.problems import Level, Place
    >>> fixed(Problem("promql/unknown-label", Level.ERROR, "", Place("r.yml", 1), "did you mean route?"), "rout")
    'route'
    """
    if problem.id in _SPELT:
        return _respelt(problem, written)
    change = _CHANGES.get(problem.id)
    found = change(problem, written) if change is not None else None
    return found if found != written else None


def _respelt(problem: Problem, written: str) -> str | None:
    """The text with the one word that is like the near miss written as it is."""
    near = _NEAR.fullmatch(problem.remedy)
    if near is None:
        return None
    words = list((_WORD if problem.id.startswith("promql/") else _SHORT).finditer(written))
    sure = problem.id == "panel/unknown-unit"
    like = [(_likeness(word.group(0), near[1]), word) for word in words]
    best = max(like, key=lambda item: item[0], default=(0.0, None))
    if best[1] is None or (best[0] < _LIKE and not sure) or any(word.group(0) == near[1] for word in words):
        return None
    return written[: best[1].start()] + near[1] + written[best[1].end() :]


def _likeness(word: str, near: str) -> float:
    """How alike two words are, from 0 to 1: case and hyphens do not count, nor how a number is written."""
    if f"{word}_total" == near or _number(word) == _number(near) is not None:
        return 1.0
    one, other = (text.lower().replace("-", "_") for text in (word, near))
    return difflib.SequenceMatcher(None, one, other).ratio()


def _number(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None


def _unanchored(problem: Problem, written: str) -> str | None:
    match = _ANCHORED.fullmatch(written)
    return "".join(match.groups()) if match is not None else None


def _plain_matcher(problem: Problem, written: str) -> str | None:
    if "regular expression of plain text" not in problem.summary:
        return None
    return re.sub(r"([=!])~", lambda match: "=" if match[1] == "=" else "!=", written, count=1)


def _instead(problem: Problem, written: str) -> str | None:
    """Another function, or another number: the remedy names it."""
    match = re.fullmatch(r"(?:use (\w+)\(\)|write ([\d.]+))", problem.remedy)
    return (match[1] or match[2]) if match is not None else None


def _rate_first(problem: Problem, written: str) -> str | None:
    """`rate(sum by (a) (x)[5m:])` as `sum by (a) (rate(x[5m]))`; nothing else is sure to mean the same."""
    try:
        call = parse(written)
    except PromQLError:
        return None
    inner = call.args[0] if isinstance(call, Call) else None
    if (
        not isinstance(call, Call)
        or not isinstance(inner, Subquery)
        or inner.offset is not None
        or inner.at is not None
    ):
        return None
    total = unwrap(inner.expr)
    if not isinstance(total, Aggregate) or total.op != "sum" or not isinstance(unwrap(total.expr), Selector):
        return None
    counter = unwrap(total.expr)
    assert isinstance(counter, Selector)
    if counter.offset is not None or counter.at is not None:
        return None
    names = ", ".join(written[label.start : label.end] for label in total.grouping)
    by = f" {'without' if total.without else 'by'} ({names}) " if total.grouping or total.without else ""
    return f"sum{by}({call.func}({written[counter.start : counter.end]}[{inner.range.text}]))"


_CHANGES: dict[str, Callable[[Problem, str], str | None]] = {
    "promql/anchored-regex": _unanchored,
    "promql/idle-matcher": _plain_matcher,
    "promql/delta-of-counter": _instead,
    "promql/irate": _instead,
    "promql/quantile-range": _instead,
    "promql/rate-of-sum": _rate_first,
}
