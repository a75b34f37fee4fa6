"""`Platform`: all parts of the service, built once from its settings and handed to the routes."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import cast

from output.cad_ml_platform.instrumentation import metrics
from service.cad_ml_platform.analysis import AnalysisService
from service.cad_ml_platform.circuit import CircuitBreaker
from service.cad_ml_platform.classifier import Classifier
from service.cad_ml_platform.drift import Drift
from service.cad_ml_platform.faults import Faults
from service.cad_ml_platform.models import Models
from service.cad_ml_platform.ocr import OcrService
from service.cad_ml_platform.opcodes import Mode
from service.cad_ml_platform.providers import Provider
from service.cad_ml_platform.providers.choose import ocr_providers, vision_provider
from service.cad_ml_platform.results import ResultStore
from service.cad_ml_platform.settings import Settings
from service.cad_ml_platform.urls import Fetcher
from service.cad_ml_platform.vectors import Index, VectorStore
from service.cad_ml_platform.vision import VisionService
from service.cad_ml_platform.words import CIRCUITS, Circuit, OcrProvider


@dataclass(slots=True)
class Platform:
    """The parts. `ready` is false until the start is over and from the moment the stop begins."""

    settings: Settings
    faults: Faults
    circuits: dict[Circuit, CircuitBreaker]
    providers: dict[OcrProvider, Provider]
    ocr: OcrService
    vision: VisionService
    analysis: AnalysisService
    classifier: Classifier
    models: Models
    vectors: VectorStore
    index: Index
    results: ResultStore
    materials: Drift
    predictions: Drift
    ready: bool = field(default=False)

    def watch_ages(self) -> None:
        """Let each scrape ask the gauges that move with time."""
        metrics.faiss_index_age_seconds.set_function(lambda: self.index.age)
        metrics.baseline_material_age_seconds.set_function(lambda: self.materials.age)
        metrics.baseline_prediction_age_seconds.set_function(lambda: self.predictions.age)


def build(settings: Settings, fetcher: Fetcher | None = None) -> Platform:
    """Build the platform. Raises `SettingsError` when `SIMULATE` cannot be read."""
    faults = Faults()
    faults.read(settings.simulate)
    circuits = {
        name: CircuitBreaker(name, settings.circuit_failure_threshold, settings.circuit_recovery_timeout)
        for name in CIRCUITS
    }
    providers = ocr_providers(settings, faults)
    fetcher = fetcher or Fetcher(settings.vision_max_url_bytes, settings.vision_timeout_ms / 1000)
    materials = Drift(metrics.material_distribution_drift_score.observe)
    predictions = Drift(metrics.classification_prediction_drift_score.observe)
    models = Models(cast(Mode, settings.model_opcode_mode))
    classifier = Classifier(settings, models, predictions)
    vectors, results = VectorStore(settings.vector_store_max), ResultStore(settings.result_store_max)
    return Platform(
        settings=settings,
        faults=faults,
        circuits=circuits,
        providers=providers,
        ocr=OcrService(settings, providers, circuits),
        vision=VisionService(settings, vision_provider(faults), circuits["deepseek_stub"], fetcher),
        analysis=AnalysisService(settings, classifier, vectors, results, materials),
        classifier=classifier,
        models=models,
        vectors=vectors,
        index=Index(vectors),
        results=results,
        materials=materials,
        predictions=predictions,
    )
