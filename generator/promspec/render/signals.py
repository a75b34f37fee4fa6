"""The generated modules `events`, `logs`, `health` and `correlation`, and what they share."""

from __future__ import annotations

from collections.abc import Sequence

from promspec.plan.signals import CheckPlan, EventPlan, FieldPlan, HealthPlan, SignalsPlan, UpdatePlan
from promspec.render.python import WIDTH, bracketed, docstring, literal
from promspec.render.templating import fill


def render_signals(plan: SignalsPlan, title: str, top: str, dropped: object) -> dict[str, str]:
    """Module -> text, only of what is declared. `dropped` is the counter of dropped events, as the template sees it."""
    if not plan.any:
        return {}
    words = [literal(word) for word in plan.sensitive]
    made = {
        "_sanitiser.py": fill(
            "instrumentation/_sanitiser.py.jinja",
            header=top,
            made=bracketed("sanitiser: Final = Sanitiser(", [_tuple(words), str(plan.max_length)], ")", 0),
        ),
        "correlation.py": fill("instrumentation/correlation.py.jinja", header=top),
    }
    if plan.events:
        made["events.py"] = _events(plan.events, title, top, dropped)
    if plan.logging is not None:
        logging = plan.logging
        arguments = [
            "sanitiser",
            "_lost",
            f"level={literal(logging.level)}",
            f"service={literal(logging.service)}",
            bracketed("quiet=[", [literal(name) for name in logging.quiet], "]", 4),
        ]
        made["logs.py"] = fill(
            "instrumentation/logs.py.jinja",
            header=top,
            made=bracketed("_logs: Final = Logs(", arguments, ")", 0),
            events=bool(plan.events),
        )
    if plan.health is not None:
        made["health.py"] = _health(plan.health, title, top)
    return made


def signal_modules(plan: SignalsPlan) -> list[str]:
    """The modules that the package shows."""
    declared = (("correlation", plan.any), ("events", plan.events), ("logs", plan.logging), ("health", plan.health))
    return [name for name, is_declared in declared if is_declared]


def _tuple(items: Sequence[str]) -> str:
    return f"({', '.join(items)}{',' if len(items) == 1 else ''})"


def _events(events: Sequence[EventPlan], title: str, top: str, dropped: object) -> str:
    types = [field.type for event in events for field in event.metadata]
    constants = [value for event in events for update in event.updates for _, value in update.labels]
    names = [literal(event.name) for event in events]
    return fill(
        "instrumentation/events.py.jinja",
        header=top,
        docstring=docstring(f"The events of {title}: one function for each, which never raises.", 0),
        dropped=dropped,
        names=bracketed("EventName: TypeAlias = Literal[", names, "]", 0),
        events=[
            {
                "source": _source(event),
                "signature": _signature(event),
                "docstring": docstring(event.help or f"The event {event.name}.", 4),
                "updates": [_update(update) for update in event.updates],
                "variable": _variable(event),
                "send": _send(event),
            }
            for event in events
        ],
        emitters=[f"{literal(event.name)}: {event.function}," for event in events],
        uses_labels=any(kind.startswith("labels.") for kind in types),
        uses_codes="ErrorCode" in types or any(value.startswith("ErrorCode.") for value in constants),
        uses_metrics=any(event.updates for event in events),
        scalar=any(kind == "Scalar" for kind in types),
    )


def _variable(event: EventPlan) -> str:
    return f"_on_{event.function}"


def _source(event: EventPlan) -> str:
    arguments = [literal(event.name), f"level={literal(event.level)}"]
    arguments += ["error=True"] if event.error else []
    arguments += [f"sampling={event.sampling}"] if event.sampling != "1.0" else []
    arguments += [f"rate_limit={event.rate_limit}"] if event.rate_limit != "0.0" else []
    if event.sensitive:
        arguments.append(bracketed("sensitive=[", [literal(name) for name in event.sensitive], "]", 4))
    return bracketed(f"{_variable(event)}: Final = _bus.source(", arguments, ")", 0)


def _signature(event: EventPlan) -> str:
    fields = [f"{field.parameter}: {field.type}" for field in (*event.measurements, *event.metadata)]
    if event.exception:
        fields.append(f"{event.exception}: BaseException | None = None")
    return bracketed(f"def {event.function}(", ["*", *fields] if fields else [], ") -> None:", 0)


def _update(update: UpdatePlan) -> str:
    amount = f"_events.scaled({update.amount}, {update.scale})" if update.scale else update.amount
    labels = [
        f"{parameter}={literal(value[1:]) if value.startswith('*') else value}" for parameter, value in update.labels
    ]
    return bracketed(f"_metrics.{update.variable}.{update.method}(", [*([amount] if amount else []), *labels], ")", 8)


def _send(event: EventPlan) -> str:
    """The call that delivers; a mapping that does not fit its line is spread over several."""
    head, more = f"{_variable(event)}.send(", [event.exception] if event.exception else []
    parts = [event.measurements, event.metadata]
    line = f"{head}{', '.join([*(_flat(part) for part in parts), *more])})"
    if 12 + len(line) <= WIDTH:
        return line
    spread = [bracketed("{", _pairs(part), "}", 16) for part in parts]
    inner = "".join(f"{' ' * 16}{item},\n" for item in (*spread, *more))
    return f"{head}\n{inner}{' ' * 12})"


def _pairs(fields: Sequence[FieldPlan]) -> list[str]:
    return [f"{literal(field.name)}: {field.parameter}" for field in fields]


def _flat(fields: Sequence[FieldPlan]) -> str:
    return f"{{{', '.join(_pairs(fields))}}}"


def _health(plan: HealthPlan, title: str, top: str) -> str:
    arguments = ["sanitiser", f"cache={plan.cache}"]
    if plan.disabled:
        arguments.append(f"disabled={_tuple([literal(name) for name in plan.disabled])}")
    return fill(
        "instrumentation/health.py.jinja",
        header=top,
        docstring=docstring(f"The health checks of {title}, and the pages that show them.", 0),
        board=bracketed("_board: Final = Board(", arguments, ")", 0),
        checks=[
            {"made": _check(check), "docstring": docstring(check.help or f"The check {check.name}.", 0)}
            for check in plan.checks
        ],
    )


def _check(check: CheckPlan) -> str:
    measured = bool(check.warning or check.failing)
    arguments = [literal(check.name)]
    arguments += [f"help={literal(check.help)}"] if check.help and len(check.help) < 80 else []
    arguments += [f"warning={check.warning}"] if check.warning else []
    arguments += [f"failing={check.failing}"] if check.failing else []
    arguments += [f"worse={literal(check.worse)}"] if measured else []
    arguments += [
        f"probes={_tuple([literal(probe) for probe in check.probes])}",
        f"timeout={check.timeout}",
        f"reason={literal(check.reason)}",
    ]
    return bracketed(f"{check.name}: Final = _board.{'measured' if measured else 'judged'}(", arguments, ")", 0)
