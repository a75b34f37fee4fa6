"""Comparison of two stored drawings by their vectors."""

from __future__ import annotations

from dataclasses import dataclass

from output.cad_ml_platform import instrumentation
from service.cad_ml_platform.errors import InputRejected
from service.cad_ml_platform.vectors import VectorStore, cosine


@dataclass(frozen=True, slots=True)
class Comparison:
    """How alike two drawings are: the cosine of their vectors, -1 to 1."""

    left: str
    right: str
    similarity: float
    dimension: int


def compare(store: VectorStore, pair: tuple[str, str] | InputRejected) -> Comparison:
    """Compare two ids; a pair that was refused before is passed in, so that it is counted here.

    Raises `InputRejected` when an id is unknown or the vectors are of different lengths. What does not compare is an
    outcome of its own, not a failure, so the error is raised when the request has been counted.
    """
    with instrumentation.compare.track() as request:
        result = _compared(store, pair)
        if isinstance(result, InputRejected):
            request.outcome("not_found" if result.status == 404 else "dimension_mismatch")
    if isinstance(result, InputRejected):
        raise result
    return result


def _compared(store: VectorStore, pair: tuple[str, str] | InputRejected) -> Comparison | InputRejected:
    if isinstance(pair, InputRejected):
        raise pair
    left, right = pair
    one, other = store.get(left), store.get(right)
    if one is None or other is None:
        missing = left if one is None else right
        return InputRejected("not_found", f"there is nothing under {missing[:80]!r}", 404)
    if len(one.values) != len(other.values):
        text = f"{len(one.values)} and {len(other.values)} components"
        return InputRejected("dimension_mismatch", text, 409)
    return Comparison(left, right, round(cosine(one.values, other.values), 6), len(one.values))
