"""The type rules of PromQL: which kinds of expression an operator, a function or an aggregator takes."""

from __future__ import annotations

import difflib
from dataclasses import replace
from typing import Literal

from promspec.promql.errors import PromQLError
from promspec.promql.functions import AGGREGATORS, COMPARISONS, EXTENDED, FUNCTIONS, SET_OPERATORS, TRIMS, Function
from promspec.promql.lexer import Token
from promspec.promql.matching_clauses import Clauses
from promspec.promql.syntax import Aggregate, Expr, Extended, Fill, Kind, Matching, Selector, Subquery, kind, unwrap

WORDS: dict[Kind, str] = {
    "scalar": "a scalar such as 0.5",
    "instant": "an instant vector such as x",
    "range": "a range vector such as x[5m]",
    "string": 'a string such as "x"',
}
_SHORT: dict[Kind, str] = {
    "scalar": "a scalar",
    "instant": "an instant vector",
    "range": "a range vector",
    "string": "a string",
}


def function(name: str, start: int, end: int) -> Function:
    """The function of that name; its error suggests the near miss."""
    found = FUNCTIONS.get(name)
    if found is not None:
        return found
    lower = name.lower()
    known = [*FUNCTIONS, *AGGREGATORS]
    near = [lower] if lower in FUNCTIONS else difflib.get_close_matches(lower, known, 1, 0.7)
    remedy = (
        f"did you mean {near[0]}()?"
        if near
        else "the functions: https://prometheus.io/docs/prometheus/latest/querying/functions/"
    )
    if lower in ("by", "without"):
        remedy = f"{lower} belongs to an aggregation: sum {lower} (...) (x)"
    elif lower in ("fill", "fill_left", "fill_right"):
        remedy = f"{lower} stands behind an operator: x + {lower}(0) y"
    raise PromQLError(f"there is no function {name}()", start, end, remedy)


def check_call(name: str, called: Function, args: tuple[Expr, ...], start: int, end: int) -> None:
    """Number and kinds of a function's arguments."""
    if len(args) < called.least or (called.most is not None and len(args) > called.most):
        wanted = _count(called)
        raise PromQLError(f"{name}() takes {wanted}, not {len(args)}", start, end, f"write {_signature(name, called)}")
    for index, arg in enumerate(args):
        wanted_kind = called.args[min(index, len(called.args) - 1)]
        if kind(arg) != wanted_kind:
            needs = f"{name}() needs {WORDS[wanted_kind]}, not {_SHORT[kind(arg)]}"
            remedy = _conversion(wanted_kind, kind(arg))
            if wanted_kind == "range" and isinstance(arg, Aggregate):
                remedy = f"write {arg.op}({name}(x[5m])), or make a subquery with [5m:]"
            raise PromQLError(needs, arg.start, arg.end, remedy)
    if name == "info" and len(args) == 2 and not _only_labels(args[1]):
        raise PromQLError("the second argument of info() is label matchers only", args[1].start, args[1].end)
    for arg in args:
        _check_extended(name, arg)


def _only_labels(arg: Expr) -> bool:
    """Whether it is braces: a name may stand inside them, not before."""
    return isinstance(arg, Selector) and arg.braces is not None and arg.start == arg.braces[0]


def _check_extended(name: str, arg: Expr) -> None:
    """Prometheus evaluates `anchored` and `smoothed` ranges in some functions only."""
    inner = unwrap(arg)
    if isinstance(inner, Selector) and inner.range is not None and inner.extended is not None:
        word = inner.extended
        if name not in EXTENDED[word.word]:
            able = ", ".join(f"{function}()" for function in EXTENDED[word.word])
            message = f"{name}() does not take a range that is {word.word}"
            raise PromQLError(message, word.start, word.end, f"remove {word.word}; it works in {able}")


def _count(called: Function) -> str:
    if called.most is None:
        return f"at least {called.least} arguments"
    if called.least != called.most:
        word = "or" if called.most == called.least + 1 else "to"
        return f"{called.least} {word} {called.most} arguments"
    return {0: "no argument", 1: "one argument"}.get(called.least, f"{called.least} arguments")


def _signature(name: str, called: Function) -> str:
    samples: dict[Kind, str] = {"scalar": "0.5", "instant": "x", "range": "x[5m]", "string": '"..."'}
    return f"{name}({', '.join(samples[arg] for arg in called.args)})"


def _conversion(wanted: Kind, given: Kind) -> str:
    """How to make one kind out of another."""
    return {
        ("range", "instant"): "add a range: [5m] to a selector, [5m:] to another expression",
        ("instant", "range"): "drop the range, or wrap it in rate() or an _over_time function",
        ("instant", "scalar"): "wrap the number in vector()",
        ("scalar", "instant"): "wrap the vector in scalar()",
        ("string", "instant"): "put it in quotes",
    }.get((wanted, given), "")


