"""Why an expression has no value here."""

from __future__ import annotations


class NotEvaluated(Exception):
    """An expression holds something that is not evaluated here, or that Prometheus refuses; says what."""


class Refused(NotEvaluated):
    """Prometheus refuses to evaluate it as well."""
