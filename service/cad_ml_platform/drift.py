"""Drift: how far the mix of what comes in has moved from what it was when the baseline was taken."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable

from service.cad_ml_platform.limits import Clock

_LIMIT = 100


def distance(left: Counter[str], right: Counter[str]) -> float:
    """The total variation distance of two mixes, 0 (same) to 1 (nothing in common).

    >>> distance(Counter("aab"), Counter("aab")), distance(Counter("a"), Counter("b"))
    (0.0, 1.0)
    """
    one, other = max(1, left.total()), max(1, right.total())
    return sum(abs(left[key] / one - right[key] / other) for key in left.keys() | right.keys()) / 2


class Drift:
    """Counts categories in windows of `window`; the first full window is the baseline, later ones give a score."""

    def __init__(self, observe: Callable[[float], None], window: int = 20, clock: Clock = time.monotonic) -> None:
        self._observe = observe
        self._window = window
        self._clock = clock
        self._baseline: Counter[str] = Counter()
        self._recent: Counter[str] = Counter()
        self._since = clock()
        self.score = 0.0

    @property
    def age(self) -> float:
        """Seconds since the baseline was taken, or since the start while there is none."""
        return self._clock() - self._since

    def add(self, category: str) -> None:
        """Count one; a full window is scored. Beyond 100 categories, new ones are counted as other."""
        known = category in self._recent or len(self._recent) < _LIMIT
        self._recent[category if known else "other"] += 1
        if self._recent.total() < self._window:
            return
        if not self._baseline:
            self.renew()
            return
        self.score = distance(self._baseline, self._recent)
        self._observe(self.score)
        self._recent = Counter()

    def renew(self) -> None:
        """Take what came in lately as the new baseline."""
        self._baseline, self._recent = self._recent, Counter()
        self._since = self._clock()
        self.score = 0.0
