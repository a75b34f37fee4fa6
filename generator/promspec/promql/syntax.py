"""The syntax tree of PromQL: frozen nodes that know their offsets, and the ways to visit them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from functools import wraps
from typing import Literal, TypeVar

Kind = Literal["scalar", "instant", "range", "string"]
MatchOp = Literal["=", "!=", "=~", "!~"]


@dataclass(frozen=True, slots=True)
class Node:
    """Something written at `text[start:end]`."""

    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Label(Node):
    """A label name in `by`, `without`, `on`, `ignoring`, `group_left` or `group_right`."""

    name: str


@dataclass(frozen=True, slots=True)
class Duration(Node):
    """A duration as written; `seconds` is None when only a Grafana variable or the query's step or range tells them.

    Arithmetic has its `op` and `operands`: `+ - * / % ^` with one operand or two, `step()` and `range()` with none,
    `max_of()` and `min_of()` with two, and `(` with the one in parentheses.
    """

    text: str
    seconds: int | Fraction | None
    op: str = ""
    operands: tuple[Duration, ...] = ()


@dataclass(frozen=True, slots=True)
class Extended(Node):
    """`anchored` or `smoothed`: how a range selector treats the borders of its range."""

    word: Literal["anchored", "smoothed"]


@dataclass(frozen=True, slots=True)
class At(Node):
    """An `@` modifier: Unix `seconds`, written as `text` (None for a Grafana variable), or the `bound` start or end."""

    seconds: float | None
    bound: Literal["", "start", "end"] = ""
    text: str = ""


@dataclass(frozen=True, slots=True)
class Matcher(Node):
    """`label op "value"`; `variable` is true when a Grafana variable is part of the value.

    The label stands at `start:label_end`, the value with its quotes at `value_start:value_end`.
    """

    label: str
    label_end: int
    op: MatchOp
    value: str
    value_start: int
    value_end: int
    variable: bool = False


@dataclass(frozen=True, slots=True)
class Matching(Node):
    """How the sides of a binary operator are matched: `on` or `ignoring` labels, `group_left` or `group_right`."""

    on: bool
    labels: tuple[Label, ...]
    group: Literal["", "left", "right"] = ""
    include: tuple[Label, ...] = ()


@dataclass(frozen=True, slots=True)
class NumberLiteral(Node):
    """A number with its sign, as written in `text`; `value` is None when a Grafana variable stands for it."""

    value: float | None
    text: str


@dataclass(frozen=True, slots=True)
class Fill(Node):
    """`fill`, `fill_left` and `fill_right`: the values for series that one side of an operator lacks."""

    left: NumberLiteral | None
    right: NumberLiteral | None


@dataclass(frozen=True, slots=True)
class StringLiteral(Node):
    """A string, unquoted in `value`; `variable` is true when a Grafana variable is part of it."""

    value: str
    variable: bool = False


@dataclass(frozen=True, slots=True)
class Selector(Node):
    """A vector selector; with `range`, a range selector.

    `name` is None in `{job="x"}`; in `{"my.metric"}` it is the quoted name. `name_start:name_end` spans the name as
    written, quotes included. `braces` are the offsets of `{` and after `}`, or None.
    """

    name: str | None
    name_start: int
    name_end: int
    matchers: tuple[Matcher, ...]
    braces: tuple[int, int] | None
    range: Duration | None = None
    offset: Duration | None = None
    at: At | None = None
    extended: Extended | None = None


@dataclass(frozen=True, slots=True)
class Subquery(Node):
    """`expr[range:step]`."""

    expr: Expr
    range: Duration
    step: Duration | None
    offset: Duration | None = None
    at: At | None = None


@dataclass(frozen=True, slots=True)
class Call(Node):
    """A function call."""

    func: str
    args: tuple[Expr, ...]
    kind: Kind


@dataclass(frozen=True, slots=True)
class Aggregate(Node):
    """An aggregation: `op` in lower case; `without` tells which way the `grouping` labels are meant."""

    op: str
    expr: Expr
    param: Expr | None
    grouping: tuple[Label, ...]
    without: bool


@dataclass(frozen=True, slots=True)
class Binary(Node):
    """A binary operation: `op` in lower case, `return_bool` for the `bool` modifier."""

    op: str
    lhs: Expr
    rhs: Expr
    return_bool: bool
    matching: Matching | None
    op_start: int
    op_end: int
    kind: Kind
    fill: Fill | None = None


@dataclass(frozen=True, slots=True)
class Unary(Node):
    """`-expr` or `+expr`."""

    op: str
    expr: Expr
    kind: Kind


@dataclass(frozen=True, slots=True)
class Paren(Node):
    """`(expr)`."""

    expr: Expr
    kind: Kind


Expr = NumberLiteral | StringLiteral | Selector | Subquery | Call | Aggregate | Binary | Unary | Paren


def kind(expr: Expr) -> Kind:
    """The type of an expression: scalar, instant (vector), range (vector) or string."""
    if isinstance(expr, (Call, Binary, Unary, Paren)):
        return expr.kind
    if isinstance(expr, Selector):
        return "instant" if expr.range is None else "range"
    if isinstance(expr, Aggregate):
        return "instant"
    if isinstance(expr, NumberLiteral):
        return "scalar"
    return "range" if isinstance(expr, Subquery) else "string"


def children(expr: Expr) -> tuple[Expr, ...]:
    """The expressions directly inside an expression, in source order."""
    if isinstance(expr, (Selector, NumberLiteral, StringLiteral)):
        return ()
    if isinstance(expr, Call):
        return expr.args
    if isinstance(expr, Binary):
        return (expr.lhs, expr.rhs)
    if isinstance(expr, Aggregate) and expr.param is not None:
        return (expr.param, expr.expr)
    return (expr.expr,)


_T = TypeVar("_T")
_MOST_REMEMBERED = 4096


def remembered(function: Callable[[Expr], _T]) -> Callable[[Expr], _T]:
    """The function, with what it gave for the last few thousand expressions: dozens of rules ask it of the same one.

    By identity, since comparing trees costs more than most questions; what is remembered is held, so it stays its own.
    """
    known: dict[int, tuple[Expr, _T]] = {}

    @wraps(function)
    def ask(expr: Expr) -> _T:
        found = known.get(id(expr))
        if found is None:
            if len(known) >= _MOST_REMEMBERED:
                known.clear()
            found = known[id(expr)] = expr, function(expr)
        return found[1]

    return ask


@remembered
def walk(expr: Expr) -> tuple[Expr, ...]:
    """Every expression in `expr`, itself first, parents before children, in source order."""
    stack, found = [expr], []
    while stack:
        node = stack.pop()
        found.append(node)
        if isinstance(node, Binary):
            stack += (node.rhs, node.lhs)
        elif not isinstance(node, (Selector, NumberLiteral)):
            stack += reversed(children(node))
    return tuple(found)


@remembered
def selectors(expr: Expr) -> tuple[Selector, ...]:
    """The selectors in `expr` in source order."""
    return tuple(node for node in walk(expr) if isinstance(node, Selector))


def unwrap(expr: Expr) -> Expr:
    """The expression inside any parentheses."""
    while isinstance(expr, Paren):
        expr = expr.expr
    return expr
