"""The methods of the generated metric classes, each with its fast path written out."""

from __future__ import annotations

from dataclasses import dataclass

from promspec.plan.instrumentation import LabelPlan, MetricPlan
from promspec.render.python import WIDTH, bracketed

_EXEMPLAR = "exemplar: families.Labels | None = None"
_IN_BODY = 8
_IN_FAST = 16
_FOLD_AT = 64
"""As in the runtime's `cells`; written out, since a look-up costs a tenth of the call."""


@dataclass(frozen=True, slots=True)
class Method:
    """A method; `body` is its lines, without the indentation of the method."""

    name: str
    parameters: tuple[str, ...]
    result: str
    help: str
    body: tuple[str, ...]


def methods_of(metric: MetricPlan) -> tuple[Method, ...]:
    """The methods of a metric's class."""
    made = {"counter": _counter, "gauge": _gauge, "histogram": _histogram, "info": _info}[metric.kind](metric)
    return (*made, _time(metric)) if metric.timed else made


def label_parameters(labels: tuple[LabelPlan, ...], *more: str) -> list[str]:
    """Keyword-only parameters, one per label."""
    names = [*(f"{label.parameter}: {label.type}" for label in labels), *more]
    return ["*", *names] if names else []


def _method(metric: MetricPlan, name: str, own: list[str], help: str, body: list[str], *more: str) -> Method:
    return Method(name, ("self", *own, *label_parameters(metric.labels, *more)), "None", help, tuple(body))


def _call(metric: MetricPlan, start: str, *passed: str, indent: int = _IN_BODY) -> str:
    return bracketed(start, [*passed, *(label.parameter for label in metric.labels)], ")", indent)


def _reached(metric: MetricPlan, start: str, end: str) -> list[str]:
    """`start`, the look-up of the series (one value after the other), `end`; on several lines if it is too long."""
    lines, chain = [], "self._table"
    keys = [f"[{label.parameter}]" for label in metric.labels] or ["[()]"]
    for key in keys:
        if _IN_FAST + len(f"{start}{chain}{key}{end}") > WIDTH and chain != "pending":
            lines.append(f"pending = {chain}")
            chain = "pending"
        chain += key
    return [*lines, f"{start}{chain}{end}"]


def _fast(condition: str, lines: list[str], otherwise: str) -> list[str]:
    """The fast path, and what is called if it does not apply or fails: a series not made yet, a senseless value."""
    inner = [f"        {line}" for line in [*lines, "return"]]
    return ["try:", f"    if {condition}:", *inner, "except Exception:", "    pass", otherwise]


def _counter(metric: MetricPlan) -> tuple[Method, ...]:
    slow = _call(metric, "self._add(", "amount", "exemplar")
    body = _fast("amount == 1.0 and exemplar is None", _reached(metric, "next(", ")"), slow)
    return (_method(metric, "inc", ["amount: float = 1.0"], "Add `amount`, 0 or more.", body, _EXEMPLAR),)


def _gauge(metric: MetricPlan) -> tuple[Method, ...]:
    finite = "-self._most < {} < self._most"
    put = _reached(metric, "", ".log = [float(value)]")
    more, less = (_reached(metric, "", f".add({sign}amount)") for sign in ("", "-"))
    ask = [_call(metric, "self._set_function(", "callback")]
    asked = "Ask `callback` for the value at every scrape; while it fails there is no sample."
    by = finite.format("amount")
    return (
        _method(
            metric,
            "set",
            ["value: float"],
            "Set the gauge.",
            _fast(finite.format("value"), put, _call(metric, "self._set(", "value")),
        ),
        _method(
            metric,
            "inc",
            ["amount: float = 1.0"],
            "Add `amount`.",
            _fast(by, more, _call(metric, "self._change(", "1", "amount")),
        ),
        _method(
            metric,
            "dec",
            ["amount: float = 1.0"],
            "Take `amount` away.",
            _fast(by, less, _call(metric, "self._change(", "-1", "amount")),
        ),
        _method(metric, "set_function", ["callback: families.Callback"], asked, ask),
    )


def _histogram(metric: MetricPlan) -> tuple[Method, ...]:
    lines = [
        *_reached(metric, "pending = ", ""),
        "pending.append(value)",
        f"if len(pending) >= {_FOLD_AT}:",
        f"    {_call(metric, 'self._fold(', indent=_IN_FAST + 4)}",
    ]
    condition = "exemplar is None and self._least <= value < self._most"
    body = _fast(condition, lines, _call(metric, "self._observe(", "value", "exemplar"))
    return (_method(metric, "observe", ["value: float"], "Count a value in its bucket.", body, _EXEMPLAR),)


def _info(metric: MetricPlan) -> tuple[Method, ...]:
    body = [_call(metric, "self._state(")]
    return (_method(metric, "set", [], "State the facts; earlier ones are replaced.", body),)


def _time(metric: MetricPlan) -> Method:
    text = "Observe how long a block takes, or a function that is decorated with it."
    parameters = ("self", *label_parameters(metric.labels))
    return Method("time", parameters, "families.Timer", text, (_call(metric, "return self._time("),))
