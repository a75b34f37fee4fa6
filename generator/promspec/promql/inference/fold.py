"""Infer a whole expression bottom-up, without recursion: each node from the shapes of its children."""

from __future__ import annotations

from collections.abc import Mapping

from promspec.promql.inference.calls import infer_call
from promspec.promql.inference.model import NOTHING, Context, Inference, Labels, Registry, Shape
from promspec.promql.inference.operators import infer_aggregate, infer_binary
from promspec.promql.inference.selecting import infer_selector
from promspec.promql.syntax import (
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
)


def infer(expr: Expr, registry: Registry) -> Inference:
    """The labels of an expression's result, and what is wrong in it against a registry."""
    context = Context(registry)
    result = _shapes(context, expr)[id(expr)]
    if len(context.findings) > 1:
        context.findings.sort(key=lambda finding: (finding.start, finding.end, finding.id))
    return Inference(result.labels, result.exact, tuple(context.findings))


def infer_labels(expr: Expr, registry: Registry) -> Mapping[int, Labels]:
    """The labels of every part of an expression, by the id() of its node."""
    return {node: shape.labels for node, shape in _shapes(Context(registry), expr).items()}


def _shapes(context: Context, expr: Expr) -> dict[int, Shape]:
    """The shape of each node; the order lists parents before their children, so it is worked through backwards."""
    order = [expr]
    for node in order:
        if isinstance(node, Binary):
            order += (node.lhs, node.rhs)
        elif isinstance(node, Call):
            order += node.args
        elif isinstance(node, Aggregate):
            order += (node.expr,) if node.param is None else (node.param, node.expr)
        elif isinstance(node, (Paren, Unary, Subquery)):
            order.append(node.expr)
    shapes: dict[int, Shape] = {}
    for node in reversed(order):
        shapes[id(node)] = _shape(context, node, shapes)
    return shapes


def _shape(context: Context, node: Expr, shapes: dict[int, Shape]) -> Shape:
    """One node from its children's shapes."""
    if isinstance(node, Selector):
        return infer_selector(context, node)
    if isinstance(node, (NumberLiteral, StringLiteral)):
        return NOTHING
    if isinstance(node, Call):
        return infer_call(context, node, [shapes[id(arg)] for arg in node.args])
    if isinstance(node, Aggregate):
        return infer_aggregate(context, node, shapes[id(node.expr)])
    if isinstance(node, Binary):
        return infer_binary(context, node, shapes[id(node.lhs)], shapes[id(node.rhs)])
    inner = shapes[id(node.expr)]
    if isinstance(node, Unary):
        return Shape(inner.labels, inner.exact)
    return inner  # parentheses and subqueries: the same series, so its kind still matters to rate()
