"""`Namespace`: gives every declaration a Python name of its own, the same one in every run."""

from __future__ import annotations

import keyword
from collections.abc import Iterable

from promspec.naming import camel, identifier, words
from promspec.vocabulary.labels import Label

# Parameters of the generated methods, and the words they use: a label of such a name gets an underscore.
_ARGUMENTS = ("self", "amount", "value", "callback", "exemplar", "pending", "next", "len", "float", "Exception")
_SUFFIXES = ("_bucket", "_count", "_sum", "_total", "_info", "_seconds", "_bytes", "_ratio")


class Namespace:
    """Names that are taken. Who asks first gets the name he wishes; the next one `name_`, then `name_2`."""

    def __init__(self, taken: Iterable[str] = ()) -> None:
        self._taken = set(taken)

    def take(self, wish: str) -> str:
        """The wished name, or the next free one."""
        name = identifier(wish)
        candidates = (name, f"{name.rstrip('_')}_")
        found = next((candidate for candidate in candidates if candidate not in self._taken), "")
        number = 2
        while not found:
            numbered = f"{name.rstrip('_')}_{number}"
            found = numbered if numbered not in self._taken else ""
            number += 1
        self._taken.add(found)
        return found


def parameters(labels: Iterable[str]) -> dict[str, str]:
    """Label name -> parameter name, the same in every method: `class` is `class_`."""
    names = list(labels)
    free = [name for name in names if not keyword.iskeyword(name) and name not in _ARGUMENTS]
    space = Namespace([*free, *_ARGUMENTS])
    return {name: name if name in free else space.take(f"{name}_") for name in names}


def alias_wishes(label: Label, metrics: Iterable[str]) -> tuple[str, str]:
    """What the type of a label's values may be called: `Provider`, else what its metrics share: `VisionProvider`."""
    plain = camel(label.name)
    split = [words(_without_suffix(name)) for name in metrics]
    common: list[str] = []
    for column in zip(*split, strict=False):
        if len(set(column)) > 1:
            break
        common.append(column[0])
    return plain, camel("_".join([*(common or split[0]), *words(label.name)]))


def _without_suffix(metric: str) -> str:
    for suffix in _SUFFIXES:
        metric = metric.removesuffix(suffix)
    return metric
