"""Rules on error codes and operations: that every error finds its code, and every outcome its series."""

from __future__ import annotations

from collections.abc import Iterator

from promspec.check.rules import Complaint, View, rule
from promspec.problems import Level, near_miss, one_of
from promspec.vocabulary.error_codes import Code, ExceptionMatch
from promspec.vocabulary.labels import Label
from promspec.vocabulary.metrics import Metric
from promspec.vocabulary.operations import Operation


def _codes(view: View) -> tuple[Code, ...]:
    codes = view.spec.error_codes
    return tuple(code for code in codes.codes.values() if not code.broken) if codes else ()


@rule("code/ambiguous-exception", Level.ERROR)
def ambiguous_exception(view: View) -> Iterator[Complaint]:
    """An exception maps to one code, unless conditions tell its instances apart."""
    first: dict[object, Code] = {}
    for code in _codes(view):
        for match in code.matches:
            earlier = first.setdefault(_condition(match), code)
            if earlier is not code:
                text = f"{match.exception} maps to {earlier.value} (line {earlier.place.line}) and to {code.value}"
                yield code, text, "keep one, or add a condition: ExceptionMatch(…, message=…)"


def _condition(match: ExceptionMatch) -> object:
    return match.exception, match.message, tuple(sorted(match.attributes.items(), key=str)), match.stage


@rule("code/no-action", Level.WARNING)
def no_action(view: View) -> Iterator[Complaint]:
    """Every code says what its owner does about it."""
    for code in _codes(view):
        if not code.action.strip():
            yield code, f"the error code {code.value} has no action", 'write action="…", even if it is "None: …"'


@rule("code/no-fallback", Level.WARNING)
def no_fallback(view: View) -> Iterator[Complaint]:
    """The taxonomy has a code for what nobody foresaw."""
    codes = view.spec.error_codes
    if codes and not codes.broken and not codes.has_fallback and codes.fallback.matches and not _takes_all(view):
        text = f"{codes.__name__} has no INTERNAL_ERROR, so unforeseen errors would count as {codes.fallback.value}"
        yield codes, text, 'add INTERNAL_ERROR = Code("internal_error", …), or class …(ErrorCodes, fallback="NAME")'


def _takes_all(view: View) -> bool:
    """Whether some code is mapped from every exception, so that none is left for the fallback."""
    every = [(name, None, (), None) for name in ("builtins.Exception", "builtins.BaseException")]
    return any(_condition(match) in every for code in _codes(view) for match in code.matches)


@rule("code/unknown-stage", Level.ERROR)
def unknown_stage(view: View) -> Iterator[Complaint]:
    """A stage that an exception's mapping names is a value of some label `stage`."""
    stages = [value for label in view.each(Label) if label.name == "stage" for value in label.known_values]
    for code in _codes(view):
        for match in code.matches:
            if match.stage is not None and match.stage not in stages:
                remedy = near_miss(match.stage, stages) or f"the stages are {one_of(dict.fromkeys(stages)) or '(none)'}"
                text = f"the error code {code.value} names the stage {match.stage!r}, which there is not"
                yield code, text, remedy, match.stage


@rule("operation/outcome", Level.ERROR)
def outcome_values(view: View) -> Iterator[Complaint]:
    """The outcome label of an operation has the values for success and failure."""
    for operation in view.each(Operation):
        label = operation.outcome_label
        if label is None or not label.closed:
            continue
        for argument in ("success", "failure"):
            value = getattr(operation, argument)
            if value not in label.known_values:
                text = f"the operation {operation.name} ends as {value!r}, which the label {label.name} does not have"
                yield operation, text, f"add it to the label, or write {argument}= one of {one_of(label.known_values)}"


@rule("operation/labels", Level.ERROR)
def operation_labels(view: View) -> Iterator[Complaint]:
    """The generated tracking can fill every label of an operation's metrics."""
    for operation in view.each(Operation):
        context = [label.name for label in operation.context_labels]
        outcome = operation.outcome_label
        ended = [outcome.name] if outcome else []
        code = view.spec.error_codes.label.name if view.spec.error_codes else "code"
        yield from _unfilled(operation, operation.errors, [*context, *ended, code, "stage"])
        yield from _unfilled(operation, operation.duration, [*context, *ended])
        yield from _unfilled(operation, operation.stages, [*context, "stage"])


def _unfilled(operation: Operation, metric: Metric | None, filled: list[str]) -> Iterator[Complaint]:
    for name in metric.label_names if metric else ():
        if name not in filled and metric is not None:
            text = f"the operation {operation.name} cannot fill the label {name} of {metric.name}"
            yield (
                operation,
                text,
                f"it knows {one_of(dict.fromkeys(filled))}: add {name} to {operation.requests.name}, or take it away",
            )


@rule("operation/label-values", Level.ERROR)
def operation_values(view: View) -> Iterator[Complaint]:
    """A label that several metrics of an operation share has the same values in all of them."""
    for operation in view.each(Operation):
        for metric in (operation.errors, operation.duration, operation.stages):
            for label in metric.labels if metric else ():
                known = operation.requests.label(label.name)
                if known is not None and metric is not None and known.known_values != label.known_values:
                    text = f"the label {label.name} has other values in {metric.name} than in {operation.requests.name}"
                    yield operation, text, "use one Label in both, or errors would be lost"


@rule("operation/error-codes", Level.ERROR)
def operation_codes(view: View) -> Iterator[Complaint]:
    """An operation that counts errors by code has a taxonomy of codes."""
    for operation in view.each(Operation):
        if operation.errors is None:
            continue
        codes = view.spec.error_codes
        label = operation.errors.label(codes.label.name if codes else "code")
        if codes is None and label is not None:
            text = f"the operation {operation.name} counts errors by {label.name}, but the spec has no error codes"
            yield operation, text, "give the Spec error_codes=…"
        elif codes is not None and label is not None and label is not codes.label:
            missing = [value for value in codes.label.known_values if label.closed and value not in label.known_values]
            if missing:
                text = f"the label {label.name} of {operation.errors.name} lacks the codes {one_of(missing)}"
                yield operation, text, f"use {codes.__name__}.label"
