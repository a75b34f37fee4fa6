"""The tables the PromQL tests read, and the registry that the inference cases are judged against."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Collection, Sequence
from pathlib import Path

from promspec.promql import Series, SeriesKind, Values

_FOLDER = Path(__file__).parent
PROVIDERS = ("paddle", "deepseek", "tesseract")
FRAGMENTS = (
    *("sum", "by", "rate", "x", "and", "or ", "offset", "on", "ignoring", "without", "group_left", "bool", "start()"),
    *("5m", "1", "0", "e", "s", "_", '"', "'a'", '"b"', "`", "\\", "#", " ", "."),
    *("(", ")", "{", "}", "[", "]", "(?", "=", "!=", "=~", ",", ":", "@", "-", "+", "*", "^", "|"),
)
"""What damaged expressions are made of."""
CODES = ("provider_timeout", "input_error", "parse_failed")


def promtool(*arguments: str) -> subprocess.CompletedProcess[str]:
    """What promtool answers; it must be on PATH."""
    binary = shutil.which("promtool")
    assert binary is not None, "these tests need promtool on PATH"
    return subprocess.run([binary, *arguments], capture_output=True, text=True, timeout=120)


def accepted() -> list[str]:
    """The expressions that Prometheus accepts, one per line of accepted.txt."""
    return (_FOLDER / "accepted.txt").read_text(encoding="utf-8").splitlines()


def rejected() -> list[tuple[str, str]]:
    """The expressions that Prometheus rejects, each with `start:end message: remedy`, from rejected.txt."""
    lines = (_FOLDER / "rejected.txt").read_text(encoding="utf-8").splitlines()
    return [(expression, error) for expression, _, error in (line.rpartition("  =>  ") for line in lines)]


def inferred() -> list[tuple[str, str]]:
    """The blocks of inference.txt: an expression, and the indented lines of what is inferred."""
    blocks = (_FOLDER / "inference.txt").read_text(encoding="utf-8").strip("\n").split("\n\n")
    return [(block.partition("\n")[0], block.partition("\n")[2]) for block in blocks]


class SampleRegistry:
    """A service with counters, a histogram, gauges, a recorded series and one whose labels are not all known."""

    def __init__(self) -> None:
        target: dict[str, Values] = {"job": ("ocr",), "instance": None}
        bounds = ("0.5", "1.0", "2.0", "+Inf")
        self._series = {
            series.name: series
            for series in (
                _series("ocr_requests_total", "counter", target, provider=PROVIDERS, status=("success", "error")),
                _series("ocr_errors_total", "counter", target, provider=PROVIDERS, code=CODES),
                _series("ocr_duration_seconds_bucket", "histogram_bucket", target, provider=PROVIDERS, le=bounds),
                _series("ocr_duration_seconds_sum", "histogram_sum", target, provider=PROVIDERS),
                _series("ocr_duration_seconds_count", "histogram_count", target, provider=PROVIDERS),
                _series("ocr_queue_depth", "gauge", target, queue=None),
                _series("ocr_build_info", "info", target, version=None),
                _series("provider:ocr_requests:rate5m", "recorded", {}, provider=PROVIDERS),
                _series("up", "gauge", target),
                Series("node_cpu_seconds_total", "counter", {"cpu": None, "mode": ("idle", "user")}, exact=False),
            )
        }

    def series(self, name: str) -> Series | None:
        return self._series.get(name)

    def names(self) -> Sequence[str]:
        return list(self._series)

    def histograms(self) -> Collection[str]:
        return {"ocr_duration_seconds"}


def _series(name: str, kind: SeriesKind, target: dict[str, Values], **labels: Values) -> Series:
    return Series(name, kind, {**target, **labels})
