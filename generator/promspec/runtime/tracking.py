"""`Operation` and `Request`: a unit of work is counted once, timed, and its exception mapped to a code."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from time import perf_counter
from types import TracebackType
from typing import Protocol, TypeVar

from .families import Counter, Histogram
from .package import Package
from .picking import Picker
from .timing import Timer

R = TypeVar("R", bound="Request")


class Code(Protocol):
    """What is asked of an error code; it is a text as well."""

    @property
    def spends_budget(self) -> bool:
        """Whether failures with this code count against the objective."""


class Operation:
    """A unit of work and the metrics that watch it. `track` is in the generated subclass, with its types.

    `context` names the labels known when the work begins. `success`, `failure`, `rejected` and `cancelled` are values
    of the outcome label; None where it has no such value.
    """

    def __init__(
        self,
        package: Package,
        *,
        context: Sequence[str],
        requests: Counter | None = None,
        errors: Counter | None = None,
        duration: Histogram | None = None,
        stages: Histogram | None = None,
        outcome_label: str | None = None,
        code_label: str | None = None,
        stage_label: str | None = None,
        success: str | None = None,
        failure: str | None = None,
        rejected: str | None = None,
        cancelled: str | None = None,
        code_of: Callable[[BaseException, str | None], Code] | None = None,
        fallback: Code | None = None,
    ) -> None:
        self.telemetry = package.telemetry
        self.requests = requests
        self.errors = errors
        self.duration = duration
        self.stages = stages
        self.counted_without_outcome = outcome_label is None
        self.success = success
        self.failure = failure
        self.rejected = rejected
        self.cancelled = cancelled
        self.code_of = code_of
        self.fallback = fallback
        outcome = {outcome_label: 0} if outcome_label is not None else {}
        facts = dict(outcome)
        if stage_label is not None and stage_label not in context:
            facts[stage_label] = 2
        if code_label is not None:
            facts[code_label] = 1
        self.of_requests = Picker(requests, context, outcome)
        self.of_duration = Picker(duration, context, outcome)
        self.of_errors = Picker(errors, context, facts, may_differ=True)
        self.of_stages = Picker(stages if stage_label is not None else None, context, {stage_label or "": 2})


class Request:
    """One unit of work: a context manager, sync and async. An exception passes through it unchanged.

    When it ends, in this order: the duration is observed; a failure is counted by its code; the request is counted
    by its outcome. A code given to `fail` wins over the one of the exception. An exception turns every outcome into
    the failure, except one the caller set to the rejected or the failed value himself. The failed value without an
    exception and without `fail` is counted under the fallback code. What is no `Exception` (a
    cancelled task, Ctrl-C, a closed generator) says nothing about the work: it has no error code, and the outcome
    `cancelled`, or the failed one if the label has no such value.
    """

    __slots__ = ("_code", "_context", "_failed", "_last_stage", "_operation", "_start", "_wished")

    def __init__(self, operation: Operation, *values: object) -> None:
        self._operation = operation
        self._context = values
        self._last_stage: str | None = None
        self._wished: str | None = None
        self._failed = False
        self._code: Code | None = None
        self._start = 0.0

    def __enter__(self: R) -> R:
        self._start = perf_counter()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        seconds = perf_counter() - self._start
        try:
            self._end(seconds, error)
        except Exception:
            self._operation.telemetry.lost("internal")

    async def __aenter__(self: R) -> R:
        return self.__enter__()

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.__exit__(kind, error, trace)

    def _stage(self, stage: str) -> StageTimer:
        return StageTimer(self, stage)

    def _outcome(self, outcome: str) -> None:
        self._wished = outcome

    def _fail(self, code: Code | None = None) -> None:
        self._failed, self._code = True, code

    def _end(self, seconds: float, error: BaseException | None) -> None:
        operation = self._operation
        interrupted = error is not None and not isinstance(error, Exception)
        if error is not None and not interrupted:
            self._failed = True
            if self._code is None and operation.code_of is not None:
                self._code = operation.code_of(error, self._last_stage)
        if error is None and not self._failed and self._wished is not None and self._wished == operation.failure:
            # Said to have failed, without a code: it spends the budget all the same.
            self._failed, self._code = True, operation.fallback
        outcome = self._ending(interrupted) if error is not None or self._failed else self._wished or operation.success
        context, facts = self._context, (outcome, self._code, self._last_stage)
        if operation.duration is not None:
            operation.duration.seconds(seconds, operation.of_duration.pick(context, facts))
        if self._failed and operation.errors is not None:
            operation.errors.one(operation.of_errors.pick(context, facts))
        if operation.requests is not None and (outcome is not None or operation.counted_without_outcome):
            operation.requests.one(operation.of_requests.pick(context, facts))

    def _ending(self, interrupted: bool) -> str | None:
        operation = self._operation
        if interrupted and not self._failed:
            return operation.cancelled or operation.failure
        if self._wished is not None and self._wished in (operation.rejected, operation.failure):
            return self._wished
        if self._code is not None and not self._code.spends_budget and operation.rejected is not None:
            return operation.rejected
        return operation.failure


class StageTimer(Timer):
    """Measures a stage of a request and remembers that it was entered."""

    __slots__ = ("_request", "_stage")

    def __init__(self, request: Request, stage: str) -> None:
        self._request = request
        self._stage = stage
        self._observe = self._staged
        self._start = 0.0

    def __enter__(self) -> StageTimer:
        self._request._last_stage = self._stage
        self._start = perf_counter()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._staged(perf_counter() - self._start)

    def _staged(self, seconds: float) -> None:
        operation = self._request._operation
        try:
            if operation.of_stages.used and operation.stages is not None:
                operation.stages.seconds(
                    seconds, operation.of_stages.pick(self._request._context, (None, None, self._stage))
                )
        except Exception:
            operation.telemetry.lost("internal")
