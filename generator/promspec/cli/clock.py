"""The one place that asks what day it is: allowances with a date are judged by it, and nothing else."""

from __future__ import annotations

import os
from datetime import UTC, date, datetime


def today() -> str:
    """The day as ISO 8601; that of `SOURCE_DATE_EPOCH` where it is set, so that a build can be repeated.

    Source: https://reproducible-builds.org/specs/source-date-epoch/
    """
    given = os.environ.get("SOURCE_DATE_EPOCH", "")
    try:
        return datetime.fromtimestamp(int(given), UTC).date().isoformat()
    except (ValueError, OverflowError, OSError):
        return date.today().isoformat()
