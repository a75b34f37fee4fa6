"""Random and hostile input, from a seed: PromQL by its grammar, damaged files, bytes, and shapes that hurt readers."""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Sequence

from promspec.promql import quote
from promspec.promql.functions import AGGREGATORS, FUNCTIONS

NAMES = ("up", "shop_requests_total", "shop_seconds_bucket", "shop_seconds_sum", "shop_queue", "a:b:c", "gone", "sum")
LABELS = ("job", "instance", "code", "le", "x", "__name__", "on", "bool", "Ünï")
DURATIONS = ("5m", "1h30m", "0s", "1y", "99999999999y", "1ms", "5", ".5", "5mm", "-1m", "$__rate_interval", "10s")
NUMBERS = (
    *("0", "1", "-1", "0.99", "1e308", "1e309", "-1e400", "1e-400", "0x1F", "0xfffffffffffffffffffff", "NaN", "Inf"),
    *("-Inf", "00", "08", "1_000", "1__0", "9" * 400, ".5", "5.", "1e", "$x", "100", "3.0"),
)
VALUES = (
    *("", "200", "5..", ".*", ".+", "a|b", "|", "(a|b)+", "(a+)+$", "(.*)*x", "((a*)*)*b", "[", "(?i)A", "\\d{3}"),
    *("a{1000}", "(a{1000}){1000}", "(a|a|a|a)*" * 8, "x" * 2000, "é", "\x00", "\U0001f600", "$var", "${v:regex}"),
    *("(?=x)", "\\Q.*\\E", "[[:alpha:]]", "a{2,1}", "\\p{L}", "(" * 200, "^(" + "a?" * 30 + "a" * 30 + ")$"),
)
COMPARED = ("==", "!=", "<", ">", "<=", ">=")
OPERATORS = (*COMPARED, "+", "-", "*", "/", "%", "^", "atan2", "and", "or", "unless", "</", ">/")
HOSTILE = (
    "(" * 5000 + "1" + ")" * 5000,
    "-" * 5000 + "1",
    "sum(" * 3000 + "up" + ")" * 3000,
    " + ".join(["up"] * 5000),
    " ^ ".join(["2"] * 3000),
    " or ".join(f"up{{job='{i}'}}" for i in range(2000)),
    " and ".join(["(up > 0)"] * 1500),
    "up" + "[5m:1m]" * 400,
    "up" + " offset 5m" * 3000,
    "up{" + ",".join(f'l{i}="v"' for i in range(3000)) + "}",
    "up{" + ",".join('job!="a"' for _ in range(3000)) + "}",
    "sum by (" + ",".join(f"l{i}" for i in range(5000)) + ") (up)",
    'up{job=~"' + "|".join(f"value-{i}" for i in range(20_000)) + '"}',
    'up{job=~"' + "(a|" * 500 + "b" + ")" * 500 + '"}',
    'shop_requests_total{code=~"(2+)+x"}',
    'label_replace(up, "x", "$1", "job", "(' + "a*" * 50 + ')b")',
    'label_join(up, "x", "-", ' + ", ".join('"job"' for _ in range(3000)) + ")",
    "1e" + "9" * 10_000,
    "9" * 100_000,
    '"' + "\\" * 99_999 + '"',
    "# comment\n" * 20_000 + "up",
    " " * 500_000 + "up",
    "histogram_quantile(0.9, " * 60 + "shop_seconds_bucket" + ")" * 60,
    "up @ " + "9" * 400,
    "{__name__=~'.*(a|b)+.*'}",
    "up[" + "(" * 5000 + "5m" + ")" * 5000 + "]",
    "up[" + "-" * 5000 + "5m]",
    "up[" + " * ".join(["10"] * 3000) + "]",
    "up[" + " ^ ".join(["9"] * 60) + "]",
    "up[" + "max_of(1m, " * 60 + "5m" + ")" * 60 + "]",
    "up offset -(0-8)^0.5",
    "up" + " anchored" * 5000,
    "up + " + "fill(0) " * 3000 + "up",
)


def expression(chance: random.Random, depth: int = 3) -> str:
    """An expression of PromQL that mostly parses."""
    if depth == 0 or chance.random() < 0.15:
        return chance.choice((_selector, _selector, _selector, _number, _text))(chance)
    return chance.choice((_call, _call, _aggregate, _aggregate, _binary, _binary, _wrapped))(chance, depth - 1)


def _mostly(chance: random.Random, usual: Sequence[str], every: Sequence[str]) -> str:
    """One of the usual words, and one time in twenty any."""
    return chance.choice(every if chance.random() < 0.05 else usual)


def _number(chance: random.Random) -> str:
    return _mostly(chance, NUMBERS[:7], NUMBERS)


def _value(chance: random.Random) -> str:
    return quote(_mostly(chance, VALUES[:7], VALUES))


def _text(chance: random.Random) -> str:
    return _value(chance)


