"""Measures whole expressions: what values they can give, bottom-up, recording rules looked into."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from promspec.judging.calls import aggregated, called
from promspec.judging.combining import combined
from promspec.judging.measure import Measure, negative, of_number, of_series
from promspec.promql import (
    Binary,
    Expr,
    NumberLiteral,
    Paren,
    Registry,
    Selector,
    Subquery,
    Unary,
    children,
    walk,
)

Recorded = Callable[[str], Sequence[Expr | None]]
"""The expressions that are recorded under a name; None for one that does not parse."""
_DEEPEST = 8
"""How far rules that read rules are followed."""


class Measures:
    """Measures expressions bottom-up against a registry; recording rules are looked into, and everything is kept."""

    def __init__(self, registry: Registry, recorded: Recorded) -> None:
        self._registry = registry
        self._recorded = recorded
        self._tables: dict[int, tuple[Expr, dict[int, Measure]]] = {}
        self._rules: dict[str, Measure] = {}
        self._open: list[str] = []

    def of(self, expr: Expr) -> Measure:
        """The measure of an expression's result."""
        return self.table(expr)[id(expr)]

    def table(self, expr: Expr) -> dict[int, Measure]:
        """The measure of every part of an expression, by the `id` of its node."""
        known = self._tables.get(id(expr))
        if known is None:
            known = self._tables[id(expr)] = expr, self._measured(expr)
        return known[1]

    def _measured(self, expr: Expr) -> dict[int, Measure]:
        table: dict[int, Measure] = {}
        for node in reversed(list(walk(expr))):
            inner = [table[id(child)] for child in children(node)]
            if isinstance(node, Selector):
                table[id(node)] = self._selected(node)
            elif isinstance(node, NumberLiteral):
                table[id(node)] = of_number(node)
            elif isinstance(node, (Paren, Subquery)):
                table[id(node)] = inner[0]
            elif isinstance(node, Unary):
                table[id(node)] = negative(inner[0]) if node.op == "-" else inner[0]
            elif isinstance(node, Binary):
                table[id(node)] = combined(node, inner[0], inner[1])
            else:
                table[id(node)] = aggregated(node, inner) or called(node, inner, self._registry)
        return table

    def _selected(self, node: Selector) -> Measure:
        name = node.name or ""
        rules = self._recorded(name)
        if rules:
            return self._rule(name, rules)
        if name == "up":
            return Measure(None, 0, 1, "up is 0 or 1", quantity="gauge")
        return of_series(name, self._registry.series(name)) if ":" not in name else Measure()

    def _rule(self, name: str, rules: Sequence[Expr | None]) -> Measure:
        if name in self._rules:
            return self._rules[name]
        if len(rules) > 1 or rules[0] is None or name in self._open or len(self._open) > _DEEPEST:
            return Measure()
        self._open.append(name)
        self._rules[name] = self.of(rules[0])
        self._open.pop()
        return self._rules[name]
