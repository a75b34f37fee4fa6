"""What parses, what does not and with which words, and what the tree looks like."""

from __future__ import annotations

import math
from fractions import Fraction

import pytest

from promspec.promql import (
    Aggregate,
    Binary,
    Call,
    Expr,
    NumberLiteral,
    Paren,
    PromQLError,
    Selector,
    StringLiteral,
    Subquery,
    Unary,
    children,
    kind,
    parse,
    printed,
    selectors,
    walk,
)
from tests.promql.promql_cases import accepted, rejected


def shown(expr: Expr) -> str:
    """The expression with every operation in parentheses."""
    if isinstance(expr, Binary):
        return f"({shown(expr.lhs)} {expr.op} {shown(expr.rhs)})"
    if isinstance(expr, Unary):
        return f"({expr.op}{shown(expr.expr)})"
    if isinstance(expr, Paren):
        return shown(expr.expr)
    if isinstance(expr, NumberLiteral):
        return expr.text
    assert isinstance(expr, Selector)
    return str(expr.name)


def test_the_tables_are_as_large_as_promised() -> None:
    assert len(accepted()) >= 250
    assert len(rejected()) >= 250
    assert len(set(accepted())) == len(accepted())


@pytest.mark.parametrize("text", accepted())
def test_an_accepted_expression_parses_with_every_node_inside_its_parent(text: str) -> None:
    expr = parse(text)
    for node in walk(expr):
        assert 0 <= node.start < node.end <= len(text)
        for child in children(node):
            assert node.start <= child.start
            assert child.end <= node.end


@pytest.mark.parametrize(("text", "expected"), rejected())
def test_a_rejected_expression_says_where_and_what_and_what_to_write(text: str, expected: str) -> None:
    with pytest.raises(PromQLError) as caught:
        parse(text)
    error = caught.value
    assert f"{error.start}:{error.end} {error}" == expected
    assert 0 <= error.start <= error.end <= len(text)


@pytest.mark.parametrize(
    ("text", "tree"),
    [
        ("a + b * c", "(a + (b * c))"),
        ("a * b + c", "((a * b) + c)"),
        ("a - b - c", "((a - b) - c)"),
        ("a / b % c atan2 d", "(((a / b) % c) atan2 d)"),
        ("a ^ b ^ c", "(a ^ (b ^ c))"),
        ("-a ^ b", "(-(a ^ b))"),
        ("-a * b", "((-a) * b)"),
        ("a ^ -b ^ c", "(a ^ (-(b ^ c)))"),
        ("a ^ -b * c", "((a ^ (-b)) * c)"),
        ("a * -b ^ c + d", "((a * (-(b ^ c))) + d)"),
        ("- -a", "(-(-a))"),
        ("a > b + c == d", "((a > (b + c)) == d)"),
        ("a or b and c unless d", "(a or ((b and c) unless d))"),
        ("a and b or c", "((a and b) or c)"),
        ("a AND b > c", "(a and (b > c))"),
        ("(a + b) * c", "((a + b) * c)"),
        ("-1 + a", "(-1 + a)"),
    ],
)
def test_operators_bind_as_in_prometheus(text: str, tree: str) -> None:
    assert shown(parse(text)) == tree


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1", "scalar"),
        ("-1 * 2", "scalar"),
        ("time()", "scalar"),
        ("(scalar(x))", "scalar"),
        ('"a"', "string"),
        ("x", "instant"),
        ("-x", "instant"),
        ("1 - x", "instant"),
        ("sum(x)", "instant"),
        ("rate(x[5m])", "instant"),
        ("x offset 5m", "instant"),
        ("x[5m]", "range"),
        ("(x[5m])", "range"),
        ("sum(x)[5m:]", "range"),
    ],
)
def test_every_expression_has_a_kind(text: str, expected: str) -> None:
    assert kind(parse(text)) == expected


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("0x1F", 31.0),
        ("010", 8.0),
        ("09", 9.0),
        ("1_000", 1000.0),
        (".5", 0.5),
        ("5.", 5.0),
        ("2e-3", 0.002),
        ("-2", -2.0),
        ("+ 2", 2.0),
        ("--2", 2.0),
        ("Inf", math.inf),
        ("-inf", -math.inf),
        ("5m", 300.0),
        ("10ms", 0.01),
    ],
)
def test_numbers_have_their_value(text: str, value: float) -> None:
    number = parse(text)
    assert isinstance(number, NumberLiteral)
    assert number.value == value


