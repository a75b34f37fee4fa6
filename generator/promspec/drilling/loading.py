"""A drill file: a Python file that makes one `Drills`, run and held to the spec before anything is started."""

from __future__ import annotations

import importlib.util
import re
import sys
import traceback
from collections.abc import Iterator, Sequence
from pathlib import Path

from promspec.drilling.model import DrillError, Drills, Incident
from promspec.drilling.rules import Rules
from promspec.drilling.shapes import misshapen, unknown_field
from promspec.problems import near_miss, one_of
from promspec.quantities import milliseconds

_MODULE = "promspec_drill_file"
_NAME = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")


def load(path: Path) -> Drills:
    """Run the file and give its `Drills`; modules of the working directory can be imported. Raises DrillError."""
    if not path.is_file():
        raise DrillError(f"{path} is not there: write a drill file, or name yours with --drills")
    found = [each for each in vars(_run(path)).values() if isinstance(each, Drills)]
    if len(found) != 1:
        raise DrillError(
            f"{path} has {len(found)} Drills: write one, such as drills = Drills(service=[…], incidents=[…])"
        )
    return found[0]


def _run(path: Path) -> object:
    spec = importlib.util.spec_from_file_location(_MODULE, path)
    if spec is None or spec.loader is None:
        raise DrillError(f"{path} is no Python file")
    module = importlib.util.module_from_spec(spec)
    sys.modules[_MODULE] = module
    sys.path[:0] = [str(Path.cwd()), str(path.resolve().parent)]
    try:
        spec.loader.exec_module(module)
    except Exception as error:
        raise DrillError(
            f"{_place(path, error)}: {unknown_field(error) or f'{type(error).__name__}: {error}'}"
        ) from None
    finally:
        del sys.path[:2]
    return module


def _place(path: Path, error: Exception) -> str:
    """The last line of the file itself that led to the error."""
    own = (str(path), str(path.absolute()))  # the import system makes it absolute
    if isinstance(error, SyntaxError) and error.filename in own:
        return f"{path}:{error.lineno}"
    lines = [each.lineno for each in traceback.extract_tb(error.__traceback__) if each.filename in own]
    return f"{path}:{lines[-1]}" if lines else str(path)


def check(drills: Drills, rules: Rules) -> None:
    """Hold the file to the spec. Raises DrillError with everything that is wrong."""
    if wrong := list(misshapen(drills)) or list(_wrong(drills, rules)):
        raise DrillError("\n".join(wrong))


def chosen(drills: Drills, only: Sequence[str]) -> list[Incident]:
    """The incidents of these names, by default all. Raises ValueError for one that there is not."""
    names = [each.name for each in drills.incidents]
    for name in only:
        if name not in names:
            raise ValueError(f"there is no incident {name!r}: {near_miss(name, names) or f'there are {one_of(names)}'}")
    return [each for each in drills.incidents if not only or each.name in only]


def _wrong(drills: Drills, rules: Rules) -> Iterator[str]:
    slos = [slo.name for slo in rules.spec.slos]
    for name in drills.events:
        if name not in slos:
            near = near_miss(name, slos) or f"there are {one_of(slos)}"
            yield f"events: {rules.spec.name} has no SLO {name!r}: {near}"
    if not drills.service:
        yield 'service is empty: write what starts it, such as ["python", "-m", "shop", "--port", "{port}"]'
    if drills.speed < 1:
        yield f"a speed of {drills.speed}: write 1 for the clock of the wall, or a whole number above"
    if not drills.incidents:
        yield "there are no incidents"
    yield from (f"warm_up: {problem}" for problem in _no_duration(drills.warm_up))
    seen: set[str] = set()
    for incident in drills.incidents:
        yield from (f"the incident {incident.name}: {problem}" for problem in _incident(incident, seen))


def _incident(incident: Incident, seen: set[str]) -> Iterator[str]:
    if not _NAME.fullmatch(incident.name):
        yield "its name becomes a folder's: write lower case words, such as provider-outage"
    if incident.name in seen:
        yield "there are two of that name"
    seen.add(incident.name)
    if not 0 < incident.failing <= 1:
        yield f"failing is a share of events: {incident.failing} is not above 0 and at most 1"
    if incident.alert is None and incident.silences:
        yield "where nobody is told nothing is silenced: name the alert, or leave out silences"
    for name in ("before", "watch"):
        yield from (f"{name}: {problem}" for problem in _no_duration(getattr(incident, name)))


def _no_duration(text: str) -> Iterator[str]:
    try:
        milliseconds(text)
    except ValueError as error:
        yield str(error)
