"""A provider that invents a plausible drawing from the image's digest: same image, same answer, no model needed."""

from __future__ import annotations

import json
import random

from service.cad_ml_platform.images import Image
from service.cad_ml_platform.providers import Answer
from service.cad_ml_platform.words import Circuit

_PARTS = ("Shaft", "Flange", "Bracket", "Gear housing", "Cover plate", "Bolt")
_MATERIALS = ("Q235", "45 steel", "6061-T6", "304", "HT200")


class SimulatedProvider:
    """Reads nothing; answers as an OCR engine would."""

    engine = "simulated"

    def __init__(self, name: Circuit) -> None:
        self.name: Circuit = name

    async def load(self) -> None:
        """There is nothing to load."""

    async def extract(self, image: Image) -> Answer:
        """Lines of a made-up drawing with confidences from 0.5 to 1."""
        dice = random.Random(f"{self.name}{image.digest}")
        texts = [f"Part: {dice.choice(_PARTS)}", f"Material: {dice.choice(_MATERIALS)}", f"Rev: {dice.choice('ABCD')}"]
        texts += [f"Ø{dice.randint(4, 120)} ±0.0{dice.randint(1, 5)}" for _ in range(dice.randint(1, 4))]
        texts += [
            "NOTES: deburr all edges",
            f"Ø{dice.randint(4, 120)}",
            f"R{dice.randint(1, 25)}",
            f"M{dice.choice((6, 8, 10, 12))}x1.5",
            f"Ra {dice.choice((0.8, 1.6, 3.2))}",
        ]
        low = dice.choice((0.5, 0.75, 0.85, 0.9))
        lines = [{"text": text, "confidence": round(dice.uniform(low, 1.0), 3)} for text in texts]
        return Answer(json.dumps({"lines": lines}))


class SimulatedVision:
    """The stub that stands for DeepSeek-VL: describes the picture by its header."""

    engine = "simulated"
    name: Circuit = "deepseek_stub"

    async def load(self) -> None:
        """There is nothing to load."""

    async def extract(self, image: Image) -> Answer:
        """A summary in JSON."""
        size = f"{image.width} x {image.height} pixels" if image.width else "unknown size"
        shape = "landscape" if image.width > image.height else "portrait"
        summary = f"A mechanical drawing as {image.kind.upper()}, {size}."
        return Answer(json.dumps({"summary": summary, "objects": [shape]}))
