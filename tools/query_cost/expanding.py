"""A query without recorded series: each is replaced by what its rule asks, down to the series that are scraped.

That is what a dashboard written without recording rules would have to ask. Sums over time of recorded increases become
increases over that time, averages of rates become rates, as anybody would write them; any other range of a recorded
series becomes a subquery at the interval of its rule.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from promspec.plan.rules import Group, Record
from promspec.promql import (
    Aggregate,
    Binary,
    Call,
    Expr,
    Matcher,
    NumberLiteral,
    Paren,
    Registry,
    Selector,
    accepts,
    add_matchers,
    infer,
    kind,
    matcher,
    parse,
    quote,
    selectors,
    unwrap,
    walk,
)
from promspec.promql.grafana import series_labels, series_names
from promspec.quantities import milliseconds, number

NOTHING = "(vector(1) < 0)"
"""No series: what a rule that reads itself had in the beginning."""

_OVER_TIME = {"sum_over_time": "increase", "avg_over_time": "rate"}
"""What may be asked over the whole time instead of being gathered over it."""
_TRANSPARENT = ("label_replace", "clamp_min")
"""Through these a sum stays a sum; what is clamped is noise about zero."""

Replacement = tuple[int, int, str]


@dataclass(frozen=True, slots=True)
class Rule:
    """A recording rule and how often it is evaluated."""

    record: Record
    interval: str

    @property
    def key(self) -> str:
        """What tells it from the others."""
        return f"{self.record.record}{self.record.labels}"


class Expansion:
    """Replaces recorded series in queries. `registry` knows every series that a query may name."""

    def __init__(self, rules: Sequence[Rule], registry: Registry) -> None:
        self._registry = registry
        self._rules: dict[str, list[Rule]] = {}
        for rule in rules:
            self._rules.setdefault(rule.record.record, []).append(rule)

    def recorded(self, query: str) -> tuple[str, ...]:
        """The recorded names that a query selects."""
        found = (name for selector in selectors(parse(query)) for name in series_names(selector, self._registry))
        return tuple(dict.fromkeys(name for name in found if name in self._rules))

    def rules(self, name: str) -> tuple[Rule, ...]:
        """The rules that record a name."""
        return tuple(self._rules.get(name, ()))

    def raw(self, query: str, path: tuple[str, ...] = ()) -> str:
        """The query over scraped series alone. `path` names the rules on the way here.

        A rule that reads itself is followed once more; before that it had recorded nothing.
        """
        pieces: list[str] = []
        copied = 0
        for start, end, text in self._replacements(parse(query), path):
            if start >= copied:  # else within what was replaced as a whole
                pieces += (query[copied:start], text)
                copied = end
        return "".join((*pieces, query[copied:]))

    def _replacements(self, expr: Expr, path: tuple[str, ...]) -> Iterator[Replacement]:
        for node in walk(expr):
            if isinstance(node, Call) and node.func in _OVER_TIME:
                inner = unwrap(node.args[0])
                if isinstance(inner, Selector) and self._is_recorded(inner):
                    stretched = self._stretched(node.func, inner, path)
                    if stretched:
                        yield node.start, node.end, stretched
            elif isinstance(node, Selector) and self._is_recorded(node):
                yield node.start, node.end, self._replaced(node, path)

    def _is_recorded(self, selector: Selector) -> bool:
        return any(name in self._rules for name in series_names(selector, self._registry))

    def _stretched(self, func: str, selector: Selector, path: tuple[str, ...]) -> str:
        """The increases over a range instead of their sum, the rates instead of their average; empty for anything else.

        Windows overlap: of each event there are as many samples as there are evaluations within one window.
        """
        parts = []
        for rule in self._chosen(selector):
            expr = self._asked(rule, selector, path)
            parsed = parse(expr)
            windows = [each.range for each in selectors(parsed) if each.range is not None]
            lengths = {milliseconds(window.text) for window in windows}
            if selector.offset or selector.at or len(lengths) != 1 or not _adds_up(parsed, _OVER_TIME[func]):
                return ""
            assert selector.range is not None
            for window in reversed(windows):
                expr = expr[: window.start] + selector.range.text + expr[window.end :]
            times = lengths.pop() / milliseconds(rule.interval) if func == "sum_over_time" else 1
            parts.append(expr if times == 1 else f"{number(times)} * {expr}")
        return f"({' or '.join(parts)})" if parts else ""

    def _replaced(self, selector: Selector, path: tuple[str, ...]) -> str:
        rules = self._chosen(selector)
        parts = [self._asked(rule, selector, path) for rule in rules]
        expr = f"({' or '.join(parts)})" if parts else NOTHING
        step = min((rule.interval for rule in rules), key=milliseconds, default="1m")
        shift = f" offset {selector.offset.text}" if selector.offset is not None else ""
        if selector.range is not None:
            return f"{expr}[{selector.range.text}:{step}]{shift}"
        return f"last_over_time({expr}[{step}:{step}]{shift})" if shift else expr

    def _chosen(self, selector: Selector) -> list[Rule]:
        """The rules whose fixed labels pass the selector's matchers."""
        named = [rule for name in series_names(selector, self._registry) for rule in self._rules.get(name, ())]
        return [rule for rule in named if all(self._passes(each, rule.record) for each in selector.matchers)]

    def _passes(self, condition: Matcher, record: Record) -> bool:
        fixed = dict(record.labels)
        if condition.label in fixed:
            return accepts(condition, fixed[condition.label]) is not False
        return not self._lacks(record, condition.label) or accepts(condition, "") is not False

    def _lacks(self, record: Record, label: str) -> bool:
        """Whether what is recorded cannot have a label: what its sources have of it is none of its own."""
        known = self._registry.series(record.record)
        return label != "__name__" and known is not None and known.exact and label not in known.labels

    def _asked(self, rule: Rule, selector: Selector, path: tuple[str, ...]) -> str:
        """What a rule records, of the series that the selector wants."""
        if path.count(rule.key) > 1:
            return NOTHING
        fixed = dict(rule.record.labels)
        own = (each for each in selector.matchers if not self._lacks(rule.record, each.label))
        wanted = [each for each in own if each.label not in fixed and each.label != "__name__"]
        inner = (*path, rule.key)
        expr = self._first(rule, inner) or self.raw(self._narrowed(rule.record.expr, wanted), inner)
        expr = f"vector({expr})" if kind(parse(expr)) == "scalar" else f"({expr})"
        for label, value in fixed.items():
            expr = f'label_replace({expr}, {quote(label)}, {quote(value.replace("$", "$$"))}, "", "")'
        return expr

    def _first(self, rule: Rule, path: tuple[str, ...]) -> str:
        """When its other series began, of a rule that takes the least of what it recorded itself; empty for others."""
        expr, name = rule.record.expr, rule.record.record
        calls = [node for node in walk(parse(expr)) if isinstance(node, Call) and node.func == "min_over_time"]
        inner = next(
            (arg for call in calls for arg in call.args if isinstance(arg, Selector) and arg.name == name), None
        )
        other = next((each for each in selectors(parse(expr)) if each.name != name), None)
        if inner is None or other is None or inner.range is None:
            return ""
        source = self.raw(expr[other.start : other.end], path)
        read = selectors(parse(source))[0]
        labels = ", ".join(
            label for label in infer(parse(source), self._registry).labels if label not in dict(rule.record.labels)
        )
        plain = source[read.start : read.braces[1] if read.braces else read.name_end]
        return f"min_over_time((time() + 0 * count by ({labels}) ({plain}))[{inner.range.text}:{rule.interval}])"

    def _narrowed(self, expr: str, wanted: Sequence[Matcher]) -> str:
        """The expression with the matchers in every selector whose series have their labels."""

        def choose(selector: Selector) -> list[str]:
            labels = series_labels(selector, self._registry)
            return [matcher(each.label, each.op, each.value) for each in wanted if each.label in labels]

        return add_matchers(expr, choose)


def rules_of(groups: Sequence[Group]) -> tuple[Rule, ...]:
    """The recording rules of groups."""
    return tuple(Rule(rule, group.interval) for group in groups for rule in group.rules if isinstance(rule, Record))


def _adds_up(expr: Expr, func: str) -> bool:
    """Whether it is sums of this function alone, so that long windows give what many short ones do."""
    if isinstance(expr, Paren):
        return _adds_up(expr.expr, func)
    if isinstance(expr, Aggregate):
        return expr.op == "sum" and _adds_up(expr.expr, func)
    if isinstance(expr, Call):
        return expr.func == func or (expr.func in _TRANSPARENT and _adds_up(expr.args[0], func))
    if isinstance(expr, Binary) and expr.op == "*":
        return isinstance(expr.lhs, NumberLiteral) and _adds_up(expr.rhs, func)
    if isinstance(expr, Binary) and expr.op in ("and", "unless"):
        return _adds_up(expr.lhs, func)
    sides = isinstance(expr, Binary) and expr.op in ("+", "-", "or")
    return isinstance(expr, Binary) and sides and _adds_up(expr.lhs, func) and _adds_up(expr.rhs, func)