def _selector(chance: random.Random) -> str:
    matchers = ",".join(
        f"{_mostly(chance, LABELS[:5], LABELS)}{chance.choice(('=', '!=', '=~', '!~'))}{_value(chance)}"
        for _ in range(chance.choice((0, 0, 1, 1, 2, 4)))
    )
    name = _mostly(chance, NAMES[:7], (*NAMES, ""))
    return f"{name}{{{matchers}}}" if matchers or chance.random() < 0.2 else name


def _modified(chance: random.Random) -> str:
    usual = ("", "", "", " offset 5m", " offset -1h", " @ start()", " @ 1e9", " offset 1d @ end()", " @ 1h")
    if chance.random() < 0.1:
        return f" offset {chance.choice(('', '-', '+'))}{chance.choice(('', '('))}{_arithmetic(chance, 2)}"
    return chance.choice(usual)


def _arithmetic(chance: random.Random, depth: int) -> str:
    """A duration, or arithmetic of durations."""
    if depth == 0 or chance.random() < 0.4:
        return _mostly(chance, ("5m", "1h30m", "20s", "step()", "range()", "3", "0.5"), (*DURATIONS, "max(1m, 2m)"))
    left, right = _arithmetic(chance, depth - 1), _arithmetic(chance, depth - 1)
    forms = ("({0})", "({0} {op} {1})", "{0} {op} {1}", "-{0}", "max_of({0}, {1})", "min_of({0}, {1})", "({0} {op} {1}")
    return chance.choice(forms).format(left, right, op=chance.choice("+-*/%^"))


def _range(chance: random.Random, depth: int) -> str:
    length = _mostly(chance, ("5m", "1h30m", "20s"), DURATIONS)
    if chance.random() < 0.15:
        length = _arithmetic(chance, 2)
    if chance.random() < 0.2:
        return f"({expression(chance, depth)})[{length}:{chance.choice(('', '1m', '30s'))}]{_modified(chance)}"
    extended = chance.choice(("", "", "", "", "", " anchored", " smoothed"))
    return f"{_selector(chance)}[{length}]{extended}{_modified(chance)}"


def _call(chance: random.Random, depth: int) -> str:
    name = chance.choice(tuple(FUNCTIONS))
    made: dict[str, Callable[[], str]] = {
        "scalar": lambda: _number(chance) if chance.random() < 0.8 else f"scalar({expression(chance, 0)})",
        "instant": lambda: expression(chance, depth),
        "range": lambda: _range(chance, depth),
        "string": lambda: _text(chance) if chance.random() < 0.5 else quote(chance.choice(LABELS)),
    }
    args = [made[kind]() for kind in FUNCTIONS[name].args]
    return f"{name}({', '.join(args)})"


def _labels(chance: random.Random) -> str:
    return "(" + ", ".join(chance.choices(LABELS[:5], k=chance.randint(0, 3))) + ")"


def _aggregate(chance: random.Random, depth: int) -> str:
    name = chance.choice(tuple(AGGREGATORS))
    word = chance.choice(("", f" by {_labels(chance)} ", f" without {_labels(chance)} "))
    param = f"{_number(chance)}, " if name in ("topk", "bottomk", "quantile", "limitk", "limit_ratio") else ""
    param = '"x", ' if name == "count_values" else param
    return f"{name}{word}({param}{expression(chance, depth)})"


def _binary(chance: random.Random, depth: int) -> str:
    op = chance.choice(OPERATORS)
    op += " bool" if op in COMPARED and chance.random() < 0.2 else ""
    if chance.random() < 0.3:
        group = chance.choice(("", "", f" group_left {_labels(chance)}", f" group_right {_labels(chance)}"))
        op += f" {chance.choice(('on', 'ignoring'))} {_labels(chance)}{group}"
    if chance.random() < 0.1:
        fills = ("fill(0)", "fill_left(-1)", "fill_right(5m)", "fill_left(0) fill_right(Inf)", "fill (0) fill(0)")
        op += f" {chance.choice(fills)}"
    return f"{expression(chance, depth)} {op} {expression(chance, depth)}"


def _wrapped(chance: random.Random, depth: int) -> str:
    return chance.choice(("({})", "-({})", "+{}", "(({}))", " {} # note")).format(expression(chance, depth))


def damaged(chance: random.Random, data: bytes, pieces: Sequence[bytes] = ()) -> bytes:
    """The bytes with a few of them cut out, doubled, replaced or moved."""
    for _ in range(chance.choice((1, 1, 2, 5, 20))):
        at, length = chance.randrange(len(data) + 1), chance.choice((0, 1, 1, 2, 8, 40))
        new = chance.choice(
            (
                b"",
                bytes(chance.choices(range(256), k=length)),
                data[at : at + length] * 2,
                chance.choice((*pieces, b"{")),
            )
        )
        data = data[:at] + new + data[at + length :]
    return data


