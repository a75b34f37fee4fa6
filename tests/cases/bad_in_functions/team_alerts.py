"""Functions that a team shares."""

from promspec import Alert, Severity

TOP = Alert("Top", "nothing_here > 1", severity=Severity.WARNING, summary="It is bad.")


def many(name: str, *, bound: int) -> list[Alert]:
    """An alert of this module, and one of its caller's."""
    return [TOP, Alert(name, f"nor_here > {bound}", severity=Severity.WARNING, summary="It is bad.")]
