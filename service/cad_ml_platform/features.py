"""Numbers that describe a drawing, computed from its bytes; cached by digest and version."""

from __future__ import annotations

import asyncio
import math
from collections import Counter
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

from output.cad_ml_platform.instrumentation import metrics
from service.cad_ml_platform.cache import Cache
from service.cad_ml_platform.images import Image
from service.cad_ml_platform.vectors import DIMENSIONS, Vector

Version = Literal["v1", "v2", "v3", "v4"]
_SAMPLE = 128 * 1024
_BLOCK = 64
_STEP = 24


@dataclass(frozen=True, slots=True)
class Features:
    """A drawing's features. `entropy` is 0-1: 1 is noise."""

    vector: Vector
    surfaces: int
    entropy: float


def entropy(data: bytes) -> float:
    """Shannon's entropy of the bytes, divided by its maximum of 8 bits.

    >>> entropy(b"aaaa"), entropy(bytes(range(256)))
    (0.0, 1.0)
    """
    total = len(data)
    return abs(-math.fsum(n / total * math.log2(n / total) for n in Counter(data).values()) / 8) if total else 0.0


def surfaces(data: bytes) -> int:
    """How many even areas the bytes fall into: runs of blocks whose means are alike. A cheap stand-in for geometry."""
    means = [sum(block) / len(block) for at in range(0, len(data), _BLOCK) if (block := data[at : at + _BLOCK])]
    return sum(abs(a - b) > _STEP for a, b in pairwise(means)) + bool(means)


def extract(image: Image, version: Version) -> Features:
    """The features of a drawing; at most the first 128 KiB are looked at."""
    with metrics.feature_extraction_latency_seconds.time(version=version):
        data = image.data[:_SAMPLE]
        count, disorder = surfaces(data), entropy(data)
        size = math.log1p(len(image.data))
        quarters = [entropy(data[at * len(data) // 4 : (at + 1) * len(data) // 4]) for at in range(4)]
        shape = image.width / image.height if image.height else 0.0
        numbers = (size, shape, float(image.width), float(image.height), *quarters, float(count), disorder)
    if version == "v4":
        metrics.v4_surface_count.observe(count)
        metrics.v4_shape_entropy.observe(disorder)
    return Features(Vector(numbers[: DIMENSIONS[version]], version), count, disorder)


class FeatureCache:
    """Features by digest and version, and advice on how large the cache should be."""

    def __init__(self, size: int, ttl: float) -> None:
        self._cache: Cache[tuple[str, str], Features] = Cache(size, ttl)

    async def get(self, image: Image, version: Version) -> Features:
        """The features, from the cache or computed now, off the event loop."""
        with metrics.feature_cache_lookup_seconds.time():
            found = self._cache.get((image.digest, version))
        if found is not None:
            metrics.feature_cache_hits_total.inc()
            return found
        metrics.feature_cache_miss_total.inc()
        features = await asyncio.to_thread(extract, image, version)
        for _ in range(self._cache.put((image.digest, version), features)):
            metrics.feature_cache_evictions_total.inc()
        metrics.feature_cache_size.set(len(self._cache))
        return features

    def advise(self) -> dict[str, float]:
        """A better capacity and life time: larger when misses come with evictions, smaller when half is empty."""
        cache, capacity = self._cache, self._cache.size
        if cache.evictions and cache.hit_ratio < 0.5:
            capacity *= 2
        elif len(cache) < capacity // 2:
            capacity = max(16, len(cache) * 2)
        ttl = float(cache.ttl or 0) * (1.0 if cache.hit_ratio < 0.8 else 2.0)
        metrics.feature_cache_tuning_recommended_capacity.set(capacity)
        metrics.feature_cache_tuning_recommended_ttl_seconds.set(ttl)
        metrics.feature_cache_tuning_requests_total.inc(status="success")
        return {"capacity": capacity, "ttl_seconds": ttl, "hit_ratio": round(cache.hit_ratio, 4), "size": len(cache)}
