"""The classifier's model: loaded from a scanned pickle of plain data, kept with snapshots, rolled back."""

from __future__ import annotations

import hashlib
import io
import pickle
from collections import deque
from dataclasses import dataclass
from typing import Literal

from pydantic import BaseModel, Field, ValidationError

from output.cad_ml_platform.instrumentation import events, metrics
from service.cad_ml_platform import opcodes
from service.cad_ml_platform.errors import InputRejected

MAX_BYTES = 1024 * 1024
_MOST_RULES = 1000
_LEVELS: tuple[Literal["1", "2", "3"], ...] = ("1", "2", "3")
Fault = Literal["magic_invalid", "hash_mismatch", "opcode_blocked", "size_exceeded"]
Interface = Literal["attribute_missing", "signature_mismatch", "graph_too_large"]


class ModelFile(BaseModel):
    """What a model file holds: rules from a keyword to a class, the first that matches counting."""

    version: str = Field(min_length=1, max_length=40)
    rules: list[tuple[str, str]] = Field(min_length=1, max_length=_MOST_RULES)
    default: str = Field(default="part", min_length=1, max_length=40)


@dataclass(frozen=True, slots=True)
class Model:
    """A rule-based classifier."""

    version: str
    rules: tuple[tuple[str, str], ...]
    default: str

    def predict(self, text: str) -> str:
        """The class of a drawing with this text."""
        lowered = text.lower()
        return next((answer for keyword, answer in self.rules if keyword.lower() in lowered), self.default)


BUILT_IN = Model(
    "1",
    (("gear", "gear"), ("shaft", "shaft"), ("flange", "flange"), ("bolt", "fastener"), ("plate", "plate")),
    "part",
)


class _PlainUnpickler(pickle.Unpickler):
    """Reads plain data only: whatever the scan let through, nothing is imported and nothing is called."""

    def find_class(self, module_name: str, global_name: str, /) -> object:
        raise pickle.UnpicklingError(f"{module_name}.{global_name} is not plain data")


def _interface_fault(error: ValidationError) -> Interface:
    kinds = {item["type"] for item in error.errors()}
    if "missing" in kinds:
        return "attribute_missing"
    return "graph_too_large" if "too_long" in kinds else "signature_mismatch"


class Models:
    """The model in use and the last ones before it."""

    def __init__(self, mode: opcodes.Mode) -> None:
        self.current = BUILT_IN
        self.level = 0
        self._mode = mode
        self._snapshots: deque[Model] = deque(maxlen=len(_LEVELS))
        for each in opcodes.MODES:
            metrics.model_opcode_mode.set(float(each == mode), mode=each)
        self._tell()

    def reload(self, data: bytes, sha256: str = "") -> Model:
        """Put a model file in use; `sha256`, if given, must be its digest in hexadecimal.

        Raises `InputRejected` and keeps the old model when the file is refused.
        """
        if len(data) > MAX_BYTES:
            raise self._insecure("size_exceeded", f"the file is above {MAX_BYTES} bytes", 413)
        if sha256 and sha256.lower() != hashlib.sha256(data).hexdigest():
            raise self._insecure("hash_mismatch", "the file has another digest")
        self._scan(data)
        content = self._read(data)
        self._snapshots.append(self.current)
        self.current, self.level = Model(content.version, tuple(content.rules), content.default), 0
        events.model_reloaded(rules=len(self.current.rules), version=self.current.version)
        self._tell()
        return self.current

    def rollback(self) -> Model:
        """Go back to the model before. Raises `InputRejected` when there is none."""
        if not self._snapshots:
            events.model_refused(status="not_found")
            raise InputRejected("not_found", "there is no earlier model", 409)
        self.current = self._snapshots.pop()
        self.level = min(self.level + 1, len(_LEVELS))
        events.model_rolled_back(level=_LEVELS[self.level - 1], version=self.current.version)
        self._tell()
        return self.current

    def _scan(self, data: bytes) -> None:
        metrics.model_opcode_scans_total.inc()
        try:
            found = opcodes.scan(data, self._mode)
        except opcodes.BrokenPickle as error:
            raise self._insecure("magic_invalid", str(error)) from None
        if not found or self._mode == "audit":
            return
        for opcode in found:
            metrics.model_opcode_blocked_total.inc(opcode=opcode)
        raise self._insecure("opcode_blocked", f"the file contains {', '.join(found)}")

    def _read(self, data: bytes) -> ModelFile:
        try:
            return ModelFile.model_validate(_PlainUnpickler(io.BytesIO(data)).load())
        except ValidationError as error:
            reason = _interface_fault(error)
            metrics.model_interface_validation_fail_total.inc(reason=reason)
            refusal = InputRejected(reason, f"the model has {error.error_count()} faults")
        except Exception as error:
            metrics.model_security_fail_total.inc(reason="forged_file")
            refusal = InputRejected("forged_file", f"the model cannot be read: {type(error).__name__}")
        events.model_refused(status="error")
        raise refusal

    def _insecure(self, reason: Fault, message: str, http: int = 422) -> InputRejected:
        metrics.model_security_fail_total.inc(reason=reason)
        events.model_refused(status=reason)
        return InputRejected(reason, message, http)

    def _tell(self) -> None:
        metrics.model_rollback_level.set(self.level)
        metrics.model_snapshots_available.set(len(self._snapshots))
