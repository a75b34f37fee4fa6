"""The store of analysis results: bounded, in memory, cleaned up by age."""

from __future__ import annotations

import time
from collections.abc import Mapping

from output.cad_ml_platform.instrumentation import metrics
from service.cad_ml_platform.cache import Cache
from service.cad_ml_platform.limits import Clock


class ResultStore:
    """Documents by id; the least recently used leaves first."""

    def __init__(self, size: int, clock: Clock = time.monotonic) -> None:
        self._documents: Cache[str, tuple[float, Mapping[str, object]]] = Cache(size)
        self._clock = clock
        self._tell()

    def __len__(self) -> int:
        return len(self._documents)

    def put(self, identity: str, document: Mapping[str, object]) -> None:
        """Keep a document."""
        self._documents.put(identity, (self._clock(), document))
        self._tell()

    def get(self, identity: str) -> Mapping[str, object] | None:
        """The document, if it is kept."""
        found = self._documents.get(identity)
        return found[1] if found is not None else None

    def clean(self, older_than: float) -> dict[str, int]:
        """Delete what is older, in seconds; gives how many were deleted and kept."""
        deadline = self._clock() - older_than
        counts = {"deleted": 0, "kept": 0}
        for identity, (since, _) in self._documents.items():
            if since <= deadline:
                self._documents.drop(identity)
                counts["deleted"] += 1
                metrics.analysis_result_cleanup_total.inc(status="deleted")
            else:
                counts["kept"] += 1
                metrics.analysis_result_cleanup_total.inc(status="kept")
        self._tell()
        return counts

    def _tell(self) -> None:
        metrics.analysis_result_store_files.set(len(self._documents))
