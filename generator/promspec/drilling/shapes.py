"""Whether the fields of a drill file hold what they must: what stands there, and what to write instead."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import fields

from promspec.drilling.model import Drills, Incident
from promspec.problems import near_miss, one_of

Kept = Callable[[object], bool]


def _text(value: object) -> bool:
    return isinstance(value, str)


def _number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def _positive(value: object) -> bool:
    return isinstance(value, int | float) and _number(value) and value > 0


def _count(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 1


def _list_of(kept: Kept) -> Kept:
    return lambda value: isinstance(value, list | tuple) and all(kept(each) for each in value)


def _mapping_to(kept: Kept) -> Kept:
    return lambda value: isinstance(value, Mapping) and all(_text(key) and kept(of) for key, of in value.items())


_DRILLS: dict[str, tuple[Kept, str]] = {
    "service": (_list_of(_text), 'a list of words, such as ["python", "-m", "shop", "--port", "{port}"]'),
    "incidents": (_list_of(lambda each: isinstance(each, Incident)), "a list of Incident(…)"),
    "env": (_mapping_to(_text), 'texts by their names, such as {"SHOP_PORT": "{port}"}'),
    "ready": (
        lambda value: value is None or (isinstance(value, str) and value[:1] == "/"),
        'a path, such as "/health"',
    ),
    "traffic": (callable, "a function of a URL, such as lambda url: steady(20, …)"),
    "events": (_mapping_to(_positive), 'events a second by the names of SLOs, such as {"orders": 20}'),
    "instances": (_count, "how many, such as 3"),
    "speed": (lambda value: isinstance(value, int) and not isinstance(value, bool), "a whole number, such as 30"),
    "warm_up": (_text, 'a duration, such as "5m"'),
}
_INCIDENT: dict[str, tuple[Kept, str]] = {
    "name": (_text, "lower case words, such as provider-outage"),
    "alert": (lambda value: value is None or _text(value), "the name of an alert, or None where nobody is told"),
    "begin": (callable, "a function of the service, such as lambda service: service.kill()"),
    "end": (callable, "a function of the service, such as lambda service: service.start()"),
    "says": (_text, "a sentence"),
    "labels": (_mapping_to(_text), 'texts by the names of labels, such as {"provider": "truck"}'),
    "failing": (_number, "a share of events, such as 0.5"),
    "before": (_text, 'a duration, such as "2h"'),
    "silences": (_list_of(_text), 'a list of names of alerts, such as ["OrdersBurnRatePageSlow"]'),
    "watch": (_text, 'a duration, such as "15m"'),
}


def misshapen(drills: Drills) -> Iterator[str]:
    """What is of another kind than it must be, each with what to write."""
    yield from _fields("", drills, _DRILLS)
    incidents = drills.incidents if isinstance(drills.incidents, list | tuple) else ()
    for each in incidents:
        if isinstance(each, Incident):
            yield from _fields(f"the incident {each.name}: ", each, _INCIDENT)


def _fields(whose: str, of: object, shapes: Mapping[str, tuple[Kept, str]]) -> Iterator[str]:
    for name, (kept, wanted) in shapes.items():
        if not kept(value := getattr(of, name)):
            shown = repr(value)
            yield f"{whose}{name} is {shown if len(shown) <= 60 else type(value).__name__}: write {wanted}"


def unknown_field(error: Exception) -> str:
    """What to write instead of a field that there is not; empty for any other error."""
    found = re.fullmatch(r"(Drills|Incident)\.__init__\(\) got an unexpected keyword argument '(\w+)'", str(error))
    if found is None:
        return ""
    names = [each.name for each in fields(Drills if found[1] == "Drills" else Incident)]
    return f"{found[1]} has no {found[2]}: {near_miss(found[2], names) or f'there are {one_of(names)}'}"
