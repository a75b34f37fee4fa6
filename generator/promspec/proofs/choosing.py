"""Label values that pass matchers, or miss exactly one of them: from the closed set, from the matcher, or made up."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence

from promspec.evaluation import NotEvaluated
from promspec.promql import Matcher, Series, accepts, regex
from promspec.proofs.leaves import Leaf

TARGET = frozenset(("job", "instance", "spec", "slo", "digest", "version"))
"""Labels of which a server knows more values than one spec does."""

_INVENTED = ("a", "b", "c")
_SIMPLE = (
    *(str(number) for number in (200, 500, 503, 404, 301, 0, 1, 2, 9)),
    *("GET", "POST", "a", "x", "ab", "A", "error", "ok", "/", "/a", "a-1", "a.b", "10.0.0.1:9100"),
)


class Values:
    """Chooses label values for all series of one proof, so that joins find their partners."""

    def __init__(self, series: Iterable[Series], leaves: Iterable[Leaf] = ()) -> None:
        counted: Counter[str] = Counter()
        self._named: dict[str, list[str]] = {}
        for leaf in leaves:
            for matcher in leaf.matchers:
                if matcher.op in ("=", "=~"):
                    self._named.setdefault(matcher.label, []).extend(spelled(matcher))
        for one in series:
            for label, values in one.labels.items():
                counted.update(values or ())
                if values and label not in TARGET:
                    self._named.setdefault(label, []).extend(value for value in values if value)
        self._shared = counted

    def ordered(self, series: Series, label: str) -> list[str]:
        """The values a label may have, those first that more labels share."""
        known = series.labels.get(label)
        if known:
            return sorted(known, key=lambda value: (not value, -self._shared[value]))
        invented = {"instance": ("one:8000", "two:8000"), "job": ("job-a", "job-b")}.get(label, _INVENTED)
        return list(dict.fromkeys([*self._named.get(label, ()), *invented]))

    def passing(self, series: Series, label: str, matchers: Sequence[Matcher], most: int = 8) -> list[str]:
        """Values that pass every matcher on a label, in order of preference; `""` where only a missing label does."""
        candidates = [*self._candidates(series, label, matchers)]
        found = [value for value in candidates if _pass(matchers, value)]
        if not found and _pass(matchers, ""):
            found = [""]
        if not found:
            written = ", ".join(f'{m.label}{m.op}"{m.value}"' for m in matchers)
            raise NotEvaluated(f"no value is found that matches {written}")
        return found[:most]

    def several(self, series: Series, label: str, matchers: Sequence[Matcher], number: int) -> list[str]:
        """So many values that pass; fewer of a closed set that has no more."""
        found = self.passing(series, label, matchers, number)
        invented = (f"{label}-{place}" for place in range(1, number + 1)) if series.labels.get(label) is None else ()
        return list(dict.fromkeys([*found, *(value for value in invented if _pass(matchers, value))]))[:number]

    def missing(self, series: Series, label: str, matchers: Sequence[Matcher]) -> list[str]:
        """Values that do not pass: of this system if it has any, of another system if the label tells systems apart."""
        candidates = [value for value in self._candidates(series, label, matchers) if not _pass(matchers, value)]
        invented = [value for value in ("other", "elsewhere", "another") if not _pass(matchers, value)]
        if label in TARGET:
            own = [value for value in candidates if value in (series.labels.get(label) or ())]
            return list(dict.fromkeys([*invented[:1], *own[:1]]))
        return (candidates if series.labels.get(label) else [*candidates, *invented])[:1]

    def _candidates(self, series: Series, label: str, matchers: Sequence[Matcher]) -> list[str]:
        closed = series.labels.get(label)
        ordered = self.ordered(series, label)
        if closed:
            return ordered
        named = [value for matcher in matchers for value in spelled(matcher)]
        return list(dict.fromkeys([*named, *ordered, *(sampled(m.value) for m in matchers if "~" in m.op), *_SIMPLE]))


def _pass(matchers: Sequence[Matcher], value: str) -> bool:
    return all(accepts(matcher, value) for matcher in matchers)


def spelled(matcher: Matcher) -> list[str]:
    """The values a matcher names: its own, or the alternatives of its regular expression."""
    if matcher.op in ("=", "!="):
        return [matcher.value] if matcher.value else []
    words = re.sub(r"^\^?\(?(?:\?:)?|\)?\$?$", "", matcher.value).split("|")
    plain = [re.sub(r"\\(\W)", r"\1", word) for word in words]
    return [word for word in plain if word and accepts(matcher, word) == (matcher.op == "=~")]


def sampled(pattern: str) -> str:
    """A text that a simple regular expression matches, or one that it does not."""
    first = re.sub(r"^\^|\$$", "", pattern)
    for _ in range(8):
        first = re.sub(r"\((?:\?:)?([^()|]*)[^()]*\)([+*?]?)", r"\1", first)
    first = re.sub(r"\[\^[^\]]*\]", "z", first)
    first = re.sub(r"\[(\\?.)[^\]]*\]", r"\1", first)
    first = first.replace("\\d", "5").replace("\\w", "a").replace("\\s", " ")
    first = re.sub(r"(?<!\\)\.", "0", first)
    first = re.sub(r"(.)\{(\d+)[^}]*\}", lambda found: found[1] * int(found[2]), first)
    first = re.sub(r"(?<!\\)[+*?]", "", first).split("|")[0]
    text = re.sub(r"\\(.)", r"\1", first)
    compiled = regex(pattern)
    return text if compiled is not None and compiled.fullmatch(text) else "a"
