"""The one error of the query language: what is wrong, where, and what to write instead."""

from __future__ import annotations


class PromQLError(ValueError):
    """An expression that Prometheus would reject.

    `start` and `end` are offsets into the text that was parsed; `remedy` says what to write, or is empty.
    """

    def __init__(self, message: str, start: int, end: int, remedy: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.start = start
        self.end = end
        self.remedy = remedy

    def __str__(self) -> str:
        return f"{self.message}: {self.remedy}" if self.remedy else self.message
