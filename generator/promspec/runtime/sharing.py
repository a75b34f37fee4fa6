"""How several generated packages, or one that is imported under two names, live in one registry."""

from __future__ import annotations

from typing import Any, TypeVar

from prometheus_client.registry import Collector, CollectorRegistry

from . import locks

S = TypeVar("S", bound=Collector)

_ATTRIBUTE = "_promspec_families"


def shared(registry: CollectorRegistry, storage: S) -> tuple[S, bool]:
    """The storage to use in place of `storage`, and whether the registry exposes it.

    A storage that another package (or an earlier import of the same one) registered with the same signature is used
    together. If the name is taken by something else, the storage stays out of the registry: the service starts and its
    calls work, but the family is not exposed, which the caller counts.
    """
    with locks.creating:
        families: dict[str, Any] = vars(registry).setdefault(_ATTRIBUTE, {})
        name = str(getattr(storage, "name", ""))
        known = families.get(name)
        if known is not None and known.signature == getattr(storage, "signature", None):
            _registered(registry, known)  # Again, if a test emptied the registry meanwhile.
            return known, True
        if _registered(registry, storage):
            families[name] = storage
            return storage, True
        return storage, False


def _registered(registry: CollectorRegistry, storage: Collector) -> bool:
    try:
        registry.register(storage)
    except ValueError:
        return False
    return True
