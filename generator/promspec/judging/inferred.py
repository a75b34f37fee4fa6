"""What inference finds in an expression: the IDs, each with the sentence that documents it."""

from __future__ import annotations

FINDINGS = {
    "promql/unknown-metric": "Every metric in a query is declared, recorded, or one of Prometheus' own.",
    "promql/unknown-label": "Every label in a query is one that the series at that point has.",
    "promql/unknown-label-value": "A matcher asks for values that the closed label has.",
    "promql/bucket-not-declared": "A matcher on `le` asks for a bucket that the histogram has.",
    "promql/empty-selector": "The matchers of a selector do not contradict each other.",
    "promql/rate-of-gauge": "rate(), increase() and resets() are for counters.",
    "promql/never-matches": "The two sides of an operator have label sets that can be equal.",
    "promql/version": "A query uses only what the target version of Prometheus knows.",
    "promql/quantile-without-le": "histogram_quantile() is given buckets, with their label `le`.",
}
"""The IDs of what inference finds, each with the sentence that documents it."""
