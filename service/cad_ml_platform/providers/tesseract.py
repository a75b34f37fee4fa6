"""Real OCR by the tesseract program, when it is installed."""

from __future__ import annotations

import asyncio
import csv
import json
import shutil

from service.cad_ml_platform.images import Image
from service.cad_ml_platform.providers import Answer
from service.cad_ml_platform.words import Circuit

_COMMAND = ("stdin", "stdout", "--psm", "11", "tsv")
_NO_TEXT = -1.0
"""tesseract's confidence of a row that is a block or a line, not a word."""


def lines_of(table: str) -> list[dict[str, object]]:
    """The words of tesseract's TSV, joined by line; a line's confidence is its least certain word's, 0-1."""
    found: dict[tuple[str, ...], list[tuple[str, float]]] = {}
    for row in csv.DictReader(table.splitlines(), delimiter="\t", quoting=csv.QUOTE_NONE):
        confidence, text = float(row["conf"]), (row["text"] or "").strip()
        if confidence > _NO_TEXT and text:
            key = (row["page_num"], row["block_num"], row["par_num"], row["line_num"])
            found.setdefault(key, []).append((text, confidence / 100))
    return [
        {"text": " ".join(text for text, _ in words), "confidence": min(each for _, each in words)}
        for words in found.values()
    ]


class TesseractProvider:
    """Runs tesseract once per drawing; the image goes in by its standard input, never by a file's name."""

    engine = "tesseract"
    name: Circuit = "tesseract"

    @staticmethod
    def installed() -> bool:
        """Whether the program is on the path."""
        return shutil.which("tesseract") is not None

    async def load(self) -> None:
        """Raises FileNotFoundError when the program has gone."""
        if not self.installed():
            raise FileNotFoundError("tesseract is not on the path")

    async def extract(self, image: Image) -> Answer:
        """Lines with confidences. Raises RuntimeError when tesseract fails; a cancelled read ends the program."""
        if image.kind == "pdf":
            raise ValueError("this provider reads images, not PDF")
        pipe = asyncio.subprocess.PIPE
        program = await asyncio.create_subprocess_exec("tesseract", *_COMMAND, stdin=pipe, stdout=pipe, stderr=pipe)
        try:
            out, err = await program.communicate(image.data)
        finally:
            if program.returncode is None:
                program.kill()
                await program.wait()
        if program.returncode:
            raise RuntimeError(f"tesseract ended with {program.returncode}: {err.decode(errors='replace')[:200]}")
        return Answer(json.dumps({"lines": lines_of(out.decode("utf-8"))}))
