"""Classification of a drawing by its text, behind a cache and a rate limit."""

from __future__ import annotations

from output.cad_ml_platform.instrumentation import metrics
from service.cad_ml_platform.cache import Cache
from service.cad_ml_platform.drift import Drift
from service.cad_ml_platform.errors import QuotaExceeded
from service.cad_ml_platform.limits import TokenBucket
from service.cad_ml_platform.models import Models
from service.cad_ml_platform.settings import Settings


class Classifier:
    """Asks the current model; every prediction counts for prediction drift."""

    def __init__(self, settings: Settings, models: Models, drift: Drift) -> None:
        self._models = models
        self._drift = drift
        self._bucket = TokenBucket(settings.classifier_rate_limit_per_min / 60, settings.classifier_rate_limit_burst)
        self.cache: Cache[tuple[str, str], str] = Cache(settings.classifier_cache_max_size)
        metrics.classification_cache_size.set(0)

    def limited(self, text: str) -> str:
        """The class of a text that a client sent. Raises `QuotaExceeded`."""
        try:
            self._bucket.take("classification")
        except QuotaExceeded:
            metrics.classification_rate_limited_total.inc()
            raise
        return self.classify(text)

    def classify(self, text: str) -> str:
        """The class of a text."""
        with metrics.classification_latency_seconds.time():
            answer = self._cached(text)
        self._drift.add(answer)
        return answer

    def _cached(self, text: str) -> str:
        model = self._models.current
        key = (model.version, text)
        found = self.cache.get(key)
        if found is not None:
            metrics.classification_cache_hits_total.inc()
            return found
        metrics.classification_cache_miss_total.inc()
        answer = model.predict(text)
        self.cache.put(key, answer)
        metrics.classification_cache_size.set(len(self.cache))
        return answer
