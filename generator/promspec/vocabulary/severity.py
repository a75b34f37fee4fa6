"""`Severity`: how urgent, from a page to a mail."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

from pydantic import Field


class Severity(StrEnum):
    """critical pages a person now, warning is a ticket for today, info can wait. Source: kubernetes-mixin's usage."""

    CRITICAL = "critical"
    WARNING = "warning"
    INFO = "info"


Urgency = Annotated[Severity, Field(strict=False)]
"""A severity, or the word for it."""
