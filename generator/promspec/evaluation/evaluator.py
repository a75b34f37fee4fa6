"""Evaluate an expression at many times at once: one column for each series of the result."""

from __future__ import annotations

import math
from collections.abc import Sequence

from promspec.evaluation.errors import NotEvaluated
from promspec.evaluation.functions import call_instant
from promspec.evaluation.operators import aggregate, binary
from promspec.evaluation.ranges import KEEPS_NAME, RANGE_FUNCTIONS
from promspec.evaluation.rolling import over_ranges
from promspec.evaluation.samples import Samples, Store
from promspec.evaluation.vectors import NAME, Column, Labels, Vector, is_empty, merge, without_name
from promspec.promql import (
    Aggregate,
    Binary,
    Call,
    Expr,
    Matcher,
    NumberLiteral,
    Paren,
    Selector,
    StringLiteral,
    Subquery,
    Unary,
    accepts,
    kind,
    unwrap,
)

Value = Vector | list[float]
"""What an expression is: a vector, or a scalar for each time."""


class Evaluator:
    """Evaluates over a store, at times in milliseconds that increase."""

    def __init__(self, store: Store, times: Sequence[int]) -> None:
        self._store, self._times = store, times
        self._asked = times if isinstance(times, range) else tuple(times)

    def vector(self, expr: Expr) -> Vector:
        """The expression as a vector; a scalar becomes the one value without labels."""
        value = self._value(expr)
        return value if isinstance(value, dict) else {(): list(value)}

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
            if all(_passes(matcher, labels) for matcher in selector.matchers)
        ]

    def _selector(self, node: Selector) -> Vector:
        offset = _offset(node)
        found: Vector = {}
        for labels, samples in self.matching(node):
            asked = ("at", offset, self._asked)
            column = samples.memo.get(asked)
            if column is None:
                column = samples.memo[asked] = [samples.at(time - offset) for time in self._times]
            if not is_empty(column):
                found[((NAME, node.name or ""), *labels)] = column
        return found

    def _call(self, node: Call) -> Value:
        if node.func in ("absent", "absent_over_time"):
            return self._absent(node)
        if node.func in RANGE_FUNCTIONS:
            return self._range_call(node)
        if node.func == "time":
            return [time / 1000 for time in self._times]
        if node.func == "timestamp" and isinstance(unwrap(node.args[0]), Selector):
            return self._timestamp(node)
        if node.func == "scalar":
            return _scalar(self.vector(node.args[0]), len(self._times))
        args: list[Value | str] = []
        for arg in node.args:
            inner = unwrap(arg)
            args.append(inner.value if isinstance(inner, StringLiteral) else self._value(arg))
        if node.func == "vector" and isinstance(args[0], list):
            return {(): list(args[0])}
        result = call_instant(node.func, args, self._times)
        if result is None:
            raise NotEvaluated(f"the function {node.func}()")
        return result

    def _timestamp(self, node: Call) -> Vector:
        selector = unwrap(node.args[0])
        assert isinstance(selector, Selector)
        offset, found = _offset(selector), Vector()
        for labels, samples in self.matching(selector):
            at = [samples.at_time(time - offset) for time in self._times]
            merge(found, labels, [None if time is None else time / 1000 for time in at])
        return found

    def _range_call(self, node: Call) -> Vector:
        position = 0 if kind(node.args[0]) == "range" else 1
        scalars = [self._value(arg) for index, arg in enumerate(node.args) if index != position]
        given = scalars[0] if scalars else [0.0] * len(self._times)
        if len(scalars) > 1 or not isinstance(given, list):
            raise NotEvaluated(f"the function {node.func}()")
        found = Vector()
        series, length, offset = self._range(node.args[position])
        if not self._times:
            return found
        uniform = all(number == given[0] for number in given)
        for labels, samples in series:
            asked = (node.func, length, offset, given[0], self._asked)
            column = samples.memo.get(asked) if uniform else None
            if column is None:
                column = over_ranges(node.func, samples, self._times, length, offset, given)
                samples.memo[asked] = column
            if not is_empty(column):
                merge(found, labels if node.func in KEEPS_NAME else without_name(labels), column)
        return found

    def _range(self, arg: Expr) -> tuple[list[tuple[Labels, Samples]], int, int]:
        """The series of a range argument, its length and its offset in milliseconds."""
        inner = unwrap(arg)
        if isinstance(inner, Selector):
            named = ((NAME, inner.name or ""),)
            series = [((*named, *labels), samples) for labels, samples in self.matching(inner)]
            return series, milliseconds(inner.range.seconds if inner.range else None), _offset(inner)
        if isinstance(inner, Subquery):
            return self._subquery(inner)
        raise NotEvaluated("this range")

    def _subquery(self, node: Subquery) -> tuple[list[tuple[Labels, Samples]], int, int]:
        if node.step is None:
            raise NotEvaluated("a subquery without a step")
        step, length, offset = milliseconds(node.step.seconds), milliseconds(node.range.seconds), _offset(node)
        times = sorted(
            {
                at
                for time in self._times
                for at in range(-(-(time - offset - length) // step) * step, time - offset + 1, step)
            }
        )
        columns = Evaluator(self._store, times).vector(node.expr)
        made = []
        for labels, column in columns.items():
            present = [(time, value) for time, value in zip(times, column, strict=True) if value is not None]
            samples = Samples([t for t, _ in present], [v for _, v in present], [], self._store.left_open)
            made.append((labels, samples))
        return made, length, offset

    def _absent(self, node: Call) -> Vector:
        inner = unwrap(node.args[0])
        if node.func == "absent":
            columns = list(self.vector(node.args[0]).values())
        else:
            series, length, offset = self._range(node.args[0])
            columns = [_present(samples, self._times, length, offset) for _, samples in series]
        found: Column = [1.0] * len(self._times)
        for column in columns:
            found = [None if value is not None else old for old, value in zip(found, column, strict=True)]
        return {_asked(inner): found}


def milliseconds(seconds: object) -> int:
    """A duration of an expression in milliseconds."""
    if seconds is None:
        raise NotEvaluated("a duration that only the query tells")
    return int(seconds * 1000)  # type: ignore[operator]


def _offset(node: Selector | Subquery) -> int:
    if node.at is not None:
        raise NotEvaluated("the modifier @")
    if isinstance(node, Selector) and node.extended is not None:
        raise NotEvaluated(f"the modifier {node.extended.word}")
    return 0 if node.offset is None else milliseconds(node.offset.seconds)


def _passes(matcher: Matcher, labels: Labels) -> bool:
    value = next((value for name, value in labels if name == matcher.label), "")
    passed: bool | None = accepts(matcher, value)
    if passed is None:
        raise NotEvaluated(f'the regular expression "{matcher.value}"')
    return passed


def _present(samples: Samples, times: Sequence[int], length: int, offset: int) -> Column:
    found: Column = []
    for time in times:
        first, last = samples.within(time - offset - length, time - offset)
        found.append(1.0 if last > first else None)
    return found


def _asked(inner: Expr) -> Labels:
    """The labels of `absent`: those of equality matchers, each only if nothing else is asked of it."""
    if not isinstance(inner, Selector):
        return ()
    labels: dict[str, str] = {}
    seen: set[str] = {NAME}
    for matcher in inner.matchers:
        if matcher.op == "=" and matcher.label not in seen:
            labels[matcher.label] = matcher.value
            seen.add(matcher.label)
        else:
            labels.pop(matcher.label, None)
    return tuple(sorted((name, value) for name, value in labels.items() if value))


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
