"""The service's settings, read once from environment variables; a bad value stops the start with a clear message."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from typing import Any

from service.cad_ml_platform.words import OCR_PROVIDERS

UNUSED = ("REDIS_URL", "REDIS_TTL", "REDIS_MAX_CONNECTIONS", "METRICS_PORT")
"""Variables of the platform's manual that mean nothing here: caches live in memory, metrics on the service's port."""


class SettingsError(ValueError):
    """A setting has a value the service cannot run with."""


def integer(low: int, high: int) -> Callable[[str], int]:
    """A reader of whole numbers from `low` to `high`."""

    def read(text: str) -> int:
        wanted = f"a whole number from {low} to {high}"
        try:
            value = int(text)
        except ValueError:
            raise ValueError(wanted) from None
        if not low <= value <= high:
            raise ValueError(wanted)
        return value

    return read


def number(low: float, high: float) -> Callable[[str], float]:
    """A reader of decimal numbers above `low`, up to `high`."""

    def read(text: str) -> float:
        wanted = f"a number above {low:g}, at most {high:g}"
        try:
            value = float(text)
        except ValueError:
            raise ValueError(wanted) from None
        if not low < value <= high:
            raise ValueError(wanted)
        return value

    return read


def choice(*words: str) -> Callable[[str], str]:
    """A reader of one word out of several, in any case."""

    def read(text: str) -> str:
        found = next((word for word in words if word.lower() == text.strip().lower()), None)
        if found is None:
            raise ValueError(f"one of {', '.join(words)}")
        return found

    return read


def boolean(text: str) -> bool:
    """true, 1, yes, on, or their opposites."""
    word = text.strip().lower()
    if word not in ("true", "1", "yes", "on", "false", "0", "no", "off"):
        raise ValueError("true or false")
    return word in ("true", "1", "yes", "on")


def providers(text: str) -> tuple[str, ...]:
    """Names of OCR providers, joined by commas."""
    names = tuple(part.strip() for part in text.split(",") if part.strip())
    if any(name not in OCR_PROVIDERS for name in names) or len(set(names)) == len(OCR_PROVIDERS):
        raise ValueError(f"some, not all, of {', '.join(OCR_PROVIDERS)}, joined by commas")
    return names


def one_worker(text: str) -> int:
    """Counters and caches live in the process, so that two workers would show two truths on one port."""
    if text.strip() != "1":
        raise ValueError("1: counters live in one process; run more instances instead")
    return 1


def text(value: str) -> str:
    """Any text, without blanks around it."""
    return value.strip()


def env(variable: str, read: Callable[[str], Any], default: Any, *, secret: bool = False) -> Any:
    """A field that is read from this variable."""
    return field(default=default, metadata={"variable": variable, "read": read}, repr=not secret)


_MB = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Settings:
    """Everything that can be set. Times are in the unit that the variable's name says; sizes in bytes.

    >>> Settings.from_env({"PORT": "9000"}).port
    9000
    """

    host: str = env("HOST", text, "127.0.0.1")
    port: int = env("PORT", integer(0, 65535), 8000)
    workers: int = env("WORKERS", one_worker, 1)
    log_level: str = env("LOG_LEVEL", choice("DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL"), "INFO")
    trace_requests: bool = env("TRACE_REQUESTS", boolean, False)
    admin_token: str = env("ADMIN_TOKEN", text, "", secret=True)
    max_concurrent_requests: int = env("MAX_CONCURRENT_REQUESTS", integer(1, 100_000), 100)

    ocr_default_provider: str = env("OCR_DEFAULT_PROVIDER", choice("auto", *OCR_PROVIDERS), "auto")
    ocr_engine: str = env("OCR_ENGINE", choice("auto", "simulated"), "auto")
    ocr_timeout_ms: int = env("OCR_TIMEOUT_MS", integer(1, 600_000), 30_000)
    ocr_confidence_fallback: float = env("OCR_CONFIDENCE_FALLBACK", number(0, 1), 0.85)
    ocr_cache_ttl: int = env("OCR_CACHE_TTL", integer(1, 604_800), 3600)
    ocr_cache_max_size: int = env("OCR_CACHE_MAX_SIZE", integer(1, 1_000_000), 500)
    ocr_max_file_bytes: int = env("OCR_MAX_FILE_BYTES", integer(1, 1024 * _MB), 50 * _MB)
    ocr_max_pdf_pages: int = env("OCR_MAX_PDF_PAGES", integer(1, 10_000), 20)
    disabled_providers: tuple[str, ...] = env("DISABLED_PROVIDERS", providers, ())

    vision_max_base64_bytes: int = env("VISION_MAX_BASE64_BYTES", integer(1, 1024 * _MB), _MB)
    vision_max_url_bytes: int = env("VISION_MAX_URL_BYTES", integer(1, 1024 * _MB), 50 * _MB)
    vision_timeout_ms: int = env("VISION_TIMEOUT_MS", integer(1, 600_000), 5000)

    metrics_enabled: bool = env("METRICS_ENABLED", boolean, True)
    error_ema_alpha: float = env("ERROR_EMA_ALPHA", number(0, 1), 0.2)
    circuit_failure_threshold: int = env("CIRCUIT_FAILURE_THRESHOLD", integer(1, 10_000), 5)
    circuit_recovery_timeout: float = env("CIRCUIT_RECOVERY_TIMEOUT", number(0, 86_400), 60.0)
    rate_limit_qps: float = env("RATE_LIMIT_QPS", number(0, 1_000_000), 10.0)
    rate_limit_burst: int = env("RATE_LIMIT_BURST", integer(1, 1_000_000), 10)

    classifier_cache_max_size: int = env("CLASSIFIER_CACHE_MAX_SIZE", integer(1, 1_000_000), 1000)
    classifier_rate_limit_per_min: float = env("CLASSIFIER_RATE_LIMIT_PER_MIN", number(0, 1_000_000), 120.0)
    classifier_rate_limit_burst: int = env("CLASSIFIER_RATE_LIMIT_BURST", integer(1, 1_000_000), 20)
    feature_cache_max_size: int = env("FEATURE_CACHE_MAX_SIZE", integer(1, 1_000_000), 256)
    feature_cache_ttl: int = env("FEATURE_CACHE_TTL", integer(1, 604_800), 3600)
    result_store_max: int = env("RESULT_STORE_MAX", integer(1, 1_000_000), 1000)
    vector_store_max: int = env("VECTOR_STORE_MAX", integer(1, 1_000_000), 5000)
    model_opcode_mode: str = env("MODEL_OPCODE_MODE", choice("audit", "blocklist", "allowlist"), "blocklist")
    simulate: str = env("SIMULATE", text, "")

    @classmethod
    def from_env(cls, environment: Mapping[str, str] | None = None) -> Settings:
        """Settings from the environment; all that is wrong is told at once. Raises `SettingsError`."""
        source = os.environ if environment is None else environment
        values: dict[str, Any] = {}
        wrong: list[str] = []
        for item in fields(cls):
            variable = item.metadata["variable"]
            given = source.get(variable)
            if given is None or not given.strip():
                continue
            try:
                values[item.name] = item.metadata["read"](given)
            except ValueError as error:
                shown = "***" if not item.repr else repr(given)
                wrong.append(f"{variable}={shown}: give {error}")
        if values.get("ocr_default_provider") in values.get("disabled_providers", ()):
            wrong.append("OCR_DEFAULT_PROVIDER names a provider that DISABLED_PROVIDERS disables")
        if wrong:
            raise SettingsError("; ".join(wrong))
        return cls(**values)

    def shown(self) -> dict[str, object]:
        """The settings by variable, without secrets."""
        return {item.metadata["variable"]: getattr(self, item.name) for item in fields(self) if item.repr}