def test_a_selector_keeps_every_part_with_its_place() -> None:
    text = 'rate(foo{a="b", c !~ "d\\n"}[1h30m] offset -5m @ start())'
    (selector,) = selectors(parse(text))
    assert text[selector.name_start : selector.name_end] == selector.name == "foo"
    assert selector.braces == (text.index("{"), text.index("}") + 1)
    first, second = selector.matchers
    assert (first.label, first.op, first.value) == ("a", "=", "b")
    assert (second.label, second.op, second.value) == ("c", "!~", "d\n")
    assert text[second.start : second.end] == 'c !~ "d\\n"'
    assert text[second.start : second.label_end] == "c"
    assert text[second.value_start : second.value_end] == '"d\\n"'
    assert selector.range is not None
    assert (selector.range.text, selector.range.seconds) == ("1h30m", 5400)
    assert text[selector.range.start : selector.range.end] == "1h30m"
    assert selector.offset is not None
    assert (selector.offset.text, selector.offset.seconds) == ("-5m", -300)
    assert selector.at is not None
    assert (selector.at.bound, selector.at.seconds) == ("start", None)
    assert text[selector.start : selector.end] == text[5:-1]


def test_a_quoted_name_is_the_name() -> None:
    text = '{"my.metric", "l.a"="x"}'
    (selector,) = selectors(parse(text))
    assert selector.name == "my.metric"
    assert text[selector.name_start : selector.name_end] == '"my.metric"'
    assert selector.matchers[0].label == "l.a"


def test_a_subquery_has_range_step_and_modifiers() -> None:
    query = parse("rate(x[5m])[1h:10s] @ 5 offset 1500ms")
    assert isinstance(query, Subquery)
    assert query.step is not None
    assert query.at is not None
    assert query.offset is not None
    assert (query.range.seconds, query.step.seconds, query.at.seconds) == (3600, 10, 5.0)
    assert query.offset.seconds == Fraction(3, 2)


@pytest.mark.parametrize("text", ["topk without (a, b) (5, x)", "topk(5, x) without (a, b)"])
def test_an_aggregation_is_the_same_with_its_labels_before_or_after(text: str) -> None:
    top = parse(text)
    assert isinstance(top, Aggregate)
    assert (top.op, top.without, [label.name for label in top.grouping]) == ("topk", True, ["a", "b"])
    assert all(text[label.start : label.end] == label.name for label in top.grouping)
    assert isinstance(top.param, NumberLiteral)
    assert isinstance(top.expr, Selector)


def test_vector_matching_has_its_labels_with_places() -> None:
    text = "a == bool on (x, y) group_left (z) b"
    expr = parse(text)
    assert isinstance(expr, Binary)
    assert expr.return_bool
    assert text[expr.op_start : expr.op_end] == "=="
    matching = expr.matching
    assert matching is not None
    assert text[matching.start : matching.end] == "on (x, y) group_left (z)"
    assert (matching.on, matching.group) == (True, "left")
    assert [label.name for label in matching.labels] == ["x", "y"]
    assert [text[label.start : label.end] for label in matching.include] == ["z"]


def test_walk_visits_parents_first_and_selectors_come_in_source_order() -> None:
    expr = parse("sum by (a) (rate(one[5m])) / on (a) two + topk(scalar(three), four)")
    assert [type(node).__name__ for node in walk(expr)][:5] == ["Binary", "Binary", "Aggregate", "Call", "Selector"]
    assert [selector.name for selector in selectors(expr)] == ["one", "two", "three", "four"]


@pytest.mark.parametrize(
    "text",
    [
        "rate(x[$__rate_interval])",
        "rate(x[${__rate_interval}])",
        "rate(x[[[window]]])",
        "rate(x[$window])",
        "rate(x[${__range_s}s])",
        "rate(x[5${unit}])",
        "max_over_time(rate(x[$__rate_interval])[$__range:$__interval])",
        "x offset $shift",
        "x offset -${shift}",
        "x @ ${__to:date:seconds}",
        "x > $threshold",
        "x > [[threshold]]",
        "topk($n, x)",
        "x * $__interval_ms / 1000",
        "-$n * x",
        'x{job=~"$job"}',
        'x{job=~"${job:regex}", instance=~"[[instance]]"}',
        'x{a=~"(${b})|("}',
        'label_replace(x, "a", "${b}", "c", "(.*)")',
        '{job=~"$job"}',
    ],
)
def test_grafana_variables_stand_for_durations_numbers_and_inside_strings(text: str) -> None:
    assert parse(text, templated=True).end == len(text)
    if "{" not in text:
        with pytest.raises(PromQLError):
            parse(text)


