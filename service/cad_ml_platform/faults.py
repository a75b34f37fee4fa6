"""Faults on demand: makes a provider slow, or fail with the exceptions behind each error code."""

from __future__ import annotations

import asyncio
import random
import re
from collections.abc import Callable
from dataclasses import dataclass

from output.cad_ml_platform.instrumentation import ErrorCode
from service.cad_ml_platform.errors import QuotaExceeded
from service.cad_ml_platform.images import Image
from service.cad_ml_platform.providers import Answer, Provider
from service.cad_ml_platform.settings import SettingsError
from service.cad_ml_platform.words import CIRCUITS, Circuit, is_circuit

MAX_LATENCY_MS = 60_000
_RAISED: dict[ErrorCode, Callable[[], Exception]] = {
    ErrorCode.RESOURCE_EXHAUSTED: lambda: MemoryError("simulated"),
    ErrorCode.PROVIDER_TIMEOUT: lambda: TimeoutError("simulated"),
    ErrorCode.NETWORK_ERROR: lambda: ConnectionResetError("simulated"),
    ErrorCode.AUTH_FAILED: lambda: PermissionError("simulated"),
    ErrorCode.MODEL_LOAD_ERROR: lambda: ImportError("simulated"),
    ErrorCode.QUOTA_EXCEEDED: lambda: QuotaExceeded("the provider's quota is spent"),
    ErrorCode.INPUT_ERROR: lambda: ValueError("simulated"),
    ErrorCode.INTERNAL_ERROR: lambda: RuntimeError("simulated"),
}
_GARBAGE = Answer('{"lines": [')
"""The answer behind `parse_failed`: the failure then happens where it really does, in parsing."""
_ENTRY = re.compile(r"(?P<provider>\w+)=(?P<error>\w+)?(@(?P<rate>[\d.]+))?(\+(?P<latency>\d+)ms)?")


@dataclass(frozen=True, slots=True)
class Fault:
    """What goes wrong in a share `rate` (0-1) of the requests; no `error` means only slow."""

    error: ErrorCode | None = None
    latency_ms: int = 0
    rate: float = 1.0


class Faults:
    """The faults in force, by provider."""

    def __init__(self, seed: int | None = None) -> None:
        self._faults: dict[Circuit, Fault] = {}
        self._dice = random.Random(seed)

    def set(self, provider: Circuit, fault: Fault | None) -> None:
        """Put a fault in force, or with None take it back."""
        self._faults.pop(provider, None)
        if fault is not None:
            self._faults[provider] = fault

    def draw(self, provider: Circuit) -> Fault | None:
        """The fault that strikes this call, if any does."""
        fault = self._faults.get(provider)
        return fault if fault is not None and self._dice.random() < fault.rate else None

    def shown(self) -> dict[str, object]:
        """What is in force."""
        return {
            name: {"error": fault.error and fault.error.value, "latency_ms": fault.latency_ms, "rate": fault.rate}
            for name, fault in self._faults.items()
        }

    def read(self, text: str) -> None:
        """Put in force what `SIMULATE` says: `paddle=provider_timeout@0.1,deepseek=+200ms`. Raises `SettingsError`."""
        for part in filter(None, (part.strip() for part in text.split(","))):
            match = _ENTRY.fullmatch(part)
            codes = {code.value: code for code in ErrorCode}
            if match is None or not is_circuit(match["provider"]) or (match["error"] or "internal_error") not in codes:
                raise SettingsError(
                    f"SIMULATE={part!r}: give provider=code@rate+NNNms with a provider of {', '.join(CIRCUITS)}"
                )
            try:
                rate = float(match["rate"] or 1)
            except ValueError:
                raise SettingsError(f"SIMULATE={part!r}: give a rate from 0 to 1") from None
            latency = min(int(match["latency"] or 0), MAX_LATENCY_MS)
            error = codes[match["error"]] if match["error"] else None
            self.set(match["provider"], Fault(error, latency, min(rate, 1.0)))


class Injected:
    """A provider whose calls the faults in force may strike."""

    def __init__(self, provider: Provider, faults: Faults) -> None:
        self._provider = provider
        self._faults = faults

    @property
    def name(self) -> Circuit:
        """The provider's name."""
        return self._provider.name

    @property
    def engine(self) -> str:
        """The provider's engine."""
        return self._provider.engine

    async def load(self) -> None:
        """Load, unless loading is what shall fail."""
        fault = self._faults.draw(self.name)
        if fault is not None and fault.error is ErrorCode.MODEL_LOAD_ERROR:
            raise _RAISED[fault.error]()
        await self._provider.load()

    async def extract(self, image: Image) -> Answer:
        """Read, late or not at all when a fault strikes."""
        fault = self._faults.draw(self.name)
        if fault is None or fault.error is ErrorCode.MODEL_LOAD_ERROR:
            return await self._provider.extract(image)
        await asyncio.sleep(fault.latency_ms / 1000)
        if fault.error is None:
            return await self._provider.extract(image)
        if fault.error is ErrorCode.PARSE_FAILED:
            return _GARBAGE
        raise _RAISED[fault.error]()
