"""Which engine stands behind each provider's name."""

from __future__ import annotations

from service.cad_ml_platform.faults import Faults, Injected
from service.cad_ml_platform.providers import Provider
from service.cad_ml_platform.providers.rapid import RapidProvider
from service.cad_ml_platform.providers.simulated import SimulatedProvider, SimulatedVision
from service.cad_ml_platform.providers.tesseract import TesseractProvider
from service.cad_ml_platform.settings import Settings
from service.cad_ml_platform.words import OCR_PROVIDERS, OcrProvider


def _engine(name: OcrProvider, real: bool) -> Provider:
    if real and name == "paddle" and RapidProvider.installed():
        return RapidProvider()
    if real and name == "tesseract" and TesseractProvider.installed():
        return TesseractProvider()
    return SimulatedProvider(name)


def ocr_providers(settings: Settings, faults: Faults) -> dict[OcrProvider, Provider]:
    """The enabled OCR providers: real engines where installed (`OCR_ENGINE=auto`), else simulated ones."""
    real = settings.ocr_engine == "auto"
    enabled = (name for name in OCR_PROVIDERS if name not in settings.disabled_providers)
    return {name: Injected(_engine(name, real), faults) for name in enabled}


def vision_provider(faults: Faults) -> Provider:
    """The vision provider."""
    return Injected(SimulatedVision(), faults)