def test_a_grafana_variable_has_no_value() -> None:
    expr = parse('rate(x{a="$a",b="b"}[$__rate_interval] offset $o) > $t', templated=True)
    assert isinstance(expr, Binary)
    assert isinstance(expr.rhs, NumberLiteral)
    assert expr.rhs.value is None
    (selector,) = selectors(expr)
    assert selector.range is not None
    assert selector.offset is not None
    assert (selector.range.text, selector.range.seconds) == ("$__rate_interval", None)
    assert selector.offset.seconds is None
    assert [matcher.variable for matcher in selector.matchers] == [True, False]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("$metric{a='b'}", "the Grafana variable `$metric` cannot stand here"),
        ("${metric}_total", "a Grafana variable cannot stand here"),
        ("sum by ($label) (x)", "the Grafana variable `$label` cannot stand here"),
        ("x{$label='a'}", "the Grafana variable `$label` cannot stand here"),
        ("rate(x[$a$b])", "the Grafana variable `$b` cannot stand here"),
    ],
)
def test_a_grafana_variable_may_not_stand_for_a_name(text: str, words: str) -> None:
    with pytest.raises(PromQLError) as caught:
        parse(text, templated=True)
    assert caught.value.message == words
    assert caught.value.remedy


def test_a_dollar_in_a_plain_string_is_no_variable() -> None:
    (selector,) = selectors(parse('x{a="$job"}'))
    assert not selector.matchers[0].variable


@pytest.mark.parametrize("text", ["(" * 5000 + "x" + ")" * 5000, "-" * 5000 + "x", "x^" * 5000 + "x", "abs(" * 5000])
def test_deep_nesting_is_an_error_with_a_place(text: str) -> None:
    with pytest.raises(PromQLError, match="nested more than 64 deep"):
        parse(text)


def test_a_chain_may_be_long() -> None:
    expr = parse(" or ".join(f"x{i}" for i in range(5000)))
    assert len(selectors(expr)) == 5000


def test_comments_and_line_breaks_are_skipped() -> None:
    expr = parse('# first\nsum ( # second\r\n  x{a="#", # third\n b="c"}\n)\n# last')
    assert isinstance(expr, Aggregate)
    (selector,) = selectors(expr)
    assert [(m.label, m.value) for m in selector.matchers] == [("a", "#"), ("b", "c")]


def test_an_error_reads_as_one_sentence() -> None:
    error = PromQLError("what is wrong", 1, 2, "what to write")
    assert str(error) == "what is wrong: what to write"
    assert str(PromQLError("what is wrong", 1, 2)) == "what is wrong"
    assert isinstance(error, ValueError)


def test_calls_and_strings_are_plain_nodes() -> None:
    call = parse('label_replace(x, "a", \'$1\', `b`, "(.*)")')
    assert isinstance(call, Call)
    assert [arg.value for arg in call.args if isinstance(arg, StringLiteral)] == ["a", "$1", "b", "(.*)"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "sum(rate( x{a='b'} [5m]))by(c)/on(c)group_left y",
            'sum by (c) (rate(x{a="b"}[5m])) / on (c) group_left () y',
        ),
        ("x offset (1m)anchored+ y", "x offset (1m) anchored + y"),
        ("x[5m] offset 1m @ end() smoothed", "x[5m] smoothed @ end() offset 1m"),
        ("a>bool fill_right(2)fill_left( -1m)b", "a > bool fill_left (-1m) fill_right (2) b"),
        ("a + fill (0)b", "a + fill (0) b"),
        ("max_over_time((-a)[1h:5m*2] )", "max_over_time((-a)[1h:5m*2])"),
        ('sum without(le,"a b")({"x.y",z!~`\\d`})', 'sum without (le, "a b") ({"x.y", z!~"\\\\d"})'),
        ("info(x,{})", "info(x, {})"),
    ],
)
def test_an_expression_prints_in_one_way(text: str, expected: str) -> None:
    assert printed(parse(text)) == expected
    assert printed(parse(expected)) == expected
