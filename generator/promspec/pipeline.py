"""The stages in order: `compile_spec(path)` loads, checks, plans and renders; it writes nothing."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from promspec.check import View, check
from promspec.files import GeneratedFile
from promspec.load import Loaded, load
from promspec.plan import Plan, plan
from promspec.plan.alerting_rules import plan_alerting_rules
from promspec.plan.recording_rules import plan_recording_rules
from promspec.problems import Place, Problem, has_errors, in_order
from promspec.proofs.memory import Memory
from promspec.render import render
from promspec.version import VERSION
from promspec.vocabulary.spec import Spec
from promspec.write import with_manifest


@dataclass(frozen=True)
class Compilation:
    """What a spec file gave: its problems; without errors also its plan and its files, with the manifest."""

    spec: Spec | None
    problems: tuple[Problem, ...]
    plan: Plan | None = None
    files: tuple[GeneratedFile, ...] = ()

    @property
    def ok(self) -> bool:
        """Whether nothing forbids writing the files."""
        return self.plan is not None


def examine(path: str | Path, today: str = "") -> tuple[Loaded, tuple[Problem, ...]]:
    """Load and check a spec file: what was loaded, and every problem of both stages.

    `today` (ISO 8601) is the day by which allowances are judged that end; without it none has ended.
    """
    loaded = load(path)
    problems = loaded.problems
    if loaded.spec is not None:
        planned = partial(_groups, loaded.spec)
        view = View(loaded.spec, loaded.declarations, loaded.file, _sources(loaded), today, planned)
        problems = in_order((*problems, *check(view, lenient=has_errors(problems))))
    return loaded, tuple(_shown(problem) for problem in problems)


def compile_spec(path: str | Path, today: str = "", memory: Memory | None = None) -> Compilation:
    """Run every stage before `write` on one spec file. `memory` holds proofs that were found before.

    >>> compile_spec("missing.py").problems[0].id
    'load/no-file'
    """
    loaded, problems = examine(path, today)
    if loaded.spec is None or has_errors(problems):
        return Compilation(loaded.spec, problems)
    planned = plan(loaded.spec, loaded.source, memory)
    files = with_manifest(render(planned), loaded.spec.name, VERSION)
    return Compilation(loaded.spec, problems, planned, files)


def _groups(spec: Spec) -> int:
    return len(plan_recording_rules(spec)) + len(plan_alerting_rules(spec))


def _sources(loaded: Loaded) -> dict[str, tuple[str, ...]]:
    places: list[Place | None] = [item.place for item in loaded.declarations if hasattr(item, "place")]
    for place in places:  # it grows by the functions that made them
        if place is not None:
            places.append(place.related)
    files = dict.fromkeys(place.file for place in places if place is not None)
    found = {}
    for file in files:
        try:
            found[file] = tuple(Path(file).read_text(encoding="utf-8", errors="replace").splitlines())
        except OSError:
            found[file] = ()
    return found


def shown_place(place: Place) -> Place:
    """The place with its file as a person in this directory would write it."""
    try:
        file = Path(place.file).resolve().relative_to(Path.cwd()).as_posix()
    except (ValueError, OSError):
        file = place.file
    related = shown_place(place.related) if place.related is not None else None
    return replace(place, file=file, related=related)


def _shown(problem: Problem) -> Problem:
    return replace(problem, place=shown_place(problem.place))
