"""`Spec`: the root that holds every declaration of one system."""

from __future__ import annotations

import keyword
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import KW_ONLY
from functools import cached_property
from typing import Annotated, Any

from pydantic import AfterValidator, Field

from promspec.naming import SPEC_NAME
from promspec.vocabulary.alerts import Alert
from promspec.vocabulary.base import Declaration
from promspec.vocabulary.dashboards import Dashboard
from promspec.vocabulary.deployment import Deployment
from promspec.vocabulary.error_codes import ErrorCodes
from promspec.vocabulary.events import Event
from promspec.vocabulary.health import Health, HealthCheck
from promspec.vocabulary.logging import Logging
from promspec.vocabulary.metrics import Counter, Gauge, Histogram, Info, Metric, Selector
from promspec.vocabulary.operations import Operation
from promspec.vocabulary.routing import Routing
from promspec.vocabulary.rules import RecordingRule
from promspec.vocabulary.runbooks import Runbook
from promspec.vocabulary.slos import SLO
from promspec.vocabulary.texts import Filled, wrong


def _name(text: str) -> str:
    if not SPEC_NAME.fullmatch(text):
        raise wrong(
            "spec/name", f"{text!r} cannot name a folder and a package", "write words in snake_case: my_service"
        )
    if keyword.iskeyword(text):
        raise wrong("spec/name", f"{text!r} is a keyword of Python, so no package", f"write {text}_service")
    return text


def _taxonomy(codes: type[ErrorCodes] | None) -> type[ErrorCodes] | None:
    if codes is ErrorCodes:
        raise wrong("error-codes/empty", "ErrorCodes itself has no codes", "give the class that inherits from it")
    return codes


class Spec(Declaration):
    """Everything one system declares.

    What a held declaration refers to is held as well: an operation's metrics need not be listed again. `owner` is the
    team that answers; alerts without a team of their own carry it. `series_budget` is how many series its metrics may
    have at most, all together, in each process.

    >>> requests = Counter("http_requests_total", "Finished requests.")
    >>> Spec("shop", owner="web-team", metrics=[requests]).all_metrics
    (Counter('http_requests_total'),)
    """

    name: Annotated[str, AfterValidator(_name)]
    _: KW_ONLY
    owner: Filled
    title: str = ""
    description: str = ""
    series_budget: Annotated[int, Field(ge=1)] | None = None
    metrics: Annotated[Sequence[Counter | Gauge | Histogram | Info], AfterValidator(tuple)] = ()
    error_codes: Annotated[type[ErrorCodes] | None, AfterValidator(_taxonomy)] = None
    operations: Annotated[Sequence[Operation], AfterValidator(tuple)] = ()
    events: Annotated[Sequence[Event], AfterValidator(tuple)] = ()
    health_checks: Annotated[Sequence[HealthCheck], AfterValidator(tuple)] = ()
    health: Health | None = None
    logging: Logging | None = None
    recording_rules: Annotated[Sequence[RecordingRule], AfterValidator(tuple)] = ()
    slos: Annotated[Sequence[SLO], AfterValidator(tuple)] = ()
    alerts: Annotated[Sequence[Alert], AfterValidator(tuple)] = ()
    runbooks: Annotated[Sequence[Runbook], AfterValidator(tuple)] = ()
    dashboards: Annotated[Sequence[Dashboard], AfterValidator(tuple)] = ()
    routing: Routing | None = None
    deployment: Deployment | None = None

    @cached_property
    def _everything(self) -> tuple[Declaration | type[ErrorCodes], ...]:
        return tuple(_within(self, {}))

    def walk(self) -> Iterator[Declaration | type[ErrorCodes]]:
        """Every declaration it holds, directly or by reference, once, in the order of first mention."""
        return iter(self._everything)

    def each(self, word: type[Any]) -> tuple[Any, ...]:
        """Every held declaration of one word, in the order of first mention."""
        return tuple(item for item in self.walk() if isinstance(item, word))

    @property
    def all_metrics(self) -> tuple[Metric, ...]:
        """Every metric: those listed, then those that operations, SLOs and events refer to."""
        return self.each(Metric)

    @property
    def all_runbooks(self) -> tuple[Runbook, ...]:
        """Every runbook: listed, or referred to by an alert, an SLO or a code."""
        return self.each(Runbook)

    @property
    def display(self) -> str:
        """The title, or the name made readable."""
        return self.title or self.name.replace("_", " ").title()

    @property
    def job(self) -> str:
        """The scrape job of the system."""
        return self.deployment.job if self.deployment is not None else self.name.replace("_", "-")

    @property
    def metrics_path(self) -> str:
        """The path at which the system is scraped."""
        return self.deployment.metrics_path if self.deployment is not None else "/metrics"


def _within(value: Any, seen: dict[int, None]) -> Iterator[Declaration | type[ErrorCodes]]:
    if isinstance(value, Declaration) or (isinstance(value, type) and issubclass(value, ErrorCodes)):
        if id(value) in seen:
            return
        seen[id(value)] = None
        yield value
        if value is ErrorCodes:
            parts: list[Any] = []
        elif isinstance(value, type):
            parts = [*value.codes.values(), value.label]
        else:
            parts = [getattr(value, name) for name in type(value).model_fields]  # type: ignore[attr-defined]
        for part in parts:
            yield from _within(part, seen)
    elif isinstance(value, Selector):
        yield from _within(value.metric, seen)
    elif hasattr(value, "histogram") and hasattr(value, "name"):
        yield from _within(value.histogram, seen)
    elif isinstance(value, (Mapping, list, tuple)) and id(value) not in seen:
        seen[id(value)] = None
        for item in value.values() if isinstance(value, Mapping) else value:
            yield from _within(item, seen)
