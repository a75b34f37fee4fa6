"""Whatever is generated parses; whatever is typed raises nothing but PromQLError; edits keep the meaning."""

from __future__ import annotations

from dataclasses import fields, is_dataclass

from hypothesis import given, settings
from hypothesis import strategies as st

from promspec.promql import (
    Expr,
    PromQLError,
    Selector,
    add_matchers,
    children,
    duration_seconds,
    infer,
    kind,
    matcher,
    parse,
    printed,
    quote,
    selectors,
    unsupported,
    walk,
)
from tests.promql.promql_cases import FRAGMENTS, SampleRegistry, accepted, rejected

NAMES = st.sampled_from(["up", "ocr_errors_total", "sum", "by", "a:b", "ocr_duration_seconds_bucket", "nothing"])
LABELS = st.sampled_from(["job", "code", "le", "on", "bool", "x"])
DURATIONS = st.sampled_from(["5m", "1h30m", "10ms", "1y", "2w3d"])
TERMS = st.sampled_from(["5m", "1h", "2", "0.5", "step()", "range()"])
ARITHMETIC = st.recursive(
    TERMS,
    lambda inner: st.one_of(
        st.builds("({} {} {})".format, inner, st.sampled_from(["+", "*", "^"]), inner),
        st.builds("{}({}, {})".format, st.sampled_from(["max_of", "MIN_OF"]), inner, inner),
        st.builds("({})".format, inner),
    ),
    max_leaves=4,
)
SPACE = st.sampled_from(["", " ", "\n", " # note\n "])
TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
MATCHERS = st.builds(lambda label, op, text: f"{label}{op}{quote(text)}", LABELS, st.sampled_from(["=", "!="]), TEXTS)


MODIFIERS = ["", " offset 5m", " offset -1h", " @ start()", " @ 12.5 offset 1w"]
SCALARS = ["1", "-2.5", "1e3", "0x1F", "Inf", "time()", "(1 + 2)", "2 ^ -1"]
FORMS = [
    "({0})",
    "rate({range})",
    "max_over_time(({0})[5m:1m])",
    "absent_over_time(({0})[1h:] offset 1d)",
    "absent({0})",
    "histogram_quantile({scalar}, {0})",
    'label_replace({0}, "x", "$1", "job", "(.*)")',
    "sum by {labels} ({0})",
    "AVG({0}) without {labels}",
    "topk({scalar}, {0})",
    'count_values("version", {0})',
    "-({0})",
    "{0} + {scalar}",
    "{0} != bool ({1})",
    "({0}) ^ on {labels} ({1})",
    "({0}) / ignoring {labels} group_right () ({1})",
    "{0} > on (job) group_left (x) ({1})",
    "{0} and ({1})",
    "{0} or ignoring {labels} {1}",
    "{0} UNLESS on {labels} {1}",
]


NEWER_FORMS = [
    "{0} </ {scalar}",
    "{0} >/ on {labels} ({1})",
    "({0}) + fill (0) ({1})",
    "{0} > bool ignoring {labels} fill_left(-1) fill_right(5m) ({1})",
    "increase({range})",
    "max_over_time(({0})[{arithmetic}:5m])",
    "info({0}, {{}})",
    'histogram_quantiles({0}, "q", {scalar}, 0.5)',
    "vector(max_of({scalar}, step()))",
]


@st.composite
def selector_texts(draw: st.DrawFn) -> str:
    """A selector with or without braces, matchers, spaces and comments."""
    if draw(st.booleans()):
        return draw(NAMES)
    space, matchers = draw(SPACE), draw(st.lists(MATCHERS, max_size=3))
    comma = draw(st.sampled_from(["", ","])) if matchers else ""
    inside = f"{space},{space}".join(matchers)
    return f"{draw(NAMES)}{space}{{{space}{inside}{comma}{space}}}"


@st.composite
def vector_texts(draw: st.DrawFn, depth: int = 3, newer: bool = False) -> str:
    """An instant vector of any shape; with `newer` also of what only Prometheus 3 has."""
    if depth == 0 or draw(st.integers(0, 3)) == 0:
        return draw(selector_texts()) + draw(st.sampled_from(MODIFIERS))
    form = draw(st.sampled_from([*FORMS, *NEWER_FORMS] if newer else FORMS))
    inner = [draw(vector_texts(depth - 1, newer)) for place in ("{0}", "{1}") if place in form]
    labels = ", ".join(draw(st.lists(LABELS, max_size=3)))
    arithmetic = draw(ARITHMETIC)
    length = arithmetic if newer and any(digit in arithmetic for digit in "0123456789") else draw(DURATIONS)
    extended = draw(st.sampled_from(["", " anchored", " smoothed"])) if newer else ""
    ranged = f"{draw(selector_texts())}[{length}]{extended}{draw(st.sampled_from(MODIFIERS))}"
    scalar = draw(st.sampled_from(SCALARS))
    return form.format(*inner, range=ranged, scalar=scalar, labels=f"({labels})", arithmetic=length)


VECTORS = vector_texts()
NEWER = vector_texts(newer=True)


