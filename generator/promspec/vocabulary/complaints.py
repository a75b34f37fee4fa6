"""Pydantic's validation errors, told as problems: the word, the field, what is wrong, what to write instead."""

from __future__ import annotations

from typing import Any

from pydantic import ValidationError

from promspec.problems import Level, Place, Problem, near_miss, one_of

_EXPECTED = {
    "string_type": "a text",
    "int_type": "a whole number",
    "int_parsing": "a whole number",
    "float_type": "a number",
    "float_parsing": "a number",
    "decimal_type": "a number",
    "decimal_parsing": "a number",
    "bool_type": "True or False",
    "bool_parsing": "True or False",
    "dict_type": "a mapping",
    "mapping_type": "a mapping",
    "tuple_type": "a list",
    "list_type": "a list",
    "iterable_type": "a list",
    "sequence_str": "a list",
}


def complaints(
    word: type, error: Exception, given: dict[str, Any], extra: tuple[Any, ...], place: Place
) -> list[Problem]:
    """Every complaint about one declaration, in the order of its fields."""
    subject = str(given.get("name", given.get("title", "")) or "")
    if not isinstance(error, ValidationError):
        return [_surplus(word, extra, subject, place)]
    found: dict[tuple[str, str], Problem] = {}
    items = error.errors(include_url=False)
    surplus = [str(item["loc"][0]) for item in items if item["type"] == "extra_forbidden"]
    meant = {near_miss(name, _fields(word)) for name in surplus}
    for item in items:
        if item["type"] == "missing" and f"did you mean {item['loc'][0]}?" in meant:
            continue  # it is there, misspelt
        if getattr(item["input"], "broken", False) is True:
            continue  # what is wrong with a part was said where the part stands
        made = _complaint(word, item, subject, place)
        found.setdefault((str(item["loc"][:1]), made.id), made)
    return list(found.values())


def _surplus(word: type, extra: tuple[Any, ...], subject: str, place: Place) -> Problem:
    return Problem(
        "spec/positional-argument",
        Level.ERROR,
        f"{word.__name__} was given an argument too many by position: {shown(extra[0])}",
        place,
        f"name it: one of {one_of(_fields(word))}, as in {word.__name__}(…, {_fields(word)[-1]}=…)",
        subject,
    )


def _fields(word: type) -> list[str]:
    return [name for name in word.model_fields if name != "allow"] + ["allow"]  # type: ignore[attr-defined]


def _complaint(word: type, item: Any, subject: str, place: Place) -> Problem:
    kind, location = item["type"], item["loc"]
    field = str(location[0]) if location else ""
    called = f"{word.__name__} {subject!r}" if subject else word.__name__
    if kind == "missing":
        return Problem(
            "spec/missing-argument", Level.ERROR, f"{called} has no {field}", place, f"write {field}=…", subject
        )
    if kind == "extra_forbidden":
        remedy = near_miss(field, _fields(word)) or f"it takes {one_of(_fields(word), 20)}"
        return Problem(
            "spec/unknown-argument", Level.ERROR, f"{called} has no argument {field!r}", place, remedy, subject
        )
    if "/" in kind:
        remedy = str(item.get("ctx", {}).get("remedy", ""))
        at = f"{called}: {field}: " if field else f"{called}: "
        return Problem(kind, Level.ERROR, f"{at}{item['msg']}", place, remedy, subject)
    return _wrong_type(called, field, item, subject, place)


def _wrong_type(called: str, field: str, item: Any, subject: str, place: Place) -> Problem:
    expected = _EXPECTED.get(item["type"])
    if expected is None and item["type"] in ("is_instance_of", "model_type", "dataclass_type"):
        context = item.get("ctx", {})
        name = str(context.get("class") or context.get("class_name"))
        known = {"Sequence": "a list", "Decimal": "a number"}
        expected = known.get(name) or f"{'an' if name[0] in 'AEIOU' else 'a'} {name}"
    if expected is None and item["type"] in ("enum", "literal_error"):
        expected = str(item.get("ctx", {}).get("expected", "")).replace("'", "")
    wants = f"{expected}" if expected else item["msg"][:1].lower() + item["msg"][1:]
    return Problem(
        "spec/wrong-type",
        Level.ERROR,
        f"{called}: {field} cannot be {shown(item['input'])}",
        place,
        f"write {wants}" if expected else wants,
        subject,
    )


def shown(value: object) -> str:
    """A value as its author would know it, in at most 60 characters."""
    text = _words(value)
    return text if len(text) <= 60 else text[:57] + "..."


def _words(value: object) -> str:
    """The value as its author would know it: no address in memory, no order that changes from run to run."""
    if isinstance(value, type):
        return f"the class {value.__name__}"
    if isinstance(value, (set, frozenset)):
        return f"a set of {', '.join(sorted(repr(item) for item in value))}" if value else "an empty set"
    if type(value).__repr__ is object.__repr__ or callable(value):
        return f"a {type(value).__name__}"
    return repr(value)
