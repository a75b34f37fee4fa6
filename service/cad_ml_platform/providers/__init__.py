"""The one interface of everything that reads a drawing: `Provider.extract(image) -> Answer`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from service.cad_ml_platform.images import Image
from service.cad_ml_platform.words import Circuit


@dataclass(frozen=True, slots=True)
class Answer:
    """What a provider said, unparsed: JSON text, `{"lines": [{"text": "R5", "confidence": 0.97}]}` for OCR."""

    raw: str


class Provider(Protocol):
    """An engine, local or remote. It raises whatever its library raises; callers map that to error codes."""

    @property
    def name(self) -> Circuit:
        """The name in requests, metrics and circuits."""

    @property
    def engine(self) -> str:
        """What really reads: `simulated`, `rapidocr`, `tesseract`."""

    async def load(self) -> None:
        """Make it ready; cheap when it is."""

    async def extract(self, image: Image) -> Answer:
        """Read the drawing."""
