"""`Operation`: a unit of work and the metrics that watch it (requests, errors, duration: RED), by reference."""

from __future__ import annotations

from dataclasses import KW_ONLY
from typing import Annotated

from pydantic import AfterValidator, model_validator

from promspec.naming import SPEC_NAME
from promspec.vocabulary.base import Declaration
from promspec.vocabulary.labels import Label
from promspec.vocabulary.metrics import Counter, Histogram
from promspec.vocabulary.texts import wrong

_OUTCOMES = ("status", "outcome", "result")


def _name(text: str) -> str:
    if not SPEC_NAME.fullmatch(text):
        raise wrong(
            "operation/name", f"{text!r} cannot name a Python object", "write a word in snake_case, such as ocr"
        )
    return text


class Operation(Declaration):
    """A unit of work: every finished one is counted once, with its outcome; a failed one also by error code.

    `requests` counts finished work, `errors` failed work by code, `duration` times the whole, `stages` each part.
    The outcome label of `requests` is found by its name (`status`, `outcome` or `result`) or given as `outcome`.
    `success`, `failure` and `rejected` are its values; an error that spends no budget ends as `rejected` where the
    label has that value. In the generated code: `with ocr.track(provider="paddle") as request: ...`.
    """

    name: Annotated[str, AfterValidator(_name)]
    help: str = ""
    _: KW_ONLY
    requests: Counter
    errors: Counter | None = None
    duration: Histogram | None = None
    stages: Histogram | None = None
    outcome: Label | None = None
    success: str = "success"
    failure: str = "error"
    rejected: str = "rejected"

    @model_validator(mode="after")
    def _outcome_is_a_label(self) -> Operation:
        if self.outcome is not None and self.outcome.name not in self.requests.label_names:
            raise wrong(
                "operation/outcome",
                f"{self.requests.name} has no label {self.outcome.name}",
                "give the label of requests that says how the work ended",
            )
        return self

    @property
    def outcome_label(self) -> Label | None:
        """The label of `requests` that says how the work ended, if it has one."""
        if self.outcome is not None:
            return self.outcome
        return next((label for name in _OUTCOMES for label in self.requests.labels if label.name == name), None)

    @property
    def context_labels(self) -> tuple[Label, ...]:
        """The labels known when the work begins: those of `requests` without the outcome."""
        outcome = self.outcome_label
        return tuple(label for label in self.requests.labels if outcome is None or label.name != outcome.name)

    def outcome_value(self, wished: str, *otherwise: str) -> str | None:
        """The first of the wished outcomes that the outcome label allows."""
        label = self.outcome_label
        if label is None:
            return None
        return next((value for value in (wished, *otherwise) if not label.closed or value in label.known_values), None)