def rule_file(expressions: Sequence[str]) -> str:
    """A rule file in JSON, which is YAML: alerts and records in turn, with templates."""
    rules: list[dict[str, object]] = []
    for number, expr in enumerate(expressions):
        if number % 3:
            texts = {"summary": "It {{ $labels.x }} {{ $value | humanizePercentage }}", "description": expr}
            rules.append({"alert": f"A{number}", "expr": expr, "annotations": texts, "labels": {"severity": expr}})
        else:
            rules.append({"record": f"a:b:c{number}", "expr": expr})
    return json.dumps({"groups": [{"name": "fuzz", "rules": rules}]}, ensure_ascii=False)


def dashboard(expressions: Sequence[str]) -> str:
    """A dashboard with a panel for each expression."""
    panels = [
        {
            "id": number,
            "type": "timeseries",
            "title": expr,
            "targets": [{"expr": expr, "legendFormat": "{{x}} {{job}}"}],
        }
        for number, expr in enumerate(expressions)
    ]
    variables = [{"name": "x", "type": "query", "query": f"label_values({expr}, job)"} for expr in expressions[:3]]
    return json.dumps({"title": "Fuzz", "panels": panels, "templating": {"list": variables}}, ensure_ascii=False)


FILES: dict[str, bytes] = {
    "deep.yml": b"groups: " + b"[" * 30_000,
    "deeper.yml": b"".join(b" " * i + b"a:\n" for i in range(1500)),
    "deep.json": b'{"panels": ' + b"[" * 100_000,
    "closed.json": b"[" * 50_000 + b"]" * 50_000,
    "laughs.yml": b"a0: &a0 [x, x]\n"
    + b"".join(f"a{i}: &a{i} [*a{i - 1}, *a{i - 1}, *a{i - 1}]\n".encode() for i in range(1, 40))
    + b"groups: [*a39]\n",
    "merges.yml": b"a0: &a0 {k0: v}\n"
    + b"".join(f"a{i}: &a{i} {{<<: [*a{i - 1}, *a{i - 1}], k{i}: v}}\n".encode() for i in range(1, 24))
    + b"groups: []\n",
    "cycle.yml": b"groups: &a\n- name: x\n  rules: *a\n",
    "bom.yml": b"\xef\xbb\xbfgroups: []\n",
    "utf16.yml": "groups: []\n".encode("utf-16"),
    "nul.yml": b"groups:\x00 []\n",
    "lines.yml": b"groups:\r- name: x\r  rules: []\r",
    "separators.yml": "groups:\u2028- name: x\x85  rules: []\n".encode(),
    "keys.yml": b"? [a, b]\n: c\n? {x: y}\n: z\ngroups:\n"
    b"- {name: 1, rules: [{alert: 2, expr: 3, for: 4, labels: {5: 6}}]}\n",
    "numbers.json": b'{"panels": [' + b"9" * 100_000 + b", 1e999999, -0]}",
    "surrogate.json": b'{"title": "\\ud800", "panels": '
    b'[{"type": "stat", "title": "\\udc00", "targets": [{"expr": "up{\\ud800"}]}]}',
    "nested.json": b'{"panels": [{"type": "row", "panels": ' * 300 + b"[]" + b"}]}" * 300,
    "block.yml": b"groups:\n- name: x\n  rules:\n  - alert: A\n    expr: |+\n\n\n      up\n\n\n\n",
    "folded.yml": b"groups:\n- name: x\n  rules:\n  - alert: A\n    expr: >-9\n",
    "configmap.yml": b"kind: ConfigMap\ndata:\n  a.yml: |\n"
    b"    kind: ConfigMap\n    data:\n      b.yml: |\n        groups: {\n",
    "list.yml": b"kind: List\nitems: &i\n- kind: List\n  items: *i\n",
    "alertmanager.yml": b"route: {receiver: [], routes: {a: b}, matchers: 5}\nreceivers: [1, {name: {}}, null]\n"
    b'inhibit_rules: [[], {source_matchers: [[], "a=~(((", "{{{"], target_match: [x]}]\n',
    "types.json": b'{"title": [], "panels": '
    b'[{"type": {}, "targets": [{"expr": [1]}, 5, null], "gridPos": "x", "id": []}],'
    b' "templating": {"list": [{"name": [], "query": {"query": []}}, 3]}, "uid": {}}',
}
"""Files that hurt readers: deep, cyclic, exponential when expanded, of odd encodings, of odd types."""

EXPOSITIONS: dict[str, bytes] = {
    "long": b"x" * 1_000_000,
    "labels": b"x{" + b",".join(b'l%d="v"' % i for i in range(20_000)) + b"} 1\n",
    "open": b'x{a="' + b"\\" * 200_000,
    "quotes": b"x{" + b'"' * 100_000,
    "spaces": b"x" + b" " * 200_000 + b"y\n",
    "types": b"# TYPE x counter\n" * 20_000 + b"x_total 1\n",
    "braces": b'x{a="b' + b"}" * 100_000 + b"\n",
}
"""Texts that hurt a reader of the exposition format."""
