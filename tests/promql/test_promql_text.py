"""Strings, durations, matchers, regular expressions, and edits of an expression's text."""

from __future__ import annotations

from fractions import Fraction

import pytest

from promspec.promql import Selector, add_matchers, duration_seconds, matcher, parse, quote, selectors
from promspec.promql.regexes import compiled, problem


@pytest.mark.parametrize(
    ("literal", "value"),
    [
        (r'"a\"b"', 'a"b'),
        (r"'a\'b'", "a'b"),
        (r'"\\d\n\t"', "\\d\n\t"),
        (r'"\x41\102\u00e9\U0001F600"', "AB\u00e9\U0001f600"),
        (r'"\xc3\xa9"', "\u00e9"),
        (r"`\d+`", r"\d+"),
        ("`a\nb`", "a\nb"),
        ('"µ☃"', "µ☃"),
    ],
)
def test_a_string_is_read_as_go_reads_it(literal: str, value: str) -> None:
    (selector,) = selectors(parse(f"x{{a={literal}}}"))
    assert selector.matchers[0].value == value


@pytest.mark.parametrize(
    ("text", "literal"),
    [
        ("a", '"a"'),
        ('a"b\\c', r'"a\"b\\c"'),
        ("line\nbreak\ttab", r'"line\nbreak\ttab"'),
        ("\x00", '"\\u0000"'),
        ("\ufffd", '"\\ufffd"'),
        ("it's µ", '"it\'s µ"'),
    ],
)
def test_quote_escapes_what_needs_it_and_nothing_else(text: str, literal: str) -> None:
    assert quote(text) == literal


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("5m", 300),
        ("1h30m", 5400),
        ("1y", 365 * 86400),
        ("250ms", Fraction(1, 4)),
        ("1s500ms", Fraction(3, 2)),
        ("-5m", -300),
        ("+5m", 300),
        ("300", 300),
        ("1.5", Fraction(3, 2)),
        ("0s", 0),
    ],
)
def test_a_duration_is_exact(text: str, seconds: int | Fraction) -> None:
    assert duration_seconds(text) == seconds
    assert isinstance(duration_seconds(text), type(seconds))


@pytest.mark.parametrize("text", ["", "m", "1.5h", "5m1h", "1h1h", "5 m", "--5m", "5M", "$x", "-"])
def test_what_is_no_duration_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="is no duration"):
        duration_seconds(text)


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        (("code", "=", "timeout"), 'code="timeout"'),
        (("code", "!~", 'a"|b\\d'), r'code!~"a\"|b\\d"'),
        (("my.label", "=~", "x.*"), '"my.label"=~"x.*"'),
    ],
)
def test_a_matcher_is_written_with_its_value_quoted(arguments: tuple[str, str, str], text: str) -> None:
    assert matcher(*arguments) == text


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("a", "==", "b"), "`==` is no operator of a matcher"),
        (("a", "=~", "("), "is no regular expression"),
        (("", "=", "b"), "needs a label name"),
    ],
)
def test_a_matcher_that_cannot_be_is_refused(arguments: tuple[str, str, str], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        matcher(*arguments)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("up", 'up{job="a"}'),
        ("up{}", 'up{job="a"}'),
        ("up{ }", 'up{job="a" }'),
        ('up{x="y"}', 'up{x="y",job="a"}'),
        ('up{x="y",}', 'up{x="y",job="a",}'),
        ('up{ x = "y" , } [5m]', 'up{ x = "y",job="a" , } [5m]'),
        ('up{job=~"b.*"}', 'up{job=~"b.*"}'),
        ("rate(up[5m] offset 1h)", 'rate(up{job="a"}[5m] offset 1h)'),
        ('{x="y"}', '{x="y",job="a"}'),
        ('{"my.metric"}', '{"my.metric",job="a"}'),
        ('{x="y", "my.metric"}', '{x="y", "my.metric",job="a"}'),
        ("up @ 5", 'up{job="a"} @ 5'),
        ("up # why\n/ down", 'up{job="a"} # why\n/ down{job="a"}'),
        ('up{x="y" # why\n}', 'up{x="y",job="a" # why\n}'),
        ("sum + sum(sum)", 'sum{job="a"} + sum(sum{job="a"})'),
        ("max_over_time(up[1h:5m])", 'max_over_time(up{job="a"}[1h:5m])'),
        ("1 + 2", "1 + 2"),
    ],
)
def test_a_matcher_is_added_in_place(before: str, after: str) -> None:
    assert add_matchers(before, lambda _: ['job="a"']) == after
    assert add_matchers(after, lambda _: ['job="a"']) == after


def test_each_selector_has_its_own_matchers() -> None:
    def choose(selector: Selector) -> list[str]:
        return {"a": ['x="1"', 'y!="2"'], "b": ['"z.z"=~"3"']}.get(selector.name or "", [])

    text = 'rate(a{y="0"}[5m]) / b - c'
    assert add_matchers(text, choose) == 'rate(a{y="0",x="1"}[5m]) / b{"z.z"=~"3"} - c'


def test_matchers_are_added_to_grafana_text() -> None:
    text = 'rate(x{a=~"$a"}[$__rate_interval]) > $limit'
    expected = 'rate(x{a=~"$a",job=~"$job"}[$__rate_interval]) > $limit'
    assert add_matchers(text, lambda _: ['job=~"$job"'], templated=True) == expected


@pytest.mark.parametrize("written", ["job", 'job="a",b="c"', "job=a", '="a"', 'job=="a"', "", "}", 'a>"b"'])
def test_what_is_no_matcher_is_not_added(written: str) -> None:
    with pytest.raises(ValueError, match="is no matcher"):
        add_matchers("up", lambda _: [written])


@pytest.mark.parametrize(
    ("pattern", "matching", "other"),
    [
        ("a|b", ["a", "b"], ["ab", ""]),
        ("a.*", ["a", "abc"], ["ba"]),
        (r"\d{2}", ["12"], ["1", "123"]),
        ("a{,2}", ["a{,2}"], ["aa"]),
        ("a$", ["a"], ["a\n"]),
        ("(?i)abc", ["ABC"], ["abcd"]),
        ("(?:x|y)z", ["xz"], ["x"]),
        ("(?P<n>a)b", ["ab"], ["a"]),
        ("[^a-c]+", ["xyz"], ["abc"]),
        (r"a\z", ["a"], ["az"]),
        ("", [""], ["a"]),
        ("^*a", ["a"], ["^a"]),
    ],
)
def test_a_regular_expression_matches_whole_values(pattern: str, matching: list[str], other: list[str]) -> None:
    expression = compiled(pattern)
    assert expression is not None
    assert all(expression.fullmatch(value) for value in matching)
    assert not any(expression.fullmatch(value) for value in other)


@pytest.mark.parametrize("pattern", [r"\pL", "[[:alpha:]]", r"\Qa.b\E", "(?U)a*", "a(?i)b", r"[\pN]", "("])
def test_an_expression_that_python_may_read_otherwise_is_not_evaluated(pattern: str) -> None:
    assert compiled(pattern) is None


def test_the_reason_why_an_expression_is_refused_is_told() -> None:
    assert problem("a.*") == ""
    assert problem("(a") == "it has a `(` without a `)`"


def test_a_duration_that_prometheus_cannot_hold_is_refused() -> None:
    with pytest.raises(ValueError, match="292 years"):
        duration_seconds("300y")
