"""The choices of the command `lint`; a module of their own, so that other commands start without the linter."""

from __future__ import annotations

from enum import StrEnum


class LintFormat(StrEnum):
    """The forms in which findings are shown."""

    TEXT = "text"
    JSON = "json"
    GITHUB = "github"
    SARIF = "sarif"
    JUNIT = "junit"


class FailOn(StrEnum):
    """From which level on a finding makes the command fail."""

    ERROR = "error"
    WARNING = "warning"
    INFO = "info"
