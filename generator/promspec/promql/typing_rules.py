"""The type rules of PromQL: which kinds of expression an operator, a function or an aggregator takes."""

from __future__ import annotations

import difflib

from promspec.promql.errors import PromQLError
from promspec.promql.functions import AGGREGATORS, COMPARISONS, FUNCTIONS, SET_OPERATORS, Function
from promspec.promql.syntax import Aggregate, Expr, Kind, Matching, Selector, Subquery, kind

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
    if lower in ("start", "end"):
        remedy = f"{lower}() is a time for `@` only: x @ {lower}()"
    elif lower in ("by", "without"):
        remedy = f"{lower} belongs to an aggregation: sum {lower} (...) (x)"
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
    if name == "info" and len(args) == 2 and not (isinstance(args[1], Selector) and args[1].name is None):
        raise PromQLError("the second argument of info() is label matchers only", args[1].start, args[1].end)


def _count(called: Function) -> str:
    if called.most is None:
        return f"at least {called.least} arguments"
    if called.least != called.most:
        return f"{called.least} or {called.most} arguments"
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


def check_binary(
    op: str, lhs: Expr, rhs: Expr, *, return_bool: bool, matching: Matching | None, start: int, end: int
) -> Kind:
    """The kind of a binary operation; `start:end` spans the operator."""
    check_operand(op, lhs)
    check_operand(op, rhs)
    scalars = (kind(lhs) == "scalar") + (kind(rhs) == "scalar")
    if return_bool and op not in COMPARISONS:
        remedy = f"remove bool; it belongs to {' '.join(sorted(COMPARISONS))}"
        raise PromQLError(f"bool cannot be used with `{op}`", start, end, remedy)
    if op in COMPARISONS and scalars == 2 and not return_bool:
        raise PromQLError("a comparison of two scalars needs bool", start, end, f"write `{op} bool`")
    if op in SET_OPERATORS and scalars:
        side = lhs if kind(lhs) == "scalar" else rhs
        raise PromQLError(f"`{op}` combines instant vectors, not scalars", side.start, side.end, "use vector(...)")
    if matching is not None:
        _check_matching(op, matching, vectors=not scalars)
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