def check_aggregate(op: str, args: tuple[Expr, ...], start: int, end: int) -> None:
    """Number and kinds of an aggregator's arguments."""
    param = AGGREGATORS[op].param
    if len(args) != (1 if param is None else 2):
        sample = {None: "x", "scalar": "0.9, x" if op == "quantile" else "5, x", "string": '"label", x'}[param]
        wanted = "one argument" if param is None else "two arguments"
        raise PromQLError(f"{op}() takes {wanted}, not {len(args)}", start, end, f"write {op}({sample})")
    if param is not None and kind(args[0]) != param:
        message = f"{op}() needs {WORDS[param]} first, not {_SHORT[kind(args[0])]}"
        raise PromQLError(message, args[0].start, args[0].end, _conversion(param, kind(args[0])))
    vector = args[-1]
    if kind(vector) != "instant":
        message = f"{op}() needs {WORDS['instant']}, not {_SHORT[kind(vector)]}"
        raise PromQLError(message, vector.start, vector.end, _conversion("instant", kind(vector)))


def check_operand(op: str, operand: Expr) -> None:
    """Operators work on scalars and instant vectors."""
    given = kind(operand)
    if given in ("range", "string"):
        message = f"`{op}` needs scalars or instant vectors, not {_SHORT[given]}"
        raise PromQLError(message, operand.start, operand.end, _conversion("instant", given))


def check_binary(op: str, lhs: Expr, rhs: Expr, token: Token, read: Clauses) -> Kind:
    """The kind of a binary operation, of which `token` is the operator."""
    start, end = token.start, token.end
    check_operand(op, lhs)
    check_operand(op, rhs)
    scalars = (kind(lhs) == "scalar") + (kind(rhs) == "scalar")
    if read.return_bool and op not in COMPARISONS:
        remedy = f"remove bool; it belongs to {' '.join(sorted(COMPARISONS))}"
        raise PromQLError(f"bool cannot be used with `{op}`", start, end, remedy)
    if op in COMPARISONS and scalars == 2 and not read.return_bool:
        raise PromQLError("a comparison of two scalars needs bool", start, end, f"write `{op} bool`")
    if op in SET_OPERATORS and scalars:
        side = lhs if kind(lhs) == "scalar" else rhs
        raise PromQLError(f"`{op}` combines instant vectors, not scalars", side.start, side.end, "use vector(...)")
    if op in TRIMS and kind(lhs) == "scalar":
        message = f"`{op}` trims a histogram, and a scalar is none"
        raise PromQLError(message, lhs.start, lhs.end, f"write the histogram first: x {op} 0.5")
    if read.matching is not None:
        _check_matching(op, read.matching, vectors=not scalars)
    if read.fill is not None:
        _check_fill(op, read.fill, vectors=not scalars)
    return "scalar" if scalars == 2 else "instant"


def _check_matching(op: str, matching: Matching, *, vectors: bool) -> None:
    if matching.on:
        names = {label.name for label in matching.labels}
        for label in matching.include:
            if label.name in names:
                message = f"label {label.name} is both in on() and in group_{matching.group}()"
                raise PromQLError(
                    message, label.start, label.end, f"remove it from group_{matching.group}(): on() keeps it"
                )
    if not vectors and matching.labels:
        word = "on" if matching.on else "ignoring"
        message = f"{word}() matches two instant vectors; here one side is a scalar"
        raise PromQLError(message, matching.start, matching.end, f"remove {word}()")
    if vectors and matching.group and op in SET_OPERATORS:
        message = f"`{op}` has no group_{matching.group}: set operators are always many-to-many"
        raise PromQLError(message, matching.start, matching.end, f"remove group_{matching.group}")


def _check_fill(op: str, fill: Fill, *, vectors: bool) -> None:
    if not vectors:
        message = "fill() fills in series for one of two instant vectors; here one side is a scalar"
        raise PromQLError(message, fill.start, fill.end, "remove fill()")
    if op in SET_OPERATORS:
        message = f"`{op}` has no fill(): it only asks which series are there"
        raise PromQLError(message, fill.start, fill.end, "remove fill()")


def check_subquery(inner: Expr, start: int, end: int) -> None:
    """A subquery is made of an instant vector."""
    if kind(inner) != "instant":
        message = f"a subquery needs {WORDS['instant']}, not {_SHORT[kind(inner)]}"
        remedy = _conversion("instant", kind(inner))
        raise PromQLError(message, start, end, remedy)


def modifier_target(target: Expr, word: str) -> Selector | Subquery:
    """What `offset` and `@` may follow."""
    if isinstance(target, (Selector, Subquery)):
        return target
    remedy = f"put {word} behind the selector inside"
    raise PromQLError(f"{word} follows a selector or a subquery", target.start, target.end, remedy)


def extended(target: Expr, word: Token) -> Selector:
    """The selector with `anchored` or `smoothed` behind it."""
    written: Literal["anchored", "smoothed"] = "anchored" if word.text.lower() == "anchored" else "smoothed"
    if not isinstance(target, Selector):
        what = "a subquery" if isinstance(target, Subquery) else "this"
        message = f"{written} follows a selector; {what} is none"
        raise PromQLError(message, word.start, word.end, f"put {written} behind the range of a selector")
    if target.extended is not None and target.extended.word != written:
        message = "anchored and smoothed exclude each other"
        raise PromQLError(message, word.start, word.end, "keep one of the two")
    return replace(target, extended=Extended(word.start, word.end, written), end=word.end)
