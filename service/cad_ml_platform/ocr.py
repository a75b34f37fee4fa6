"""OCR: the way of one drawing through load, preprocess, infer, parse and postprocess, observed at every stage."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass, replace

from output.cad_ml_platform.instrumentation import ErrorCode, code_of, metrics, ocr
from service.cad_ml_platform import parsing
from service.cad_ml_platform.body import Upload
from service.cad_ml_platform.cache import Cache
from service.cad_ml_platform.circuit import CircuitBreaker
from service.cad_ml_platform.drawings import accept
from service.cad_ml_platform.errors import ModelNotLoaded, OcrRejected, QuotaExceeded
from service.cad_ml_platform.images import Image
from service.cad_ml_platform.limits import ErrorRate, TokenBucket
from service.cad_ml_platform.providers import Provider
from service.cad_ml_platform.settings import Settings
from service.cad_ml_platform.words import Circuit, OcrProvider, is_ocr_provider


@dataclass(frozen=True, slots=True)
class OcrResult:
    """What was read off a drawing. `confidence` is the mean of the items', 0-1."""

    id: str
    provider: OcrProvider
    items: tuple[parsing.Item, ...]
    title_block: Mapping[str, str]
    confidence: float
    needs_review: bool
    width: int
    height: int
    cached: bool = False


class OcrService:
    """Reads drawings with the providers it is given; one circuit, one cache, one rate limit in front of them."""

    def __init__(
        self,
        settings: Settings,
        providers: Mapping[OcrProvider, Provider],
        circuits: Mapping[Circuit, CircuitBreaker],
    ) -> None:
        self._settings = settings
        self._providers = providers
        self._circuits = circuits
        self._cache: Cache[tuple[str, str], OcrResult] = Cache(settings.ocr_cache_max_size, settings.ocr_cache_ttl)
        self._bucket = TokenBucket(settings.rate_limit_qps, settings.rate_limit_burst)
        self.error_rate = ErrorRate(settings.error_ema_alpha)
        metrics.error_rate_ema.set(0.0, service="ocr")
        for name in providers:
            metrics.ocr_model_loaded.set(0.0, provider=name)

    def choose(self, wished: str) -> OcrProvider:
        """The provider for a request: the one wished for, else the first whose circuit lets calls through.

        Raises `OcrRejected` for a name that is no enabled provider.
        """
        if wished not in ("", "auto"):
            if is_ocr_provider(wished) and wished in self._providers:
                return wished
            names = ", ".join(self._providers)
            raise OcrRejected("validation_failed", f"there is no provider {wished[:40]!r}; try {names}")
        default = self._settings.ocr_default_provider
        if is_ocr_provider(default):
            return default
        return next((name for name in self._providers if self._circuits[name].allows()), next(iter(self._providers)))

    async def extract(self, upload: Upload | OcrRejected, wished: str = "") -> OcrResult:
        """Read a drawing. What the body's reading already refused is passed in, so that it is counted here too."""
        try:
            name = self.choose(wished)
        except OcrRejected as error:
            name, upload = self.choose(""), error
        try:
            result = await self._observed(name, upload)
        except Exception as error:
            self._count_failure(error)
            raise
        metrics.error_rate_ema.set(self.error_rate.add(False), service="ocr")
        return result

    def _count_failure(self, error: Exception) -> None:
        if isinstance(error, OcrRejected):
            metrics.ocr_input_rejected_total.inc(reason=error.counted)
        if code_of(error) not in (ErrorCode.INPUT_ERROR, ErrorCode.QUOTA_EXCEEDED):
            metrics.error_rate_ema.set(self.error_rate.add(True), service="ocr")

    async def _observed(self, name: OcrProvider, upload: Upload | OcrRejected) -> OcrResult:
        provider, circuit = self._providers[name], self._circuits[name]
        async with ocr.track(provider=name) as request:
            with request.stage("init"):
                admitted = self._admit(upload)
            with request.stage("preprocess"):
                image = await asyncio.to_thread(accept, admitted, self._settings.ocr_max_pdf_pages)
            known = self._cache.get((name, image.digest))
            if known is not None:
                request.outcome("cache_hit")
                return replace(known, cached=True)
            with ExitStack() as guarded:
                with request.stage("load"):
                    guarded.enter_context(circuit.guard())
                    await self._load(name, provider)
                with request.stage("infer"):
                    async with asyncio.timeout(self._settings.ocr_timeout_ms / 1000):
                        answer = await provider.extract(image)
                with request.stage("parse"):
                    items = parsing.items(answer.raw)
            with request.stage("postprocess"):
                result = self._result(name, image, items)
        self._cache.put((name, image.digest), result)
        return result

    def _admit(self, upload: Upload | OcrRejected) -> Upload:
        if isinstance(upload, OcrRejected):
            raise upload
        try:
            self._bucket.take("OCR")
        except QuotaExceeded:
            metrics.ocr_rate_limited_total.inc()
            raise
        metrics.ocr_image_size_bytes.observe(len(upload.data))
        return upload

    async def _load(self, name: OcrProvider, provider: Provider) -> None:
        try:
            await provider.load()
        except Exception as error:
            metrics.ocr_model_loaded.set(0.0, provider=name)
            if isinstance(error, FileNotFoundError):
                raise ModelNotLoaded(f"{name} lacks a file it needs") from error
            raise
        metrics.ocr_model_loaded.set(1.0, provider=name)

    def _result(self, name: OcrProvider, image: Image, items: tuple[parsing.Item, ...]) -> OcrResult:
        confidence = sum(item.confidence for item in items) / len(items) if items else 0.0
        metrics.ocr_confidence_distribution.observe(confidence, provider=name)
        for item in items:
            metrics.ocr_item_confidence_distribution.observe(item.confidence, provider=name, item_type=item.type)
        return OcrResult(
            id=uuid.uuid4().hex,
            provider=name,
            items=items,
            title_block=parsing.title_block(items),
            confidence=round(confidence, 4),
            needs_review=confidence < self._settings.ocr_confidence_fallback,
            width=image.width,
            height=image.height,
        )
