"""The baseline: findings that are known already, matched without their lines, so that moved ones stay known."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path

from promspec.problems import Problem

_KEYS = ("file", "kind", "name", "id", "message")


class BaselineError(ValueError):
    """A baseline that cannot be read."""


def _key(problem: Problem) -> tuple[str, ...]:
    return problem.place.file, problem.kind, problem.subject, problem.id, problem.summary


def document(problems: Iterable[Problem]) -> str:
    """The baseline that knows these findings, sorted, with how often each occurs."""
    counted = sorted(Counter(_key(problem) for problem in problems).items())
    rows = [{**dict(zip(_KEYS, key, strict=True)), "count": count} for key, count in counted]
    return json.dumps({"version": 1, "findings": rows}, indent=2, ensure_ascii=False) + "\n"


def read(path: Path) -> Counter[tuple[str, ...]]:
    """The known findings with their counts; raises BaselineError."""
    try:
        rows = json.loads(path.read_text(encoding="utf-8-sig"))["findings"]
        return Counter({tuple(str(row[key]) for key in _KEYS): int(row.get("count", 1)) for row in rows})
    except OSError as error:
        raise BaselineError(f"cannot read {path}: {(error.strerror or str(error)).lower()}") from None
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        raise BaselineError(f"{path} is no baseline: write one with --write-baseline") from None


def unknown(problems: Sequence[Problem], known: Counter[tuple[str, ...]]) -> tuple[list[Problem], int]:
    """The findings that the baseline does not know, and how many that it knows are gone."""
    left = Counter(known)
    fresh = []
    for problem in problems:
        key = _key(problem)
        if left[key] > 0:
            left[key] -= 1
        else:
            fresh.append(problem)
    return fresh, sum(left.values())
