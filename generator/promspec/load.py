"""load: run a spec file and find its `Spec`; whatever goes wrong is a problem with a place, never a traceback."""

from __future__ import annotations

import contextlib
import decimal
import os
import re
import sys
import traceback
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType

from promspec.problems import Level, Place, Problem, in_order, near_miss
from promspec.vocabulary.base import Recorder, recording
from promspec.vocabulary.spec import Spec

_HOME = str(Path(__file__).resolve().parent)
_MODULE = "promspec_loaded_spec"


@dataclass(frozen=True)
class Loaded:
    """A spec, if one was found; every declaration that was made, in order; and what was wrong."""

    spec: Spec | None
    declarations: tuple[object, ...]
    problems: tuple[Problem, ...]
    source: str
    """The spec's file name, for the headers of what is generated."""
    file: str = ""
    """The spec's whole path, as the declarations' places have it."""


def load(path: str | Path) -> Loaded:
    """Run the spec file and give its `Spec`.

    Relative imports of modules beside the file work by their plain names. Nothing is written, not even bytecode.

    >>> load("missing.py").problems[0].id
    'load/no-file'
    """
    file = Path(path)
    with recording() as recorder:
        specs = _run(file, recorder)
    problems = list(recorder.problems)
    spec = specs[0] if len(specs) == 1 else None
    if spec is None and not any(problem.id.startswith("load/") for problem in problems):
        problems.append(_not_one(file, specs or [item for item in recorder.declarations if isinstance(item, Spec)][:1]))
    return Loaded(spec, tuple(recorder.declarations), in_order(problems), file.name, str(file.resolve()))


def _run(file: Path, recorder: Recorder) -> list[Spec]:
    text = _read(file, recorder)
    if text is None:
        return []
    try:
        code = compile(text, str(file.resolve()), "exec", dont_inherit=True)
    except (SyntaxError, ValueError) as error:
        recorder.problems.append(_syntax(file, error))
        return []
    module = ModuleType(_MODULE)
    module.__file__ = str(file.resolve())
    with _surroundings(file.resolve().parent, module):
        try:
            exec(code, module.__dict__)  # nosec B102 - a spec is a program of its author
        except KeyboardInterrupt:
            raise
        except BaseException as error:  # also SystemExit, and what a library derives from BaseException
            recorder.problems.append(_failure(file, error))
            return []
    return list(dict.fromkeys(value for value in vars(module).values() if isinstance(value, Spec)))


def _read(file: Path, recorder: Recorder) -> bytes | None:
    try:
        return file.read_bytes()
    except OSError as error:
        if file.is_dir():
            remedy = "name the Python file with the spec inside it"
        else:
            remedy = near_miss(file.name, _neighbours(file)) or "check the path; `promspec init` writes a first spec"
        reason = "is a directory" if file.is_dir() else (error.strerror or "cannot be read").lower()
        place = Place(str(file.resolve()))
        recorder.problems.append(Problem("load/no-file", Level.ERROR, f"cannot read the spec: {reason}", place, remedy))
        return None


def _neighbours(file: Path) -> list[str]:
    with contextlib.suppress(OSError):
        return sorted(item.name for item in file.parent.glob("*.py"))
    return []


@contextlib.contextmanager
def _surroundings(folder: Path, module: ModuleType) -> Iterator[None]:
    """The spec's folder importable, its prints on stderr, no bytecode written; all put back afterwards.

    Also put back is what would move or change the output: the working directory, decimal's context.
    """
    modules, path, bytecode = dict(sys.modules), list(sys.path), sys.dont_write_bytecode
    deepest, here = sys.getrecursionlimit(), os.getcwd()
    sys.path.insert(0, str(folder))
    sys.dont_write_bytecode = True
    sys.modules[_MODULE] = module
    try:
        with contextlib.redirect_stdout(sys.stderr), decimal.localcontext():
            yield
    finally:
        os.chdir(here)
        sys.setrecursionlimit(deepest)
        sys.path[:], sys.dont_write_bytecode = path, bytecode
        for name in [name for name in sys.modules if name not in modules]:
            loaded_from = getattr(sys.modules[name], "__file__", None) or ""
            if name == _MODULE or loaded_from.startswith(str(folder)):
                del sys.modules[name]


