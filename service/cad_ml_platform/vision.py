"""Vision: the description of a picture that came as base64 or by URL."""

from __future__ import annotations

import asyncio
import uuid
from dataclasses import dataclass

from output.cad_ml_platform.instrumentation import ErrorCode, code_of, metrics, vision
from service.cad_ml_platform import base64_input, parsing
from service.cad_ml_platform.circuit import CircuitBreaker
from service.cad_ml_platform.errors import VisionRejected
from service.cad_ml_platform.images import Image
from service.cad_ml_platform.limits import ErrorRate
from service.cad_ml_platform.providers import Provider
from service.cad_ml_platform.settings import Settings
from service.cad_ml_platform.urls import Fetcher
from service.cad_ml_platform.words import VisionProvider

PROVIDER: VisionProvider = "deepseek_stub"


@dataclass(frozen=True, slots=True)
class VisionInput:
    """One of the two ways to give a picture."""

    image_base64: str | None = None
    image_url: str | None = None


@dataclass(frozen=True, slots=True)
class VisionResult:
    """A description."""

    id: str
    provider: VisionProvider
    summary: str
    objects: tuple[str, ...]
    width: int
    height: int


class VisionService:
    """Describes pictures with one provider behind one circuit."""

    def __init__(self, settings: Settings, provider: Provider, circuit: CircuitBreaker, fetcher: Fetcher) -> None:
        self._settings = settings
        self._provider = provider
        self._circuit = circuit
        self._fetcher = fetcher
        self.error_rate = ErrorRate(settings.error_ema_alpha)
        metrics.error_rate_ema.set(0.0, service="vision")

    async def analyze(self, given: VisionInput | VisionRejected) -> VisionResult:
        """Describe a picture. What the body's reading already refused is passed in, so that it is counted here too."""
        try:
            result = await self._observed(given)
        except Exception as error:
            self._count_failure(error)
            raise
        metrics.error_rate_ema.set(self.error_rate.add(False), service="vision")
        return result

    def _count_failure(self, error: Exception) -> None:
        if isinstance(error, VisionRejected):
            metrics.vision_input_rejected_total.inc(reason=error.counted)
        if code_of(error) not in (ErrorCode.INPUT_ERROR, ErrorCode.QUOTA_EXCEEDED):
            metrics.error_rate_ema.set(self.error_rate.add(True), service="vision")

    async def _observed(self, given: VisionInput | VisionRejected) -> VisionResult:
        async with vision.track(provider=PROVIDER):
            image = await self._picture(given)
            metrics.vision_image_size_bytes.observe(len(image.data))
            with self._circuit.guard():
                await self._provider.load()
                async with asyncio.timeout(self._settings.vision_timeout_ms / 1000):
                    answer = await self._provider.extract(image)
                found = parsing.description(answer.raw)
        identity = uuid.uuid4().hex
        return VisionResult(identity, PROVIDER, found.summary, tuple(found.objects), image.width, image.height)

    async def _picture(self, given: VisionInput | VisionRejected) -> Image:
        if isinstance(given, VisionRejected):
            raise given
        if given.image_base64 is not None:
            return base64_input.decode(given.image_base64, self._settings.vision_max_base64_bytes)
        if given.image_url is not None:
            return base64_input.picture(await self._fetcher.fetch(given.image_url))
        raise VisionRejected("base64_empty", "give image_base64 or image_url", 400)
