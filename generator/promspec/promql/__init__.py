"""The query language: parse, infer, edit, print. Knows nothing of specs."""

from promspec.promql.durations import duration_seconds
from promspec.promql.edit import add_matchers, edit_durations, matcher
from promspec.promql.errors import PromQLError
from promspec.promql.inference.calls import expand_replacement, open_metrics
from promspec.promql.inference.fold import infer, infer_labels
from promspec.promql.inference.matching import accepts
from promspec.promql.inference.model import Finding, Inference, Labels, Registry, Series, SeriesKind, Values
from promspec.promql.parser import parse
from promspec.promql.printing import printed
from promspec.promql.regexes import compiled as regex
from promspec.promql.strings import quote
from promspec.promql.syntax import (
    Aggregate,
    At,
    Binary,
    Call,
    Duration,
    Expr,
    Extended,
    Fill,
    Kind,
    Label,
    Matcher,
    Matching,
    MatchOp,
    NumberLiteral,
    Paren,
    Selector,
    StringLiteral,
    Subquery,
    Unary,
    children,
    kind,
    remembered,
    selectors,
    unwrap,
    walk,
)
from promspec.promql.timing import seconds_in_a_rule
from promspec.promql.versions import unsupported

__all__ = [
    "Aggregate",
    "At",
    "Binary",
    "Call",
    "Duration",
    "Expr",
    "Extended",
    "Fill",
    "Finding",
    "Inference",
    "Kind",
    "Label",
    "Labels",
    "MatchOp",
    "Matcher",
    "Matching",
    "NumberLiteral",
    "Paren",
    "PromQLError",
    "Registry",
    "Selector",
    "Series",
    "SeriesKind",
    "StringLiteral",
    "Subquery",
    "Unary",
    "Values",
    "accepts",
    "add_matchers",
    "children",
    "duration_seconds",
    "edit_durations",
    "expand_replacement",
    "infer",
    "infer_labels",
    "kind",
    "matcher",
    "open_metrics",
    "parse",
    "printed",
    "quote",
    "regex",
    "remembered",
    "seconds_in_a_rule",
    "selectors",
    "unsupported",
    "unwrap",
    "walk",
]
