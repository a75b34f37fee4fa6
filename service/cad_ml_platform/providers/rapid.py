"""Real OCR by RapidOCR (PaddleOCR's models on ONNX Runtime), the optional extra `ocr`."""

from __future__ import annotations

import asyncio
import importlib
import importlib.util
import json
from typing import Any

from service.cad_ml_platform.images import Image
from service.cad_ml_platform.providers import Answer
from service.cad_ml_platform.words import Circuit


class RapidProvider:
    """PaddleOCR's models, loaded with the first request and kept; one drawing is read at a time."""

    engine = "rapidocr"
    name: Circuit = "paddle"

    def __init__(self) -> None:
        self._read: Any = None
        self._lock = asyncio.Lock()

    @staticmethod
    def installed() -> bool:
        """Whether the extra is there."""
        return all(importlib.util.find_spec(module) is not None for module in ("rapidocr", "onnxruntime"))

    async def load(self) -> None:
        """Load the models. Raises ImportError or FileNotFoundError."""
        async with self._lock:
            if self._read is None:
                self._read = await asyncio.to_thread(lambda: importlib.import_module("rapidocr").RapidOCR())

    async def extract(self, image: Image) -> Answer:
        """Lines with their scores. Raises ValueError for a PDF, which it cannot read."""
        if image.kind == "pdf":
            raise ValueError("this provider reads images, not PDF")
        async with self._lock:
            found = await asyncio.to_thread(self._read, image.data)
        texts, scores = found.txts or (), found.scores or ()
        lines = [{"text": str(text), "confidence": float(score)} for text, score in zip(texts, scores, strict=True)]
        return Answer(json.dumps({"lines": lines}))
