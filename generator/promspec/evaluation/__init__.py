"""PromQL evaluated in memory: samples, expressions over many times at once, rules and the states of alerts.

It exists to find inputs and expected values of rule tests; whether they are right is judged by promtool.
"""

from promspec.evaluation.alerts import AlertStates, alert_states
from promspec.evaluation.errors import NotEvaluated, Refused
from promspec.evaluation.evaluator import Evaluator
from promspec.evaluation.functions import rounded
from promspec.evaluation.lines import LineSamples
from promspec.evaluation.rules import Rule, parsed, reads, record, result_labels, run, run_alone
from promspec.evaluation.samples import Samples, Store
from promspec.evaluation.vectors import Column, Labels, Vector, labelset

__all__ = [
    "AlertStates",
    "Column",
    "Evaluator",
    "Labels",
    "LineSamples",
    "NotEvaluated",
    "Refused",
    "Rule",
    "Samples",
    "Store",
    "Vector",
    "alert_states",
    "labelset",
    "parsed",
    "reads",
    "record",
    "result_labels",
    "rounded",
    "run",
    "run_alone",
]
