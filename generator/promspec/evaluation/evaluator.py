"""Evaluate an expression at many times at once: one column for each series of the result."""

from __future__ import annotations

import math
from collections.abc import Sequence

from promspec.evaluation.errors import UNEVALUATED, NotEvaluated, Refused, unevaluated
from promspec.evaluation.extended import over_extended, smoothed_at
from promspec.evaluation.functions import call_instant, of_scalars
from promspec.evaluation.operators import aggregate, binary
from promspec.evaluation.ranges import KEEPS_NAME, RANGE_FUNCTIONS, SMOOTHING, smoothing
from promspec.evaluation.rolling import over_ranges
from promspec.evaluation.samples import Samples, Store
from promspec.evaluation.selecting import (
    absent_labels,
    asks_for_the_query,
    length_of,
    milliseconds,
    moments,
    passes,
    present,
)
from promspec.evaluation.vectors import NAME, Column, Labels, Vector, is_empty, merge, without_name
from promspec.promql import (
    Aggregate,
    Binary,
    Call,
    Expr,
    NumberLiteral,
    Paren,
    Selector,
    StringLiteral,
    Subquery,
    Unary,
    kind,
    unwrap,
)

Value = Vector | list[float]
"""What an expression is: a vector, or a scalar for each time."""
_Ranges = tuple[list[tuple[Labels, Samples]], Sequence[int], int]
"""The series of a range argument, the ends of its ranges and their length in milliseconds."""


