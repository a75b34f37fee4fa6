"""What every word of a spec shares: frozen pydantic models that know where they were written."""

from __future__ import annotations

import sys
from collections.abc import Iterator, KeysView, Mapping, Sequence, ValuesView
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import KW_ONLY, dataclass, replace
from functools import lru_cache
from inspect import CO_OPTIMIZED
from pathlib import Path
from types import CodeType, FrameType
from typing import TYPE_CHECKING, Any, dataclass_transform

import pydantic
from pydantic import BaseModel, ConfigDict, Field, GetCoreSchemaHandler, ValidationError
from pydantic_core import CoreSchema, PydanticUndefined, core_schema

from promspec.problems import Level, Place, Problem
from promspec.vocabulary.complaints import complaints
from promspec.vocabulary.texts import Unwritable, check_characters

_HOME = str(Path(__file__).resolve().parent.parent)
_NAMED = {"<lambda>": "a lambda"}
_COMPREHENSIONS = ("<listcomp>", "<genexpr>", "<dictcomp>", "<setcomp>")
_NOT_THE_AUTHORS = (_HOME, str(Path(pydantic.__file__).resolve().parent), "<frozen")


class Recorder:
    """What is gathered while a spec file runs: the declarations in order, and what was wrong with them."""

    def __init__(self) -> None:
        self.declarations: list[Any] = []
        self.problems: list[Problem] = []


_recorder: ContextVar[Recorder | None] = ContextVar("promspec_recorder", default=None)


@contextmanager
def recording() -> Iterator[Recorder]:
    """While this is open an invalid declaration is noted and the spec goes on, so that all mistakes show at once."""
    recorder = Recorder()
    token = _recorder.set(recorder)
    try:
        yield recorder
    finally:
        _recorder.reset(token)


def report(problem: Problem) -> bool:
    """Note a problem if a spec is being loaded; otherwise say False, so that the caller can raise."""
    recorder = _recorder.get()
    if recorder is not None:
        recorder.problems.append(problem)
    return recorder is not None


def note(declaration: object) -> None:
    """Remember a declaration of the spec that is being loaded, so that one that no `Spec` holds can be reported."""
    recorder = _recorder.get()
    if recorder is not None:
        recorder.declarations.append(declaration)


@lru_cache(maxsize=512)
def _positions(code: CodeType) -> tuple[tuple[int | None, int | None, int | None, int | None], ...]:
    return tuple(code.co_positions())


def caller() -> Place:
    """Where the spec's author wrote what is being built: the innermost frame outside promspec and pydantic.

    In a function of the author's that is the same for all it makes: the place is then where the spec calls the
    function, and the line inside is related to it.
    """
    frame = sys._getframe(1)
    while frame.f_back is not None and frame.f_code.co_filename.startswith(_NOT_THE_AUTHORS):
        frame = frame.f_back
    called, functions = _called(frame) if _recorder.get() is not None else (frame, [])
    if not functions:
        return _place(called)
    inside: Place | None = None
    for function in reversed(functions):  # the outer functions too: what is wrong may stand in any of them
        inside = replace(_place(function), related=inside)
    named = [function.f_code.co_name for function in functions if function.f_code.co_name not in _COMPREHENSIONS]
    return replace(_place(called), related=inside, relation=f"in {_NAMED.get(named[0], named[0])},")


def _called(frame: FrameType) -> tuple[FrameType, list[FrameType]]:
    """The frame of the spec's own lines that called functions of the author's, and their frames, innermost first."""
    functions: list[FrameType] = []
    at: FrameType | None = frame
    while at is not None and at.f_code.co_flags & CO_OPTIMIZED:  # the body of a module or of a class is no function
        functions.append(at)
        at = at.f_back
    if at is None or at.f_code.co_filename.startswith(_NOT_THE_AUTHORS):
        return frame, []
    while functions and functions[-1].f_code.co_name in _COMPREHENSIONS:  # its lines are the spec's own
        at = functions.pop()
    return at, functions


