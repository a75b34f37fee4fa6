"""Operators on expressions: names, labels, values, types, thresholds, ranges."""

from __future__ import annotations

from collections.abc import Iterator

from promspec.promql import Aggregate, Binary, Call, Expr, Label, Matcher, Selector, unwrap, walk
from tests.lint_corpus.planting import Site, expression, parses

_COMPARISONS = ("<", ">", "<=", ">=", "==", "!=")


def _replaced(site: Site, start: int, end: int, text: str) -> str:
    return site.text[:start] + text + site.text[end:]


def _selectors(site: Site) -> Iterator[Selector]:
    return (node for node in walk(site.tree) if isinstance(node, Selector) and site.series(node.name) is not None)


def _calls(site: Site, *names: str) -> Iterator[Call]:
    return (node for node in walk(site.tree) if isinstance(node, Call) and node.func in names)


def _text(site: Site, node: Expr | Label) -> str:
    return site.text[node.start : node.end]


def _swapped(word: str) -> str:
    """The word with two neighbours in its middle swapped: the typical slip."""
    at = next((i for i in range(len(word) // 2, len(word) - 1) if word[i] != word[i + 1] and word[i] != "_"), 0)
    return word[:at] + word[at + 1] + word[at] + word[at + 2 :]


def _name(site: Site, change: dict[str, str]) -> str | None:
    """The first name that ends in one of the suffixes, with another suffix."""
    for selector in _selectors(site):
        name = str(selector.name)
        for old, new in change.items():
            if name.endswith(old) and site.series(name.removesuffix(old) + new) is None:
                return _replaced(site, selector.name_start, selector.name_end, name.removesuffix(old) + new)
    return None


@expression("promql/unknown-metric", "two letters of a metric swapped")
def _metric(site: Site) -> str | None:
    selector = next(_selectors(site), None)
    if selector is None:
        return None
    return _replaced(site, selector.name_start, selector.name_end, _swapped(str(selector.name)))


@expression("promql/unknown-metric", "a counter without its _total")
def _without_total(site: Site) -> str | None:
    return _name(site, {"_total": ""})


@expression("promql/unknown-metric", "the base name of a histogram")
def _base_name(site: Site) -> str | None:
    return _name(site, {"_bucket": ""})


@expression("promql/unknown-metric", "a gauge with _total")
def _with_total(site: Site) -> str | None:
    return _name(site, {"_bytes": "_bytes_total"})


def _matchers(site: Site) -> Iterator[tuple[Selector, Matcher]]:
    for selector in _selectors(site):
        yield from ((selector, m) for m in selector.matchers if not m.variable and m.label not in ("job", "instance"))


@expression("promql/unknown-label", "two letters of a matcher's label swapped")
def _matcher_label(site: Site) -> str | None:
    for _, matcher in _matchers(site):
        return _replaced(site, matcher.start, matcher.label_end, _swapped(matcher.label))
    return None


@expression("promql/unknown-label", "two letters of a label in by() swapped")
def _by_label(site: Site) -> str | None:
    for node in walk(site.tree):
        if isinstance(node, Aggregate) and not node.without:
            for label in node.grouping:
                if label.name not in ("le", "job", "instance"):
                    return _replaced(site, label.start, label.end, _swapped(label.name))
    return None


@expression("promql/unknown-label", "two letters of a label in without() swapped")
def _without_label(site: Site) -> str | None:
    for node in walk(site.tree):
        if isinstance(node, Aggregate) and node.without:
            for label in node.grouping:
                if len(label.name) > 3:
                    return _replaced(site, label.start, label.end, _swapped(label.name))
    return None


@expression("promql/unknown-label", "two letters of a label in on() swapped")
def _on_label(site: Site) -> str | None:
    for node in walk(site.tree):
        if isinstance(node, Binary) and node.matching and node.matching.on:
            for label in node.matching.labels:
                return _replaced(site, label.start, label.end, _swapped(label.name))
    return None


def _seen(site: Site, selector: Selector, matcher: Matcher) -> tuple[str, ...]:
    series = site.series(selector.name)
    return (series.labels.get(matcher.label) or ()) if series is not None else ()


@expression("promql/unknown-label-value", "two letters of a value swapped")
def _value(site: Site) -> str | None:
    for selector, matcher in _matchers(site):
        known = matcher.op == "=" and matcher.value in _seen(site, selector, matcher)
        if known and len(matcher.value) > 3 and matcher.label != "le":
            return _replaced(site, matcher.value_start, matcher.value_end, f'"{_swapped(matcher.value)}"')
    return None


@expression("promql/unknown-label-value", "a value in capitals")
def _capitals(site: Site) -> str | None:
    for selector, matcher in _matchers(site):
        values = _seen(site, selector, matcher)
        if matcher.op == "=" and matcher.value in values and matcher.value.upper() not in values:
            return _replaced(site, matcher.value_start, matcher.value_end, f'"{matcher.value.upper()}"')
    return None


@expression("promql/unknown-label-value", "an alternative of a regular expression misspelt")
def _alternative(site: Site) -> str | None:
    for selector, matcher in _matchers(site):
        first, *others = matcher.value.split("|")
        if matcher.op == "=~" and others and first.isalpha() and first in _seen(site, selector, matcher):
            value = "|".join((_swapped(first), *others))
            return _replaced(site, matcher.value_start, matcher.value_end, f'"{value}"')
    return None


@expression("promql/bucket-not-declared", "a bound that is between two buckets")
def _bound(site: Site) -> str | None:
    for _, matcher in _matchers(site):
        if matcher.label == "le" and matcher.op == "=":
            return _replaced(site, matcher.value_start, matcher.value_end, '"0.333"')
    for call in _calls(site, "histogram_quantile"):
        selector = next(node for node in walk(call) if isinstance(node, Selector))
        if selector.braces is not None:
            return _replaced(site, selector.braces[0] + 1, selector.braces[0] + 1, 'le="0.333",')
    return None


@expression("promql/empty-selector", "a second matcher that contradicts the first")
def _contradiction(site: Site) -> str | None:
    for selector, matcher in _matchers(site):
        others = [value for value in _seen(site, selector, matcher) if value and value != matcher.value]
        if matcher.op == "=" and others and matcher.value in _seen(site, selector, matcher):
            added = f'{matcher.label}="{others[0]}",'
            return _replaced(site, matcher.start, matcher.start, added)
    return None


def _ratios(site: Site) -> Iterator[tuple[Aggregate, Aggregate]]:
    for node in walk(site.tree):
        if isinstance(node, Binary) and node.op == "/" and node.matching is None:
            left, right = unwrap(node.lhs), unwrap(node.rhs)
            if isinstance(left, Aggregate) and isinstance(right, Aggregate) and left.grouping and not left.without:
                yield left, right


@expression("promql/never-matches", "a side grouped by a label less")
def _sides(site: Site) -> str | None:
    for _, right in _ratios(site):
        if right.grouping and not right.without:
            text = _text(site, right)
            start = text.find("by (")
            if start >= 0:
                end = text.find(")", start)
                return _replaced(site, right.start + start, right.start + end + 1, "by ()")
    return None


@expression("promql/never-matches", "a side not aggregated")
def _bare_side(site: Site) -> str | None:
    for _, right in _ratios(site):
        return _replaced(site, right.start, right.end, _text(site, right.expr))
    return None


@expression("promql/rate-of-gauge", "rate() of a gauge")
def _rate_of_gauge(site: Site) -> str | None:
    for selector in _selectors(site):
        series = site.series(selector.name)
        if series is not None and series.kind == "gauge" and selector.range is None and selector.offset is None:
            return _replaced(site, selector.start, selector.end, f"rate({_text(site, selector)}[5m])")
    return None


@expression("promql/rate-of-gauge", "increase() of a gauge")
def _increase_of_gauge(site: Site) -> str | None:
    for call in _calls(site, "delta", "deriv", "avg_over_time", "max_over_time", "min_over_time"):
        selector = unwrap(call.args[0])
        series = site.series(selector.name) if isinstance(selector, Selector) else None
        if series is not None and series.kind == "gauge":
            return _replaced(site, call.start, call.start + len(call.func), "increase")
    return None


@expression("promql/raw-counter", "the rate() of a counter left out", "alert")
def _no_rate(site: Site) -> str | None:
    top = unwrap(site.tree)
    for call in _calls(site, "rate", "increase"):
        selector = unwrap(call.args[0])
        series = site.series(selector.name) if isinstance(selector, Selector) else None
        compared = isinstance(top, Binary) and top.op in _COMPARISONS and "/" not in site.text
        if compared and isinstance(selector, Selector) and series is not None and series.kind == "counter":
            bare = _text(site, selector).split("[")[0]
            return _replaced(site, call.start, call.end, bare)
    return None


@expression("promql/quantile-without-le", "le left out of by()")
def _no_le(site: Site) -> str | None:
    for call in _calls(site, "histogram_quantile"):
        for node in walk(call):
            le = [label for label in getattr(node, "grouping", ()) if label.name == "le"]
            if le and isinstance(node, Aggregate) and not node.without:
                rest = ", ".join(label.name for label in node.grouping if label.name != "le")
                return _replaced(site, node.grouping[0].start, node.grouping[-1].end, rest)
    return None


@expression("promql/quantile-of-raw-buckets", "a quantile without rate()")
def _raw_quantile(site: Site) -> str | None:
    for call in _calls(site, "histogram_quantile"):
        for inner in (node for node in walk(call) if isinstance(node, Call) and node.func == "rate"):
            return _replaced(site, inner.start, inner.end, _text(site, inner.args[0]).split("[")[0])
    return None


@expression("promql/quantile-range", "99 instead of 0.99")
def _percentile(site: Site) -> str | None:
    for call in _calls(site, "histogram_quantile"):
        return _replaced(site, call.args[0].start, call.args[0].end, "99")
    return None


def _thresholds(site: Site) -> Iterator[Binary]:
    top = unwrap(site.tree)
    if (
        isinstance(top, Binary)
        and top.op in _COMPARISONS
        and site.text[top.rhs.start : top.rhs.end].replace(".", "").isdigit()
    ):
        yield top


@expression("promql/threshold-range", "a percentage as the threshold of a ratio", "alert")
def _percent_threshold(site: Site) -> str | None:
    for top in _thresholds(site):
        side = unwrap(top.lhs)
        parts = isinstance(side, Binary) and side.op == "/" and "*" not in site.text
        if parts and site.text.count("rate(") == 2 and float(_text(site, top.rhs)) < 1 and "_sum" not in site.text:
            names = [node.name for node in walk(side) if isinstance(node, Selector)]
            if len(set(names)) == 1 and top.op in (">", ">="):
                return _replaced(site, top.rhs.start, top.rhs.end, f"{float(_text(site, top.rhs)) * 100:g}")
    return None


@expression("promql/threshold-range", "milliseconds as the threshold of seconds", "alert")
def _beyond_buckets(site: Site) -> str | None:
    for top in _thresholds(site):
        if isinstance(unwrap(top.lhs), Call) and "histogram_quantile" in site.text and top.op == ">":
            return _replaced(site, top.rhs.start, top.rhs.end, f"{float(_text(site, top.rhs)) * 1000:g}")
    return None


@expression("promql/threshold-range", "a count compared with zero", "alert")
def _count_zero(site: Site) -> str | None:
    for top in _thresholds(site):
        side = unwrap(top.lhs)
        if isinstance(side, Aggregate) and side.op == "count":
            return _replaced(site, top.op_start, top.rhs.end, "== 0")
    return None


@expression("promql/threshold-range", "up compared with two", "alert")
def _up_two(site: Site) -> str | None:
    at = site.text.find("up{")
    if at < 0 or "up == 0" not in site.text.replace(site.text[at : site.text.find("}", at) + 1], "up"):
        return None
    return site.text.replace("== 0", "> 1", 1)


@expression("promql/unit-mismatch", "seconds compared with milliseconds", "alert")
def _milliseconds(site: Site) -> str | None:
    for node in walk(site.tree):
        if isinstance(node, Binary) and node.op in (*_COMPARISONS, "-", "+"):
            left, right = unwrap(node.lhs), unwrap(node.rhs)
            names = [side.name or "" for side in (left, right) if isinstance(side, Selector)]
            if len(names) == 2 and all(name.endswith("_seconds") for name in names) and "time" not in names[0]:
                return _replaced(site, node.lhs.start, node.lhs.end, f"{_text(site, node.lhs)} * 1000")
    return None


@expression("promql/unit-mismatch", "bytes compared with seconds", "alert")
def _bytes_seconds(site: Site) -> str | None:
    top = unwrap(site.tree)
    if isinstance(top, Binary) and top.op in (">", "<"):
        left = unwrap(top.lhs)
        others = ("process_resident_memory_bytes", "prometheus_tsdb_symbol_table_size_bytes")
        known = next((name for name in others if site.series(name) is not None), None)
        if isinstance(left, Call) and left.func == "histogram_quantile" and known:
            return _replaced(site, top.rhs.start, top.rhs.end, f"on () max({known})")
    return None


@expression("promql/unit-mismatch", "a percentage compared with a ratio", "alert")
def _percent_ratio(site: Site) -> str | None:
    for top in _thresholds(site):
        side = unwrap(top.lhs)
        if isinstance(side, Binary) and side.op == "/" and site.text.count("rate(") == 2 and "*" not in site.text:
            whole = _text(site, side)
            return _replaced(site, top.rhs.start, top.rhs.end, f"({whole}) * 100")
    return None


@expression("promql/short-range", "a range of twenty seconds")
def _short(site: Site) -> str | None:
    for call in _calls(site, "rate", "increase", "irate", "deriv", "delta"):
        selector = unwrap(call.args[0])
        if isinstance(selector, Selector) and selector.range is not None and selector.range.seconds is not None:
            return _replaced(site, selector.range.start, selector.range.end, "20s")
    return None


@expression("promql/absent-never", "absent() of what has a default")
def _absent_default(site: Site) -> str | None:
    for call in _calls(site, "absent"):
        inner = f"sum({_text(site, call.args[0])}) or vector(0)"
        return _replaced(site, call.args[0].start, call.args[0].end, inner)
    return None


@expression("promql/idle-matcher", "a matcher that matches everything", "alert", "record")
def _everything(site: Site) -> str | None:
    selector = next(_selectors(site), None)
    if selector is None or selector.braces is None:
        return None
    return _replaced(site, selector.braces[0] + 1, selector.braces[0] + 1, 'job=~".*",')


@expression("promql/idle-matcher", "a regular expression that is plain text", "alert", "record")
def _plain_regex(site: Site) -> str | None:
    for _, matcher in _matchers(site):
        if matcher.op == "=" and matcher.value.isalnum():
            at = site.text.index("=", matcher.label_end)
            return _replaced(site, at, at + 1, "=~")
    return None


@expression("promql/division-by-zero", "a division without its guard", "record")
def _unguarded(site: Site) -> str | None:
    for node in walk(site.tree):
        if isinstance(node, Binary) and node.op == "/":
            guard = unwrap(node.rhs)
            if isinstance(guard, Binary) and guard.op == ">" and "rate(" in _text(site, guard):
                return _replaced(site, node.rhs.start, node.rhs.end, _text(site, guard.lhs))
    return None


@expression("promql/ambiguous-match", "group_left left out")
def _no_group(site: Site) -> str | None:
    for node in walk(site.tree):
        if isinstance(node, Binary) and node.matching and node.matching.group and node.matching.labels:
            matching = node.matching
            many = unwrap(node.lhs if matching.group == "left" else node.rhs)
            grouping = getattr(many, "grouping", None)
            if grouping is not None and {label.name for label in grouping} == {label.name for label in matching.labels}:
                return None  # one to one as it is
            word = "on" if matching.on else "ignoring"
            names = ", ".join(label.name for label in matching.labels)
            return _replaced(site, matching.start, matching.end, f"{word} ({names})")
    return None


@expression("promql/syntax", "a parenthesis left out")
def _parenthesis(site: Site) -> str | None:
    return site.text.rsplit(")", 1)[0] + site.text.rsplit(")", 1)[1] if site.text.count(")") > 1 else None


@expression("promql/syntax", "= instead of ==")
def _assignment(site: Site) -> str | None:
    return site.text.replace(" == ", " = ", 1)


@expression("promql/syntax", "sum() before rate()")
def _sum_first(site: Site) -> str | None:
    for node in walk(site.tree):
        inner = unwrap(node.expr) if isinstance(node, Aggregate) and node.op == "sum" else None
        if isinstance(inner, Call) and inner.func == "rate":
            selector, _, length = _text(site, inner.args[0]).rpartition("[")
            return _replaced(site, inner.start, inner.end, f"rate(sum({selector})[{length})") if selector else None
    return None


@expression("promql/syntax", "a function misspelt")
def _function(site: Site) -> str | None:
    for call in _calls(site, "rate", "increase", "histogram_quantile"):
        return _replaced(site, call.start, call.start + len(call.func), _swapped(call.func))
    return None


@expression("promql/syntax", "a rate without its range")
def _no_range(site: Site) -> str | None:
    for call in _calls(site, "rate", "increase"):
        selector = unwrap(call.args[0])
        if isinstance(selector, Selector) and selector.range is not None and selector.offset is None:
            return _replaced(site, selector.range.start - 1, selector.range.end + 1, "")
    return None


@expression("promql/not-a-query", "a range without its rate()")
def _range_only(site: Site) -> str | None:
    top = unwrap(site.tree)
    for call in _calls(site, "rate", "increase", "irate"):
        text = _text(site, call.args[0])
        return text if parses(text) and top is not call.args[0] else None
    return None


@expression("alert/no-comparison", "a comparison with bool", "alert")
def _bool(site: Site) -> str | None:
    for top in _thresholds(site):
        rest = (node for node in walk(site.tree) if isinstance(node, Binary) and node is not top)
        if not any(node.op in (*_COMPARISONS, "and", "unless") for node in rest) and "absent" not in site.text:
            return _replaced(site, top.op_end, top.op_end, " bool")
    return None


@expression("alert/no-comparison", "the comparison left out", "alert")
def _no_comparison(site: Site) -> str | None:
    for top in _thresholds(site):
        rest = (node for node in walk(site.tree) if isinstance(node, Binary) and node is not top)
        if not any(node.op in (*_COMPARISONS, "and", "unless") for node in rest) and "absent" not in site.text:
            return _text(site, top.lhs)
    return None
