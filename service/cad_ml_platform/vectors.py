"""Feature vectors by id: a bounded store, an index over it that ages, and migration between feature versions."""

from __future__ import annotations

import math
import time
from dataclasses import dataclass
from typing import Literal

from output.cad_ml_platform.instrumentation import metrics
from service.cad_ml_platform.cache import Cache
from service.cad_ml_platform.limits import Clock

Migrated = Literal["migrated", "dry_run", "downgraded", "error", "not_found", "skipped"]
DIMENSIONS = {"v1": 4, "v2": 6, "v3": 8, "v4": 10}
"""Components by feature version; each version extends the one before, so that a prefix is the older vector."""
MAX_DIMENSION = 4096


@dataclass(frozen=True, slots=True)
class Vector:
    """Numbers that describe a drawing; `version` is None for vectors that do not come from feature extraction."""

    values: tuple[float, ...]
    version: str | None = None


def cosine(left: tuple[float, ...], right: tuple[float, ...]) -> float:
    """The cosine of two vectors of one length, -1 to 1; 0 where one is all zeros.

    >>> cosine((1.0, 0.0), (2.0, 0.0))
    1.0
    """
    lengths = math.hypot(*left) * math.hypot(*right)
    if not lengths or not math.isfinite(lengths):
        return 0.0
    return max(-1.0, min(1.0, math.fsum(a * b for a, b in zip(left, right, strict=True)) / lengths))


class VectorStore:
    """Vectors by id, the least recently used leaving first."""

    def __init__(self, size: int) -> None:
        self._vectors: Cache[str, Vector] = Cache(size)
        self.changes = 0

    def __len__(self) -> int:
        return len(self._vectors)

    def put(self, identity: str, vector: Vector) -> None:
        """Keep or replace a vector."""
        self._vectors.put(identity, vector)
        self.changes += 1

    def get(self, identity: str) -> Vector | None:
        """The vector, if it is kept."""
        return self._vectors.get(identity)

    def snapshot(self) -> dict[str, Vector]:
        """All vectors, as they are now."""
        return dict(self._vectors.items())

    def migrate(self, identity: str, version: str, dry_run: bool) -> Migrated:
        """Bring one vector to another feature version: longer ones are filled with zeros, shorter ones cut."""
        status = self._migrate(identity, version, dry_run)
        metrics.vector_migrate_total.inc(status=status)
        return status

    def _migrate(self, identity: str, version: str, dry_run: bool) -> Migrated:
        vector = self.get(identity)
        if vector is None:
            return "not_found"
        if vector.version is None:
            return "error"
        delta = DIMENSIONS[version] - len(vector.values)
        if delta == 0:
            return "skipped"
        metrics.vector_migrate_dimension_delta.observe(delta)
        if dry_run:
            return "dry_run"
        self.put(identity, Vector((*vector.values, *(0.0,) * delta)[: DIMENSIONS[version]], version))
        return "downgraded" if delta < 0 else "migrated"


class Index:
    """A snapshot of the store that searches read; it goes stale as the store changes, until it is built anew."""

    def __init__(self, store: VectorStore, clock: Clock = time.monotonic) -> None:
        self._store = store
        self._clock = clock
        self._snapshot: dict[str, Vector] | None = {}
        self._built_at = clock()
        self._built_from = 0

    @property
    def age(self) -> float:
        """Seconds since it was built."""
        return self._clock() - self._built_at

    @property
    def stale_changes(self) -> int:
        """How many changes of the store it has not seen."""
        return self._store.changes - self._built_from

    def build(self) -> int:
        """Build it anew; gives how many vectors it holds."""
        self._snapshot = self._store.snapshot()
        self._built_at = self._clock()
        self._built_from = self._store.changes
        return len(self._snapshot)

    def lose(self) -> None:
        """Forget the snapshot, as a crashed index would: the next search is degraded and recovers it."""
        self._snapshot = None

    def search(self, wanted: tuple[float, ...], count: int) -> tuple[list[tuple[str, float]], bool]:
        """The nearest vectors with their cosines, and whether the search was degraded to a scan of the store."""
        degraded = self._snapshot is None
        if degraded:
            metrics.similarity_degraded_total.inc(event="degraded")
        vectors = self._store.snapshot() if self._snapshot is None else self._snapshot
        scored = [(name, cosine(wanted, v.values)) for name, v in vectors.items() if len(v.values) == len(wanted)]
        if degraded:
            self._recover()
        return sorted(scored, key=lambda pair: -pair[1])[:count], degraded

    def _recover(self) -> None:
        try:
            self.build()
        except MemoryError:
            metrics.faiss_recovery_attempts_total.inc(result="error")
            return
        metrics.faiss_recovery_attempts_total.inc(result="success")
        metrics.similarity_degraded_total.inc(event="restored")
