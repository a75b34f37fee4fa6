"""Infer a whole expression bottom-up, without recursion: each node from the shapes of its children."""

from __future__ import annotations

from promspec.promql.inference.calls import infer_call
from promspec.promql.inference.model import Context, Inference, Registry, Shape
from promspec.promql.inference.operators import infer_aggregate, infer_binary
from promspec.promql.inference.selecting import infer_selector
from promspec.promql.syntax import (
    Aggregate,
    Binary,
    Call,
    Expr,
    NumberLiteral,
    Selector,
    StringLiteral,
    Unary,
    children,
    walk,
)


def infer(expr: Expr, registry: Registry) -> Inference:
    """The labels of an expression's result, and what is wrong in it against a registry."""
    context = Context(registry)
    shapes: dict[int, Shape] = {}
    for node in reversed(list(walk(expr))):
        shapes[id(node)] = _infer_node(context, node, [shapes[id(child)] for child in children(node)])
    result = shapes[id(expr)]
    findings = sorted(context.findings, key=lambda finding: (finding.start, finding.end, finding.id))
    return Inference(result.labels, result.exact, tuple(findings))


def _infer_node(context: Context, node: Expr, inner: list[Shape]) -> Shape:
    """One node from its children's shapes."""
    if isinstance(node, Selector):
        return infer_selector(context, node)
    if isinstance(node, Call):
        return infer_call(context, node, inner)
    if isinstance(node, Aggregate):
        return infer_aggregate(context, node, inner[-1])
    if isinstance(node, Binary):
        return infer_binary(context, node, inner[0], inner[1])
    if isinstance(node, (NumberLiteral, StringLiteral)):
        return Shape()
    if isinstance(node, Unary):
        return Shape(inner[0].labels, inner[0].exact)
    return inner[0]  # parentheses and subqueries: the same series, so its kind still matters to rate()
