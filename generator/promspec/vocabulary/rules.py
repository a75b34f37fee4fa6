"""`RecordingRule`: a query evaluated ahead of time under a name of its own."""

from __future__ import annotations

from dataclasses import KW_ONLY
from typing import Annotated, ClassVar

from pydantic import AfterValidator, Field

from promspec.naming import METRIC_NAME
from promspec.vocabulary.base import Declaration
from promspec.vocabulary.texts import ExprText, Filled, IntervalText, LabelTexts, wrong


def _name(text: str) -> str:
    if not METRIC_NAME.fullmatch(text):
        raise wrong(
            "rule/name", f"{text!r} is not a series name", "write level:metric:operations, or words joined by _"
        )
    return text


class RecordingRule(Declaration):
    """A name and an expression, in a group with an interval; prints as its name.

    Rules of one group run one after the other, in order, every `interval`; all rules of a group have the same.

    >>> rule = RecordingRule("job:requests:rate5m", "sum by (job) (rate(requests_total[5m]))", group="traffic")
    >>> f"{rule} > 5"
    'job:requests:rate5m > 5'
    """

    name: Annotated[str, AfterValidator(_name)]
    expr: ExprText
    _: KW_ONLY
    group: Filled = "recording"
    interval: IntervalText = "30s"
    labels: LabelTexts = Field(default_factory=dict)
    help: str = ""
    unit: str | None = None

    in_promql: ClassVar[bool] = True

    def __str__(self) -> str:
        return self.name

    def __format__(self, spec: str) -> str:
        return format(self.name, spec)
