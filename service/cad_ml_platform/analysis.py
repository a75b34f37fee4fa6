"""Analysis: features, class, quality and vector of a drawing, stored under an id for later comparison."""

from __future__ import annotations

import asyncio
import uuid
from dataclasses import asdict, dataclass, replace
from typing import Literal

from output.cad_ml_platform.instrumentation import analysis, metrics
from service.cad_ml_platform.body import Upload
from service.cad_ml_platform.cache import Cache
from service.cad_ml_platform.classifier import Classifier
from service.cad_ml_platform.drift import Drift
from service.cad_ml_platform.errors import InputRejected
from service.cad_ml_platform.features import FeatureCache, Features, Version
from service.cad_ml_platform.images import MIMES, BrokenImage, Image, kind_of, look
from service.cad_ml_platform.results import ResultStore
from service.cad_ml_platform.settings import Settings
from service.cad_ml_platform.vectors import VectorStore

Reason = Literal["empty_file", "file_too_large", "unsupported_format", "mime_mismatch", "too_many_entities"]
MAX_SURFACES = 1900
_MATERIALS = {"q235": "steel", "steel": "steel", "304": "steel", "6061": "aluminium", "aluminium": "aluminium"}


class AnalysisRejected(InputRejected):
    """The drawing was refused before its analysis."""

    def __init__(self, reason: Reason, message: str, status: int = 422) -> None:
        super().__init__(reason, message, status)
        self.counted: Reason = reason


@dataclass(frozen=True, slots=True)
class AnalysisResult:
    """What was found. `quality` and `entropy` are 0-1."""

    id: str
    version: Version
    category: str
    material: str
    quality: float
    surfaces: int
    entropy: float
    cached: bool = False


@dataclass(frozen=True, slots=True)
class Order:
    """What to analyse, and how; `note` is what the client knows of the drawing, such as its file's name."""

    upload: Upload | AnalysisRejected
    version: Version = "v4"
    note: str = ""


def admit(upload: Upload | AnalysisRejected) -> Image:
    """The drawing. Raises `AnalysisRejected`."""
    if isinstance(upload, AnalysisRejected):
        raise upload
    if not upload.data:
        raise AnalysisRejected("empty_file", "the file is empty")
    found = kind_of(upload.data)
    if found is None:
        raise AnalysisRejected("unsupported_format", "the content is neither PNG, JPEG, BMP, TIFF nor PDF", 415)
    if upload.mime in MIMES and MIMES[upload.mime] != found:
        raise AnalysisRejected("mime_mismatch", f"declared as {upload.mime}, but it is {found}", 415)
    try:
        return look(upload.data)
    except BrokenImage as error:
        raise AnalysisRejected("unsupported_format", str(error)) from None


def material_of(note: str) -> str:
    """The material that the words speak of."""
    return next((material for word, material in _MATERIALS.items() if word in note.lower()), "unknown")


class AnalysisService:
    """Analyses drawings; what it finds goes to the result store and the vector store."""

    def __init__(
        self, settings: Settings, classifier: Classifier, vectors: VectorStore, results: ResultStore, materials: Drift
    ) -> None:
        self.features = FeatureCache(settings.feature_cache_max_size, settings.feature_cache_ttl)
        self._cache: Cache[tuple[str, Version, str], AnalysisResult] = Cache(settings.ocr_cache_max_size)
        self._classifier = classifier
        self._vectors = vectors
        self._results = results
        self._materials = materials

    async def analyze(self, order: Order) -> AnalysisResult:
        """Analyse a drawing. Raises `AnalysisRejected`."""
        try:
            return await self._observed(order)
        except AnalysisRejected as error:
            metrics.analysis_rejections_total.inc(reason=error.counted)
            raise

    async def _observed(self, order: Order) -> AnalysisResult:
        async with analysis.track() as request:
            with request.stage("parse"):
                image = await asyncio.to_thread(admit, order.upload)
            key = (image.digest, order.version, order.note)
            known = self._cache.get(key)
            if known is not None and self._vectors.get(known.id) is not None:
                metrics.analysis_cache_hits_total.inc()
                request.outcome("cache_hit")
                return replace(known, cached=True)
            metrics.analysis_cache_miss_total.inc()
            with request.stage("features"):
                found = await self.features.get(image, order.version)
                if found.surfaces > MAX_SURFACES:
                    raise AnalysisRejected("too_many_entities", f"{found.surfaces} surfaces are too many")
            with request.stage("classify"):
                category = self._classifier.classify(f"{order.note} {image.kind}")
            with request.stage("quality"):
                result = self._judge(found, order, category)
            with request.stage("vectors"):
                self._vectors.put(result.id, found.vector)
            with request.stage("store"):
                self._results.put(result.id, asdict(result))
        self._cache.put(key, result)
        return result

    def _judge(self, found: Features, order: Order, category: str) -> AnalysisResult:
        material = material_of(order.note)
        self._materials.add(material)
        quality = round(1 - abs(found.entropy - 0.6), 4)
        identity = uuid.uuid4().hex
        return AnalysisResult(
            identity, order.version, category, material, quality, found.surfaces, round(found.entropy, 4)
        )