@given(VECTORS)
@settings(max_examples=400, deadline=None)
def test_a_generated_expression_parses_and_is_inferred(text: str) -> None:
    expr = parse(text)
    assert kind(expr) == "instant"
    for node in walk(expr):
        for child in children(node):
            assert node.start <= child.start <= child.end <= node.end
    for selector in selectors(expr):
        assert text[selector.name_start : selector.name_end] == selector.name
    result = infer(expr, SampleRegistry())
    for finding in result.findings:
        assert 0 <= finding.start < finding.end <= len(text)
        assert finding.message
        assert finding.remedy
    for finding in unsupported(expr, (2, 42)):
        raise AssertionError(finding.message)


def _meaning(node: object) -> object:
    """A tree without places and spelling."""
    if isinstance(node, tuple):
        return tuple(map(_meaning, node))
    if not is_dataclass(node):
        return node
    places = ("start", "end", "op_start", "op_end", "name_start", "name_end", "label_end", "value_start", "value_end")
    said = {field.name: getattr(node, field.name) for field in fields(node) if field.name not in places}
    if isinstance(node, Selector):
        said["braces"] = node.braces is not None
    return type(node).__name__, tuple((name, _meaning(value)) for name, value in said.items())


@given(VECTORS | NEWER)
@settings(max_examples=500, deadline=None)
def test_a_printed_expression_reads_back_as_the_same(text: str) -> None:
    expr = _parsed(text)
    if expr is None:
        return
    assert _meaning(parse(printed(expr))) == _meaning(expr)
    assert printed(parse(printed(expr))) == printed(expr)


def _parsed(text: str) -> Expr | None:
    """The tree; None for a range that functions do not take, or that is longer than Prometheus can hold."""
    try:
        return parse(text)
    except PromQLError as error:
        if "range that is" not in error.message and "longer" not in error.message:
            raise
        return None


@given(NEWER)
@settings(max_examples=300, deadline=None)
def test_what_prometheus_3_brought_parses_and_is_inferred_with_places_inside(text: str) -> None:
    expr = _parsed(text)
    if expr is None:
        return
    for node in walk(expr):
        for child in children(node):
            assert node.start <= child.start <= child.end <= node.end
    for finding in (*infer(expr, SampleRegistry()).findings, *unsupported(expr, (2, 42))):
        assert 0 <= finding.start < finding.end <= len(text)
        assert finding.remedy


PIECES = st.sampled_from([*FRAGMENTS, "$v", "${v}", "[[v]]", "\n"])


def _error(text: str, *, templated: bool = False) -> PromQLError | None:
    """What is wrong with a text; any other exception is the test's failure."""
    try:
        infer(parse(text, templated=templated), SampleRegistry())
    except PromQLError as error:
        return error
    return None


@given(st.text(max_size=40) | st.lists(PIECES, max_size=25).map(" ".join) | st.lists(PIECES, max_size=25).map("".join))
@settings(max_examples=600, deadline=None)
def test_arbitrary_text_raises_nothing_but_a_promql_error_with_a_place(text: str) -> None:
    for error in (_error(text), _error(text, templated=True)):
        assert error is None or 0 <= error.start <= error.end <= len(text)
        assert error is None or error.message


EVERY = [*accepted(), *(text for text, _ in rejected())]


@given(st.sampled_from(EVERY), st.integers(0, 80), st.integers(0, 4), PIECES | st.just(""))
@settings(max_examples=600, deadline=None)
def test_a_damaged_expression_raises_nothing_but_a_promql_error(text: str, at: int, cut: int, piece: str) -> None:
    damaged = text[:at] + piece + text[at + cut :]
    error = _error(damaged)
    assert error is None or 0 <= error.start <= error.end <= len(damaged)


@given(TEXTS)
def test_a_quoted_text_reads_back(text: str) -> None:
    (selector,) = selectors(parse(f"x{{{matcher('a', '=', text)}}}"))
    assert selector.matchers[0].value == text


@given(VECTORS, st.sampled_from(["=", "!="]), TEXTS)
@settings(max_examples=300, deadline=None)
def test_added_matchers_are_there_and_nothing_else_changed(text: str, op: str, value: str) -> None:
    added = matcher("added", op, value)
    before, after = selectors(parse(text)), selectors(parse(add_matchers(text, lambda _: [added])))
    assert len(before) == len(after)
    for old, new in zip(before, after, strict=True):
        assert _parts(new)[:-1] == _parts(old)
        assert _parts(new)[-1] == ("added", op, value)
        assert (new.name, new.range is None, new.offset is None) == (old.name, old.range is None, old.offset is None)
    assert add_matchers(text, lambda _: []) == text


def _parts(selector: Selector) -> list[tuple[str, str, str]]:
    return [(m.label, m.op, m.value) for m in selector.matchers]


@given(st.tuples(*[st.integers(0, 50)] * 7).filter(any))
def test_a_duration_is_the_sum_of_its_parts(parts: tuple[int, ...]) -> None:
    seconds = (31_536_000_000, 604_800_000, 86_400_000, 3_600_000, 60_000, 1000, 1)
    units = ("y", "w", "d", "h", "m", "s", "ms")
    text = "".join(f"{part}{unit}" for part, unit in zip(parts, units, strict=True) if part)
    assert duration_seconds(text) * 1000 == sum(part * unit for part, unit in zip(parts, seconds, strict=True))
