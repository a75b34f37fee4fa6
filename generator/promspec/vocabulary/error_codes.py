"""`ErrorCodes` and `Code`: the error taxonomy, one set of words for metrics, code, alerts and runbooks."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import KW_ONLY
from typing import Annotated, Any, ClassVar

from pydantic import AfterValidator, BeforeValidator, Field

from promspec.problems import Level, Place, Problem, near_miss, one_of
from promspec.vocabulary.base import Declaration, SpecValueError, Until, caller, note, report
from promspec.vocabulary.labels import Label
from promspec.vocabulary.runbooks import Runbook
from promspec.vocabulary.severity import Severity, Urgency
from promspec.vocabulary.texts import wrong

_DOTTED = re.compile(r"[A-Za-z_]\w*(\.[A-Za-z_]\w*)+")


def _value(text: str) -> str:
    if not re.fullmatch(r"[a-z][a-z0-9_]*", text):
        raise wrong("code/value", f"{text!r} is not a code in snake_case", f"write {_snake(text)!r}")
    return text


def _snake(text: str) -> str:
    found = re.sub(r"[^a-z0-9]+", "_", text.lower()).strip("_") or "internal_error"
    return f"code_{found}" if found[0].isdigit() else found


def _dotted(name: str) -> str:
    if not _DOTTED.fullmatch(name):
        raise wrong(
            "code/exception",
            f"{name!r} is not a dotted name of an exception",
            f'write its module too, such as "builtins.{re.sub(r"[^A-Za-z0-9_]", "", name) or "ValueError"}"',
        )
    return name


def _pattern(text: str | None) -> str | None:
    if text is not None:
        try:
            re.compile(text)
        except re.error as error:
            raise wrong("code/message-pattern", f"{text!r} is no regular expression: {error}", "mend it") from None
    return text


class ExceptionMatch(Declaration):
    """An exception class that maps to a code, perhaps only some of its instances.

    `exception` is a dotted name, resolved when the module is loaded, never imported for this. `message` is a regular
    expression searched in the text, `attributes` are values the instance must have, `stage` the stage it is raised in.
    A match with conditions wins over one without, on the same class.

    >>> ExceptionMatch("builtins.ValueError", message="pars").exception
    'builtins.ValueError'
    """

    exception: Annotated[str, AfterValidator(_dotted)]
    _: KW_ONLY
    message: Annotated[str | None, AfterValidator(_pattern)] = None
    attributes: Mapping[str, str | int | bool] = Field(default_factory=dict)
    stage: str | None = None


def _matches(given: object) -> object:
    if isinstance(given, (list, tuple)):
        return tuple(ExceptionMatch(item) if isinstance(item, str) else item for item in given)
    return given


class Code(Declaration):
    """One thing that can go wrong.

    `value` is the label value, in lower case. `action` says what its owner does about it. `exceptions` are dotted
    names, or `ExceptionMatch` where only some instances count. `spends_budget=False` keeps it out of the error budget
    (a client's fault). Prints as its value.
    """

    value: Annotated[str, AfterValidator(_value)]
    _: KW_ONLY
    severity: Urgency = Severity.WARNING
    action: str = ""
    help: str = ""
    exceptions: Annotated[Sequence[str | ExceptionMatch], BeforeValidator(_matches)] = ()
    spends_budget: bool = True
    runbook: Runbook | None = None

    def __str__(self) -> str:
        return str(self.value)

    def __format__(self, spec: str) -> str:
        return format(str(self.value), spec)

    @property
    def name(self) -> str:
        """The value, as other declarations have a name."""
        return str(self.value)

    @property
    def matches(self) -> tuple[ExceptionMatch, ...]:
        """The exceptions that map to it."""
        return tuple(item for item in self.exceptions if isinstance(item, ExceptionMatch))


class ErrorCodes:
    """The error taxonomy of a system: a class whose members are `Code`.

    `label_name` names the label that carries a code. `fallback` is the member for every exception that no code maps;
    by default `INTERNAL_ERROR` if there is one, else the last.

    >>> class ErrorCode(ErrorCodes):
    ...     TIMEOUT = Code("timeout", exceptions=["builtins.TimeoutError"])
    >>> ErrorCode.label.values
    ('timeout',)
    """

    codes: ClassVar[Mapping[str, Code]] = {}
    """Member name -> code, in order of declaration."""
    label: ClassVar[Label]
    fallback: ClassVar[Code]
    place: ClassVar[Place]
    broken: ClassVar[bool] = False
    has_fallback: ClassVar[bool] = False
    allow: ClassVar[Mapping[str, str | Until]] = {}

    def __init_subclass__(cls, label_name: str = "code", fallback: str = "INTERNAL_ERROR", **kwargs: Any) -> None:
        super().__init_subclass__()
        cls.place = caller()
        inherited = {name: code for base in cls.__mro__[:0:-1] for name, code in getattr(base, "codes", {}).items()}
        cls.codes = {**inherited, **{name: value for name, value in vars(cls).items() if isinstance(value, Code)}}
        cls.broken = any(code.broken for code in cls.codes.values())
        cls.has_fallback = fallback in cls.codes
        wrong = cls._wrong() or cls._wrong_arguments(fallback, kwargs)
        if wrong is not None:
            cls.broken = True
            if not report(wrong):
                raise SpecValueError([wrong])
        values = list(dict.fromkeys(code.value for code in cls.codes.values())) or ["internal_error"]
        cls.label = Label(label_name, "What went wrong.", values=values)
        if cls.codes:
            cls.fallback = cls.codes.get(fallback, list(cls.codes.values())[-1])
        note(cls)

    @classmethod
    def _wrong_arguments(cls, fallback: str, surplus: Mapping[str, Any]) -> Problem | None:
        for name in surplus:
            text = f"{cls.__name__} has no argument {name!r}"
            remedy = near_miss(name, ("label_name", "fallback")) or "it takes label_name and fallback"
            return Problem("spec/unknown-argument", Level.ERROR, text, cls.place, remedy, cls.__name__)
        if fallback not in (*cls.codes, "INTERNAL_ERROR"):
            text = f"{cls.__name__}: the fallback {fallback!r} is no member"
            remedy = near_miss(fallback, cls.codes) or f"the members are {one_of(cls.codes)}"
            return Problem("error-codes/fallback", Level.ERROR, text, cls.place, remedy, cls.__name__)
        return None

    @classmethod
    def _wrong(cls) -> Problem | None:
        strange = next(
            (name for name, value in vars(cls).items() if name.isupper() and not isinstance(value, Code)), None
        )
        if strange is not None:
            text, remedy = f"{cls.__name__}: {strange} is no Code", f'write {strange} = Code("{strange.lower()}", …)'
            return Problem("error-codes/not-a-code", Level.ERROR, text, cls.place, remedy, cls.__name__)
        if not cls.codes:
            text = f"{cls.__name__} has no code"
            return Problem(
                "error-codes/empty", Level.ERROR, text, cls.place, 'write NAME = Code("name", …)', cls.__name__
            )
        values = [code.value for code in cls.codes.values()]
        doubled = next((value for index, value in enumerate(values) if value in values[:index]), None)
        if doubled is not None:
            text = f"{cls.__name__}: two members have the value {doubled!r}"
            return Problem(
                "error-codes/duplicate", Level.ERROR, text, cls.place, "give each code its own value", cls.__name__
            )
        return None
