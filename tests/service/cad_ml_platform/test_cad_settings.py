"""Settings: read from the environment, refused at the start when they are wrong."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from service.cad_ml_platform.settings import Settings, SettingsError


def test_the_documented_variables_are_read() -> None:
    settings = Settings.from_env(
        {
            "OCR_DEFAULT_PROVIDER": "Paddle",
            "OCR_TIMEOUT_MS": "60000",
            "VISION_MAX_BASE64_BYTES": "5242880",
            "ERROR_EMA_ALPHA": "0.5",
            "CIRCUIT_FAILURE_THRESHOLD": "3",
            "CIRCUIT_RECOVERY_TIMEOUT": "1.5",
            "RATE_LIMIT_QPS": "20",
            "RATE_LIMIT_BURST": "40",
            "LOG_LEVEL": "debug",
            "METRICS_ENABLED": "no",
            "DISABLED_PROVIDERS": "deepseek, tesseract",
        }
    )
    assert settings.ocr_default_provider == "paddle"
    assert settings.ocr_timeout_ms == 60_000
    assert settings.vision_max_base64_bytes == 5_242_880
    assert settings.error_ema_alpha == 0.5
    assert settings.circuit_failure_threshold == 3
    assert settings.circuit_recovery_timeout == 1.5
    assert (settings.rate_limit_qps, settings.rate_limit_burst) == (20.0, 40)
    assert settings.log_level == "DEBUG"
    assert settings.metrics_enabled is False
    assert settings.disabled_providers == ("deepseek", "tesseract")


def test_an_empty_variable_means_the_default() -> None:
    assert Settings.from_env({"PORT": " "}) == Settings()


@pytest.mark.parametrize(
    ("variable", "value", "wanted"),
    [
        ("PORT", "70000", "a whole number from 0 to 65535"),
        ("OCR_TIMEOUT_MS", "soon", "a whole number from 1 to 600000"),
        ("ERROR_EMA_ALPHA", "0", "a number above 0, at most 1"),
        ("ERROR_EMA_ALPHA", "nan", "a number above 0, at most 1"),
        ("OCR_DEFAULT_PROVIDER", "doctr", "one of auto, paddle, deepseek, tesseract"),
        ("LOG_LEVEL", "LOUD", "one of DEBUG, INFO, WARNING, ERROR, CRITICAL"),
        ("METRICS_ENABLED", "maybe", "true or false"),
        ("DISABLED_PROVIDERS", "paddle,deepseek,tesseract", "some, not all"),
        ("DISABLED_PROVIDERS", "doctr", "some, not all"),
        ("WORKERS", "4", "counters live in one process"),
    ],
)
def test_a_bad_value_is_refused_by_name(variable: str, value: str, wanted: str) -> None:
    with pytest.raises(SettingsError) as caught:
        Settings.from_env({variable: value})
    assert str(caught.value).startswith(f"{variable}={value!r}: give ")
    assert wanted in str(caught.value)


def test_all_faults_are_told_at_once() -> None:
    with pytest.raises(SettingsError, match=r"PORT=.*; LOG_LEVEL="):
        Settings.from_env({"PORT": "x", "LOG_LEVEL": "x"})


def test_the_default_provider_cannot_be_disabled() -> None:
    with pytest.raises(SettingsError, match="OCR_DEFAULT_PROVIDER names a provider"):
        Settings.from_env({"OCR_DEFAULT_PROVIDER": "paddle", "DISABLED_PROVIDERS": "paddle"})


def test_the_admin_token_is_never_shown() -> None:
    settings = Settings.from_env({"ADMIN_TOKEN": "hush"})
    assert "hush" not in repr(settings)
    assert "ADMIN_TOKEN" not in settings.shown()


def test_the_program_stops_with_a_message_when_a_setting_is_wrong(root: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "service.cad_ml_platform"],
        env={**os.environ, "PORT": "x"},
        cwd=root,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.returncode == 2
    assert done.stderr == "cad_ml_platform: PORT='x': give a whole number from 0 to 65535\n"