class Evaluator:
    """Evaluates over a store, at times in milliseconds that increase, each an instant query of its own.

    `query` is the time of the query where these are the steps of a subquery in it.
    """

    def __init__(self, store: Store, times: Sequence[int], query: int | None = None) -> None:
        self._store, self._times = store, times
        self._query = times[0] if query is None and len(times) == 1 else query

    def vector(self, expr: Expr) -> Vector:
        """The expression as a vector; a scalar becomes the one value without labels."""
        if self._query is None and asks_for_the_query(expr):
            return self._one_by_one(expr)
        value = self._value(expr)
        return value if isinstance(value, dict) else {(): list(value)}

    def _one_by_one(self, expr: Expr) -> Vector:
        found: Vector = {}
        for index, time in enumerate(self._times):
            for labels, column in Evaluator(self._store, [time]).vector(expr).items():
                found.setdefault(labels, [None] * len(self._times))[index] = column[0]
        return found

    def _value(self, expr: Expr) -> Value:
        if isinstance(expr, NumberLiteral):
            if expr.value is None:
                raise NotEvaluated(f"a variable, {expr.text}")
            return [expr.value] * len(self._times)
        if isinstance(expr, Paren):
            return self._value(expr.expr)
        if isinstance(expr, Selector):
            return self._selector(expr)
        if isinstance(expr, Call):
            return self._call(expr)
        if isinstance(expr, Aggregate):
            return aggregate(expr, self.vector(expr.expr), self._param(expr.param))
        if isinstance(expr, Binary):
            lhs, rhs = self._value(expr.lhs), self._value(expr.rhs)
            return binary(expr, lhs, rhs)
        if isinstance(expr, Unary):
            return _signed(expr.op, self._value(expr.expr))
        raise NotEvaluated("a string" if isinstance(expr, StringLiteral) else "a range without a function")

    def _param(self, expr: Expr | None) -> list[float] | str | None:
        inner = None if expr is None else unwrap(expr)
        if inner is None or isinstance(inner, StringLiteral):
            return None if inner is None else inner.value
        value = self._value(inner)
        if not isinstance(value, list):
            raise NotEvaluated("an aggregation whose parameter is a vector")
        return value

    def matching(self, selector: Selector) -> list[tuple[Labels, Samples]]:
        """The series a selector selects; their labels without the name."""
        if selector.name is None:
            raise NotEvaluated("a selector without a metric's name")
        return [
            (labels, samples)
            for labels, samples in self._store.named(selector.name)
            if all(passes(matcher, labels) for matcher in selector.matchers)
        ]

    def _selector(self, node: Selector) -> Vector:
        at, found = moments(node, self._times, self._query), Vector()
        key = ("at", node.extended is not None, _key(at))
        for labels, samples in self.matching(node):
            column = samples.memo.get(key)
            if column is None:
                if node.extended is not None:
                    column = [smoothed_at(samples, time) for time in at]
                else:
                    column = [samples.at(time) for time in at]
                samples.memo[key] = column
            if not is_empty(column):
                found[((NAME, node.name or ""), *labels)] = column
        return found

    def _call(self, node: Call) -> Value:
        if node.func in ("absent", "absent_over_time"):
            return self._absent(node)
        if node.func in RANGE_FUNCTIONS or node.func in SMOOTHING:
            return self._range_call(node)
        if node.func == "timestamp":
            return self._timestamp(node)
        if node.func in UNEVALUATED:
            raise unevaluated(node.func)
        if node.func == "scalar":
            return _scalar(self.vector(node.args[0]), len(self._times))
        args: list[Value | str] = []
        for arg in node.args:
            inner = unwrap(arg)
            args.append(inner.value if isinstance(inner, StringLiteral) else self._value(arg))
        if node.func == "vector" and isinstance(args[0], list):
            return {(): list(args[0])}
        if node.kind == "scalar":
            scalars = [arg for arg in args if isinstance(arg, list)]
            asked = self._times if self._query is None else [self._query] * len(self._times)
            result: Value | None = of_scalars(node.func, scalars, self._times, asked)
        else:
            result = call_instant(node.func, args, self._times)
        if result is None:
            raise NotEvaluated(f"the function {node.func}() of these arguments")
        return result

    def _timestamp(self, node: Call) -> Vector:
        """When a selector's samples were taken; the time of evaluation of anything else."""
        selector, found = unwrap(node.args[0]), Vector()
        if not isinstance(selector, Selector) or selector.extended is not None:
            for labels, column in self.vector(node.args[0]).items():
                there = zip(column, self._times, strict=True)
                merge(found, without_name(labels), [None if value is None else time / 1000 for value, time in there])
            return found
        at = moments(selector, self._times, self._query)
        for labels, samples in self.matching(selector):
            taken = [samples.at_time(time) for time in at]
            if any(time is not None for time in taken):
                merge(found, labels, [None if time is None else time / 1000 for time in taken])
        return found

    def _range_call(self, node: Call) -> Vector:
        position = 0 if kind(node.args[0]) == "range" else 1
        scalars = [self._scalar(arg) for index, arg in enumerate(node.args) if index != position]
        found = Vector()
        series, ends, length = self._range(node.args[position])
        if not self._times:
            return found
        inner = unwrap(node.args[position])
        word = inner.extended.word if isinstance(inner, Selector) and inner.extended is not None else ""
        uniform = all(number == given[0] for given in scalars for number in given)
        moved = _key(self._times) if node.func == "predict_linear" else None
        key = (node.func, word, length, *(given[0] for given in scalars), _key(ends), moved)
        for labels, samples in series:
            column = samples.memo.get(key) if uniform else None
            if column is None:
                column = self._over(node.func, word, samples, ends, length, scalars)
                if uniform:
                    samples.memo[key] = column
            if not is_empty(column):
                merge(found, labels if node.func in KEEPS_NAME else without_name(labels), column)
        return found

    def _scalar(self, expr: Expr) -> list[float]:
        value = self._value(expr)
        if not isinstance(value, list):
            raise NotEvaluated("a function whose parameter is a vector")
        return value

    def _over(
        self, function: str, word: str, samples: Samples, ends: Sequence[int], length: int, scalars: list[list[float]]
    ) -> Column:
        """A function over the ranges of one series."""
        if word:
            return over_extended(function, word, samples, ends, length)
        if function not in SMOOTHING:
            given = scalars[0] if scalars else [0.0] * len(ends)
            if function == "predict_linear":  # it looks ahead from the evaluation, not from the end of the range
                moved = zip(given, self._times, ends, strict=True)
                given = [ahead + (time - end) / 1000 for ahead, time, end in moved]
            return over_ranges(function, samples, ends, length, given)
        found: Column = []
        for end, smooth, trend in zip(ends, *scalars, strict=True):
            if not (0 < smooth < 1 and 0 < trend < 1):
                raise Refused(f"{function}() by a factor that is not between 0 and 1")
            first, last = samples.within(end - length, end)
            found.append(smoothing(samples.values[first:last], smooth, trend))
        return found

    def _range(self, arg: Expr) -> _Ranges:
        inner = unwrap(arg)
        if isinstance(inner, Selector):
            named = ((NAME, inner.name or ""),)
            series = [((*named, *labels), samples) for labels, samples in self.matching(inner)]
            return series, moments(inner, self._times, self._query), length_of(inner)
        if isinstance(inner, Subquery):
            return self._subquery(inner)
        raise NotEvaluated("this range")

    def _subquery(self, node: Subquery) -> _Ranges:
        if node.step is None:
            raise NotEvaluated("a subquery without a step, which is the server's evaluation_interval: write it")
        step, length = milliseconds(node.step), length_of(node)
        if step <= 0:
            raise NotEvaluated("a subquery whose step has no length in a rule")
        ends = moments(node, self._times, self._query)
        times = sorted({at for end in ends for at in range(-(-(end - length) // step) * step, end + 1, step)})
        columns = Evaluator(self._store, times, self._query).vector(node.expr)
        made = []
        for labels, column in columns.items():
            present = [(time, value) for time, value in zip(times, column, strict=True) if value is not None]
            samples = Samples([t for t, _ in present], [v for _, v in present], [], self._store.left_open)
            made.append((labels, samples))
        return made, ends, length

    def _absent(self, node: Call) -> Vector:
        inner = unwrap(node.args[0])
        if node.func == "absent":
            columns = list(self.vector(node.args[0]).values())
        else:
            series, ends, length = self._range(node.args[0])
            columns = [present(samples, ends, length) for _, samples in series]
        found: Column = [1.0] * len(self._times)
        for column in columns:
            found = [None if value is not None else old for old, value in zip(found, column, strict=True)]
        return {absent_labels(inner): found}


def _key(times: Sequence[int]) -> object:
    """Times as the key of what was worked out for them."""
    return times if isinstance(times, range) else tuple(times)


def _scalar(vector: Vector, length: int) -> list[float]:
    found = []
    for index in range(length):
        present = [column[index] for column in vector.values() if column[index] is not None]
        found.append(present[0] if len(present) == 1 and present[0] is not None else math.nan)
    return found


def _signed(op: str, value: Value) -> Value:
    sign = -1.0 if op == "-" else 1.0
    if isinstance(value, list):
        return [sign * number for number in value]
    found = Vector()
    for labels, column in value.items():
        merge(
            found,
            without_name(labels) if op == "-" else labels,
            [None if number is None else sign * number for number in column],
        )
    return found