def _syntax(file: Path, error: SyntaxError | ValueError) -> Problem:
    if not isinstance(error, SyntaxError):
        return Problem(
            "load/syntax", Level.ERROR, f"not Python text: {error}", Place(str(file.resolve())), "save it as UTF-8"
        )
    place = Place(error.filename or str(file.resolve()), error.lineno or 0, error.offset or 0, 1)
    if place.file.startswith("<"):  # what eval() or exec() was given
        place = _raised_at(file, error)
    return Problem("load/syntax", Level.ERROR, f"syntax error: {error.msg}", place, "mend the Python of this line")


def _failure(file: Path, error: BaseException) -> Problem:
    """What the spec itself raised, at the deepest line that its author wrote."""
    if isinstance(error, SyntaxError):
        return _syntax(file, error)
    place = _raised_at(file, error)
    if isinstance(error, ImportError):
        wanted = error.name or ""
        told = re.sub(r" \([^()]*\)$", "", str(error))  # without the path of the module on this machine
        remedy = "modules beside the spec are imported by their plain names: write import x, not from . import x"
        if wanted:
            remedy = f"install the package that has {wanted}, or put the module beside the spec"
        if wanted.startswith("promspec"):
            import promspec

            missing = str(error).split("'")[1] if "cannot import name" in str(error) else ""
            remedy = near_miss(missing, promspec.__all__) or "`promspec --help` and the docs list the vocabulary"
        return Problem("load/import", Level.ERROR, f"cannot import: {told}", place, remedy)
    if isinstance(error, SystemExit):
        return Problem("load/exit", Level.ERROR, "the spec ends the program", place, "remove the call of exit()")
    said = _said(error)
    text = f"{type(error).__name__}: {said}" if said else type(error).__name__
    if isinstance(error, AttributeError) and said == error.name:  # as an Enum says it
        text = f"{getattr(error.obj, '__name__', type(error.obj).__name__)} has no {error.name}"
    return Problem("load/failed", Level.ERROR, f"the spec fails: {text}", place, _hint(error))


def _said(error: BaseException) -> str:
    """The error's message in one line; an error of the user's own may fail to give one."""
    try:
        return " ".join(str(error).split())
    except Exception:
        return ""


def _hint(error: BaseException) -> str:
    if isinstance(error, NameError) and error.name:
        import promspec

        if error.name in promspec.__all__:
            return f"import it: from promspec import {error.name}"
        return near_miss(error.name, _names_at(error)) or f"define {error.name} above this line"
    if isinstance(error, AttributeError) and error.name:
        known = [name for name in dir(error.obj) if not name.startswith("_")]
        return near_miss(error.name, known) or "mend the Python of this line"
    return "mend the Python of this line"


def _names_at(error: BaseException) -> list[str]:
    """The names that were known where the error was raised."""
    frames = [frame for frame, _ in traceback.walk_tb(error.__traceback__)]
    return [name for name in (*frames[-1].f_locals, *frames[-1].f_globals) if not name.startswith("__")]


def _raised_at(file: Path, error: BaseException) -> Place:
    resolved, last = str(file.resolve()), Place(str(file.resolve()))
    for frame in traceback.extract_tb(error.__traceback__):
        library = frame.filename.startswith((_HOME, "<")) or "site-packages" in frame.filename
        if frame.filename == resolved or not (library or frame.filename.startswith(sys.base_prefix)):
            last = Place(frame.filename, frame.lineno or 0)
    return last


def _not_one(file: Path, specs: list[Spec]) -> Problem:
    if not specs:
        return Problem(
            "load/no-spec",
            Level.ERROR,
            "the file declares no Spec",
            Place(str(file.resolve())),
            'end it with: spec = Spec("my_service", owner="my-team", metrics=[…])',
        )
    if len(specs) == 1:
        text = f"the Spec {specs[0].name!r} has no name of its own in the file"
        return Problem("load/no-spec", Level.ERROR, text, specs[0].place, "write spec = Spec(…), outside any list")
    names = " and ".join(repr(spec.name) for spec in specs)
    place = specs[1].place
    return Problem(
        "load/two-specs", Level.ERROR, f"the file declares {len(specs)} specs, {names}", place, "keep one Spec per file"
    )
