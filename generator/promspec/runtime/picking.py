"""`Picker`: the label values of a family, out of what a request knows."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from operator import itemgetter
from typing import Any

from .families import Counter, Histogram
from .labels import Closed

Facts = tuple[Any, Any, Any]
"""The outcome, the code and the last stage; None for what is not known."""


class Picker:
    """Picks in the order of the family's labels; what nobody knows has the label's first (or overflow) value.

    `facts` names the labels that a fact gives, and its place in `Facts`; a fact that is not known leaves the label to
    the context. So does, if they `may_differ`, a stage that the label cannot have. Usually it is one call of C.
    """

    def __init__(
        self,
        family: Counter | Histogram | None,
        context: Sequence[str],
        facts: Mapping[str, int],
        may_differ: bool = False,
    ) -> None:
        self.used = family is not None
        names = family.label_names if family is not None else ()
        defaults = family.defaults if family is not None else {}
        self._names = names
        self._facts = {name: place for name, place in facts.items() if name in names}
        self._needed = tuple(self._facts.values())
        self._context = {name: index for index, name in enumerate(context)}
        self._defaults = tuple(defaults[name] for name in names)
        labels = family.labels if family is not None else ()
        closed = [label for label in labels if isinstance(label, Closed) and may_differ]
        self._known = {label.name: frozenset(label.values) for label in closed}
        self._stages = next((self._known.get(name) for name, place in self._facts.items() if place == 2), None)
        # Where each value stands in (*context, *facts, *defaults).
        start = len(context)
        places = [
            start + self._facts[name] if name in self._facts else self._context.get(name, start + 3 + index)
            for index, name in enumerate(names)
        ]
        self._all: Callable[[tuple[Any, ...]], tuple[Any, ...]] = _getter(places)

    def pick(self, context: tuple[Any, ...], facts: Facts) -> tuple[Any, ...]:
        """The values for a request with these context values."""
        for place in self._needed:
            fact = facts[place]
            if fact is None or (place == 2 and self._stages is not None and fact not in self._stages):
                return self._one_by_one(context, facts)
        return self._all((*context, *facts, *self._defaults))

    def _one_by_one(self, context: tuple[Any, ...], facts: Facts) -> tuple[Any, ...]:
        found = []
        for name, default in zip(self._names, self._defaults, strict=True):
            value = facts[self._facts[name]] if name in self._facts else None
            if value is None or (self._facts[name] == 2 and not self._allows(name, value)):
                value = context[self._context[name]] if name in self._context else default
            found.append(value)
        return tuple(found)

    def _allows(self, name: str, value: object) -> bool:
        return name not in self._known or value in self._known[name]


def _getter(places: Sequence[int]) -> Any:
    """An `itemgetter` that gives a tuple, also of one place or of none."""
    if not places:
        return lambda values: ()
    return itemgetter(*places) if len(places) > 1 else itemgetter(slice(places[0], places[0] + 1))
