"""What stands twice: one way to find it, for every kind of thing that must be unique."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Iterator
from typing import TypeVar

_Item = TypeVar("_Item")


def repeated(items: Iterable[_Item], key: Callable[[_Item], Hashable]) -> Iterator[tuple[_Item, _Item]]:
    """Each item whose key an earlier one had already, with the first that had it.

    >>> list(repeated(["a", "b", "A"], str.lower))
    [('A', 'a')]
    """
    first: dict[Hashable, _Item] = {}
    for item in items:
        earlier = first.setdefault(key(item), item)
        if earlier is not item:
            yield item, earlier
