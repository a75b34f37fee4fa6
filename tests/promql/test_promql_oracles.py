"""The same verdict as promtool and promql-parser on every expression of the tables."""

from __future__ import annotations

import random
import re
from pathlib import Path

import promql_parser
import pytest
import yaml

from promspec.promql import PromQLError, parse, quote, unsupported
from tests.promql.promql_cases import FRAGMENTS, accepted, promtool, rejected

# promql-parser 0.11 refuses these although Prometheus accepts them.
TOO_STRICT = {
    "1_000": "digits with underscores",
    "`raw \\ string`": "a backslash in backticks",
    r'foo{a=~"\\Qa.b\\E"}': "quoting in regular expressions",
    r"foo{a=~`\d+\.\d+`}": "a backslash in backticks",
    "foo offset 0s": "an offset of zero, new in Prometheus 3",
    "holt_winters(foo[5m], 0.5, 0.5)": "renamed in Prometheus 3",
    "sum by (a:b) (foo)": "a colon in a label name, new in Prometheus 3.4",
}
# promql-parser 0.11 accepts these although Prometheus refuses them.
TOO_LENIENT = {
    '{"foo","bar"}': "two names",
    'foo{a=~"a**"}': "a repeated repetition",
    'foo{a=~"a++"}': "a repeated repetition",
    'foo{a=~"x{1001}"}': "more than 1000 repetitions",
    "foo[0]": "an empty range without a unit",
    "foo[300y]": "a duration longer than 292 years",
    "foo @ 1e30": "a time out of bounds",
    "info(foo, bar)": "a metric name in the second argument of info()",
    'info(foo, bar{a="b"})': "a metric name in the second argument of info()",
    "+foo[5m:]": "a sign before a range vector",
    "x and fill(0) y": "fill() of a set operator",
    "1 + fill(0) x": "fill() beside a scalar",
    "info(x, foo_info)": "a metric name in the second argument of info()",
    'info(x, ({a="b"}))': "a parenthesis in the second argument of info()",
    "1e309": "a number that is too large",
    'x{a=~"(b{50}){21}"}': "more than 1000 repetitions",
}


def _promql_parser_accepts(text: str) -> bool:
    try:
        promql_parser.parse(text)
    except ValueError:
        return False
    return True


@pytest.mark.parametrize("text", accepted())
def test_promql_parser_accepts_what_we_accept(text: str) -> None:
    assert _promql_parser_accepts(text) == (text not in TOO_STRICT)


@pytest.mark.parametrize("text", [text for text, _ in rejected()])
def test_promql_parser_rejects_what_we_reject(text: str) -> None:
    assert _promql_parser_accepts(text) == (text in TOO_LENIENT)


def _rejected_by_promtool(folder: Path, expressions: list[str]) -> set[str]:
    """The expressions that promtool cannot parse, all asked in one rule file."""
    rules = [{"record": f"r:{index}", "expr": text} for index, text in enumerate(expressions)]
    path = folder / "rules.yml"
    path.write_text(yaml.safe_dump({"groups": [{"name": "g", "rules": rules}]}), encoding="utf-8")
    done = promtool("check", "rules", str(path))
    found = re.findall(r'"r:(\d+)": could not parse expression', done.stdout + done.stderr)
    assert (done.returncode == 0) == (not found)
    return {expressions[int(index)] for index in found}


def _promtool_version() -> tuple[int, int]:
    done = promtool("--version")
    match = re.search(r"version (\d+)\.(\d+)", done.stdout + done.stderr)
    assert match is not None
    return int(match[1]), int(match[2])


def test_promtool_accepts_what_we_accept_and_what_its_version_has(tmp_path: Path) -> None:
    version = _promtool_version()
    expected = {text for text in accepted() if unsupported(parse(text), version)}
    assert _rejected_by_promtool(tmp_path, accepted()) == expected


def test_promtool_rejects_what_we_reject(tmp_path: Path) -> None:
    expressions = [text for text, _ in rejected()]
    assert _rejected_by_promtool(tmp_path, expressions) == set(expressions)


def test_promtool_agrees_on_regular_expressions(tmp_path: Path) -> None:
    atoms = ["a", ".", r"\\d", r"\\b", r"\\.", "[a-z]", "[^]x]", "(b)", "(?:c)", "(?i)", "(?P<n>d)", "^", "$", "|", ""]
    suffixes = ["", "*", "+?", "??", "{2}", "{2,}", "{,3}", "{1,2}?", "{", "**", "*+", "(", ")", "]", "[", r"\\"]
    expressions = list(dict.fromkeys(f'x{{a=~"{atom}{suffix}"}}' for atom in atoms for suffix in suffixes))
    refused = {text for text in expressions if not _parses(text)}
    assert _rejected_by_promtool(tmp_path, expressions) == refused
    assert len(expressions) > 150
    assert len(refused) > 50


def _damaged(seed: int, count: int) -> list[str]:
    """Expressions of the tables with a word replaced, or the head of one and the tail of another."""
    chance = random.Random(seed)
    every = [re.findall(r'\w+|"[^"]*"|\s+|.', text) for text in (*accepted(), *(text for text, _ in rejected()))]
    found: dict[str, None] = {}
    while len(found) < count:
        words, others = list(chance.choice(every)), chance.choice(every)
        at = chance.randrange(len(words))
        if chance.random() < 0.3:
            words[at:] = others[chance.randrange(len(others)) :]
        else:
            words[at : at + chance.randrange(2)] = [chance.choice((*FRAGMENTS, chance.choice(others)))]
        text = "".join(words)
        if text.strip() and not LETTER_FOR_COLON.search(text):
            found[text] = None
    return list(found)


# promtool 2.42 takes any letter in a subquery's brackets for the colon.
LETTER_FOR_COLON = re.compile(r"\[[^]]*[a-z0-9] *[^]0-9: ]+ ")


def test_promtool_agrees_on_damaged_expressions(tmp_path: Path) -> None:
    version = _promtool_version()
    expressions = _damaged(seed=2, count=1500)
    refused = {text for text in expressions if not _parses(text) or unsupported(parse(text), version)}
    assert _rejected_by_promtool(tmp_path, expressions) == refused
    assert len(refused) < len(expressions) - 100


def test_promtool_agrees_on_random_regular_expressions(tmp_path: Path) -> None:
    chance = random.Random(1)
    atoms = ["a", "b", "-", "[", "]", "[^", "(", "(?:", "(?i)", "(?P<n>", "(?", ")", "*", "+", "?", "{2}", "{,2}", "|"]
    atoms += [
        "^",
        "$",
        ".",
        r"\d",
        r"\b",
        r"\z",
        r"\Z",
        r"\1",
        r"\12",
        r"\x41",
        r"\x",
        r"\pL",
        r"\_",
        "\\",
        "[:alpha:]",
    ]
    patterns = {"".join(chance.choices(atoms, k=chance.randrange(1, 7))) for _ in range(1500)}
    expressions = [f"x{{a=~{quote(pattern)}}}" for pattern in sorted(patterns)]
    refused = {text for text in expressions if not _parses(text)}
    assert _rejected_by_promtool(tmp_path, expressions) == refused
    assert 100 < len(refused) < len(expressions) - 100


def _parses(text: str) -> bool:
    try:
        parse(text)
    except PromQLError:
        return False
    return True
