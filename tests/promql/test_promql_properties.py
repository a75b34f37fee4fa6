"""Whatever is generated parses; whatever is typed raises nothing but PromQLError; edits keep the meaning."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from promspec.promql import (
    PromQLError,
    Selector,
    add_matchers,
    children,
    duration_seconds,
    infer,
    kind,
    matcher,
    parse,
    quote,
    selectors,
    unsupported,
    walk,
)
from tests.promql.promql_cases import FRAGMENTS, SampleRegistry, accepted, rejected

NAMES = st.sampled_from(["up", "ocr_errors_total", "sum", "by", "a:b", "ocr_duration_seconds_bucket", "nothing"])
LABELS = st.sampled_from(["job", "code", "le", "on", "bool", "x"])
DURATIONS = st.sampled_from(["5m", "1h30m", "10ms", "1y", "2w3d"])
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
def vector_texts(draw: st.DrawFn, depth: int = 3) -> str:
    """An instant vector of any shape."""
    if depth == 0 or draw(st.integers(0, 3)) == 0:
        return draw(selector_texts()) + draw(st.sampled_from(MODIFIERS))
    form = draw(st.sampled_from(FORMS))
    inner = [draw(vector_texts(depth - 1)) for place in ("{0}", "{1}") if place in form]
    labels = ", ".join(draw(st.lists(LABELS, max_size=3)))
    ranged = f"{draw(selector_texts())}[{draw(DURATIONS)}]{draw(st.sampled_from(MODIFIERS))}"
    return form.format(*inner, range=ranged, scalar=draw(st.sampled_from(SCALARS)), labels=f"({labels})")


VECTORS = vector_texts()


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
