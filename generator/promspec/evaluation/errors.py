"""Why an expression has no value here."""

from __future__ import annotations


class NotEvaluated(Exception):
    """An expression holds something that is not evaluated here, or that Prometheus refuses; says what."""


class Refused(NotEvaluated):
    """Prometheus refuses to evaluate it as well."""


_NATIVE = "reads native histograms, and samples here are numbers"
UNEVALUATED = {
    **dict.fromkeys(
        ("histogram_avg", "histogram_count", "histogram_stddev", "histogram_stdvar", "histogram_sum"), _NATIVE
    ),
    "</": _NATIVE,
    ">/": _NATIVE,
    "info": "adds labels of whatever info series the server has at that moment",
    "limit_ratio": "picks series by a hash of their labels, which is Prometheus' own",
    "limitk": "picks any of its series",
    "start_timestamp": "reads when a series began, which the samples of a rule test do not tell",
}
"""What parses and is not evaluated here, with the reason."""


def unevaluated(name: str) -> NotEvaluated:
    """The exception for something in `UNEVALUATED`."""
    shown = f"the operator {name}" if name in ("</", ">/") else f"{name}()"
    return NotEvaluated(f"{shown}, which {UNEVALUATED[name]}")
