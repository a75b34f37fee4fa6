"""Binary operators whose sides match many-to-one or many-to-many without saying so."""

from __future__ import annotations

from collections.abc import Iterator

from promspec.promql import Binary, Expr, Finding, Registry, infer_labels, kind, walk

_SETS = ("and", "or", "unless")


def ambiguous_matches(expr: Expr, registry: Registry) -> Iterator[Finding]:
    """Operators with on(…) or ignoring(…) of which a side has another label with several values, and no group_left.

    Only values that are known count, so the registry should know those that were seen.
    """
    paired = [node for node in walk(expr) if isinstance(node, Binary) and node.matching and not node.matching.group]
    labels_of = infer_labels(expr, registry) if paired else {}
    for node in paired:
        if node.op in _SETS or node.matching is None:
            continue
        if "scalar" in (kind(node.lhs), kind(node.rhs)):
            continue
        names = {label.name for label in node.matching.labels}
        for side, word, other in ((node.lhs, "left", "left"), (node.rhs, "right", "right")):
            labels = labels_of[id(side)]
            loose = [label for label in labels if (label in names) != node.matching.on]
            several = [label for label in loose if len(labels[label] or ()) > 1]
            if several:
                message = f"several series of the {word} side differ only in {several[0]}, and match the same one"
                remedy = f"write group_{other} (), or aggregate {several[0]} away first"
                yield Finding("promql/ambiguous-match", message, remedy, node.op_start, node.op_end)
                break
