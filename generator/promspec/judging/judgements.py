"""Every judgement on one expression: importing this registers them."""

from __future__ import annotations

from promspec.judging import (
    aggregating,
    alerting,
    conditions,
    counters,
    instants,
    matching,
    panels,
    patterns,
    quantiles,
    ratios,
    recording,
    thresholds,
    vanishing,
)
from promspec.judging.model import Judgement, registered

MODULES = (
    aggregating,
    alerting,
    conditions,
    counters,
    instants,
    matching,
    panels,
    patterns,
    quantiles,
    ratios,
    recording,
    thresholds,
    vanishing,
)
"""The modules that hold judgements."""
JUDGEMENTS: tuple[Judgement, ...] = registered()
"""All of them, in the order of their IDs."""
