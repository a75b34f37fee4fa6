"""What of a wanted structure is not so in a found one; what the other side adds of its own is fine."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from promspec.fetching.words import plain
from promspec.quantities import milliseconds

_HIDDEN = "<secret>"
_UNORDERED = ("matchers", "source_matchers", "target_matchers", "equal", "group_by")
_NAMED = ("receivers",)


def differences(wanted: Any, found: Any, path: str = "") -> Iterator[str]:
    """Where a structure differs, each as one sentence with the path; a secret that is hidden is taken for right."""
    if isinstance(wanted, dict) and isinstance(found, dict):
        for key, value in wanted.items():
            inner = f"{path}.{key}" if path else key
            if key not in found and value in (None, [], {}, ""):
                continue
            if key not in found:
                yield f"{inner} is not there"
            elif key in _NAMED:
                yield from _by_name(value, found[key], inner)
            elif key in _UNORDERED:
                yield from differences(sorted(map(str, value)), _sorted(found[key]), inner)
            else:
                yield from differences(value, found[key], inner)
    elif isinstance(wanted, list) and isinstance(found, list):
        if len(wanted) != len(found):
            yield f"{path} has {len(found)} entries, not {len(wanted)}"
        for number, (one, other) in enumerate(zip(wanted, found, strict=False)):
            yield from differences(one, other, f"{path}[{number}]")
    elif not _same(wanted, found):
        yield f"{path} is {_shown(found)}, not {_shown(wanted)}"


def _by_name(wanted: list[dict[str, Any]], found: Any, path: str) -> Iterator[str]:
    there = {each.get("name"): each for each in found if isinstance(each, dict)} if isinstance(found, list) else {}
    for each in wanted:
        name = each["name"]
        if name not in there:
            yield f"{path} has no {name}"
        else:
            yield from differences(each, there[name], f"{path}[{name}]")


def _sorted(found: Any) -> Any:
    return sorted(map(str, found)) if isinstance(found, list) else found


def _same(wanted: Any, found: Any) -> bool:
    if wanted == found or found == _HIDDEN:
        return True
    if isinstance(wanted, str) and isinstance(found, str):
        one, other = _duration(wanted), _duration(found)
        return one is not None and one == other
    return False


def _duration(text: str) -> int | None:
    try:
        return milliseconds(text)
    except ValueError:
        return None


def _shown(value: Any) -> str:
    return plain(json.dumps(value, ensure_ascii=False, default=str), 80)