def _place(frame: FrameType) -> Place:
    line, end, column, _ = _positions(frame.f_code)[frame.f_lasti // 2]
    start = line or frame.f_lineno
    return Place(frame.f_code.co_filename, start, (column or 0) + 1, 0, end or start)


if TYPE_CHECKING:
    # A type checker sees a dataclass, so that positional and keyword arguments are checked. It runs as pydantic.
    @dataclass_transform(frozen_default=True, field_specifiers=(Field,))
    class _Model:
        pass

else:

    class _Model(BaseModel):
        model_config = ConfigDict(frozen=True, extra="forbid", arbitrary_types_allowed=True, strict=True)


@dataclass(frozen=True, slots=True)
class Until:
    """A reason that holds up to and including a day; see `until`."""

    day: str
    reason: str

    def __str__(self) -> str:
        return self.reason


class Declaration(_Model):
    """A word of the spec.

    `allow` maps the ID of a problem to the reason why it is accepted here: `allow={"metric/base-unit": "kept for X"}`,
    perhaps with a date: `allow={"metric/base-unit": until("2027-01-31", "kept for X")}`.
    Fields before the keyword-only mark can be given by position. Two declarations are equal only if they are the same.
    """

    _: KW_ONLY
    allow: Mapping[str, str | Until] = Field(default_factory=dict)

    if not TYPE_CHECKING:

        def __init__(self, *args: Any, **fields: Any) -> None:
            place = caller()
            named, extra = _by_name(type(self), args, fields)
            try:
                if extra:
                    raise TypeError
                check_characters(named)
                super().__init__(**named)
                broken = False
            except Exception as error:
                found = _complaints(type(self), error, named, extra, place)
                if _recorder.get() is None:
                    raise SpecValueError(found) from None
                for problem in found:
                    report(problem)
                _fill(self, named)
                broken = True
            object.__setattr__(self, "_written", (place, broken))
            note(self)

        @classmethod
        def __get_pydantic_core_schema__(cls, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
            """As an argument of another word it is taken as it is: it was validated where it was written."""
            built = isinstance(cls.__dict__.get("__pydantic_core_schema__"), dict)
            return core_schema.is_instance_schema(cls) if built else handler(source)

        def __setattr__(self, name: str, value: object) -> None:
            raise ValueError(f"{self!r} is frozen and cannot be changed: give {name}=… where it is declared")

        def model_copy(self, *, update: Mapping[str, Any] | None = None, deep: bool = False) -> Any:
            given = {name: getattr(self, name) for name in self.model_fields_set}
            return type(self)(**{**given, **(update or {})})

        @classmethod
        def model_construct(cls, _fields_set: set[str] | None = None, **values: Any) -> Any:
            return cls(**values)

        def __eq__(self, other: object) -> bool:
            return self is other

        def __hash__(self) -> int:
            return object.__hash__(self)

    def __str__(self) -> str:
        return str(getattr(self, "name", ""))

    def __repr__(self) -> str:
        return f"{type(self).__name__}({str(getattr(self, 'name', ''))!r})"

    @property
    def place(self) -> Place:
        """Where it was written."""
        written: tuple[Place, bool] = object.__getattribute__(self, "_written")
        return written[0]

    @property
    def broken(self) -> bool:
        """Whether its own validation failed; such a declaration was reported and is only kept to go on."""
        written: tuple[Place, bool] = object.__getattribute__(self, "_written")
        return written[1]


class SpecValueError(ValueError):
    """An invalid declaration made outside a spec that is being loaded, such as in a shell or a test."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        super().__init__("\n".join(f"{problem.summary}; {problem.remedy} [{problem.id}]" for problem in problems))
        self.problems = tuple(problems)


@lru_cache(maxsize=256)
def positional(word: type) -> tuple[str, ...]:
    """The fields of a word that may be given by position, in order."""
    names: dict[str, None] = {}
    for base in reversed(word.__mro__):
        own = getattr(base, "__annotations__", {}) if issubclass(base, Declaration) else {}
        for name in own:
            if name == "_":
                break
            if name in word.model_fields:  # type: ignore[attr-defined]
                names[name] = None
    return tuple(names)


def _complaints(
    word: type, error: Exception, named: dict[str, Any], extra: tuple[Any, ...], place: Place
) -> list[Problem]:
    """What is wrong with a declaration; nothing if its validation stumbled over a part that is broken itself."""
    if isinstance(error, Unwritable):
        name = str(named.get("name", named.get("title", ""))).encode("ascii", "backslashreplace").decode()
        remedy = "leave it out: files, terminals and metrics cannot carry it"
        return [Problem("value/characters", Level.ERROR, f"{word.__name__}: {error}", place, remedy, name)]
    if isinstance(error, ValidationError) or extra:
        return complaints(word, error, named, extra, place)
    if any(_holds_broken(value) for value in named.values()):
        return []
    raise error


def _holds_broken(value: object) -> bool:
    if isinstance(value, Declaration):
        return value.broken or any(_holds_broken(part) for part in vars(value).values())
    if isinstance(value, Mapping):
        return any(_holds_broken(part) for part in value.values())
    return isinstance(value, (list, tuple)) and any(_holds_broken(part) for part in value)


def _listed(value: Any) -> Any:
    """What can be read only once, such as a generator, as a tuple."""
    return tuple(value) if isinstance(value, (Iterator, ValuesView, KeysView)) else value


def _by_name(word: type, args: tuple[Any, ...], fields: dict[str, Any]) -> tuple[dict[str, Any], tuple[Any, ...]]:
    names = positional(word)
    named = dict(zip(names, args, strict=False))
    doubled = tuple(name for name in named if name in fields)
    return {name: _listed(value) for name, value in {**named, **fields}.items()}, args[len(names) :] + doubled


def _fill(declaration: Any, given: dict[str, Any]) -> None:
    """Give a broken declaration what was written and the defaults, so that the rest of the spec can be read."""
    values: dict[str, Any] = {}
    for name, field in type(declaration).model_fields.items():
        default = field.get_default(call_default_factory=True)
        values[name] = given.get(name, "" if default is PydanticUndefined else default)
    object.__setattr__(declaration, "__dict__", values)
    object.__setattr__(declaration, "__pydantic_fields_set__", set(given))
    object.__setattr__(declaration, "__pydantic_extra__", None)
    object.__setattr__(declaration, "__pydantic_private__", None)


def problem(declaration: Declaration, id: str, summary: str, remedy: str, level: Level = Level.ERROR) -> Problem:
    """A problem at the place of a declaration."""
    return Problem(id, level, summary, declaration.place, remedy, str(getattr(declaration, "name", "")))
