"""Whether the binaries at hand read what a spec's rules are written in."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from promspec import promtool
from promspec.promql import PromQLError, parse, unsupported


def outdated(name: str, expressions: Iterable[str], features: Sequence[str]) -> dict[str, str]:
    """For each expression that a binary cannot read, why not: it is too old, or lacks a feature flag.

    Raises `promtool.ToolMissing` and `promtool.ToolFailed`. Example: `outdated("prometheus", ["a + fill(0) b"], ())`.
    """
    expressions = dict.fromkeys(expressions)
    release = promtool.version(name) if expressions else (0, 0, 0)
    found = {}
    for text in expressions:
        try:
            lacking = unsupported(parse(text), release[:2], features)
        except PromQLError:
            continue  # what does not parse is told of elsewhere
        if lacking:
            shown = ".".join(map(str, release))
            found[text] = f"{name} {shown} does not read this rule: {lacking[0].message}"
    return found
