"""`Memory`: proofs that were found before, by a digest of all they depend on: finding one takes up to a second."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from functools import cache
from importlib import resources
from typing import Any

from promspec.evaluation import NotEvaluated, Rule
from promspec.promql import Registry, selectors
from promspec.proofs.model import Case, Check, Proof, TestedRule
from promspec.proofs.solving import Unsolved

_PACKAGES = ("promspec.proofs", "promspec.evaluation", "promspec.promql", "promspec.promql.inference")


class Memory:
    """Gives what was found for the same facts. `known` is plain data, as JSON has it; `used` what a run needed of it.

    >>> memory = Memory({})
    >>> memory.proofs(("facts",), lambda: (Proof("up", (), 1000, ()),))[0].subject
    'up'
    >>> list(memory.used.values())[0]["proofs"][0]["subject"]
    'up'
    """

    def __init__(self, known: Mapping[str, Any]) -> None:
        self._known = known
        self.used: dict[str, Any] = {}

    def proofs(self, facts: object, find: Callable[[], tuple[Proof, ...]]) -> tuple[Proof, ...]:
        """The proofs of these facts; `find` is called, and may raise `Unsolved` or `NotEvaluated`, if they are new."""
        key = hashlib.sha256(f"{_code()}{facts!r}".encode()).hexdigest()
        entry = self._known.get(key)
        found = None if entry is None else _known(entry)
        if found is None:
            try:
                found = find()
            except (Unsolved, NotEvaluated) as error:
                found = error
            entry = _entry(found)
        self.used[key] = entry
        if isinstance(found, tuple):
            return found
        raise found


def _entry(found: tuple[Proof, ...] | Unsolved | NotEvaluated) -> dict[str, Any]:
    if isinstance(found, tuple):
        return {"proofs": [asdict(proof) for proof in found]}
    return {type(found).__name__: str(found)}


def _known(entry: Any) -> tuple[Proof, ...] | Unsolved | NotEvaluated | None:
    """What an entry says; None if it is none of ours."""
    try:
        if "proofs" not in entry:
            return Unsolved(entry["Unsolved"]) if "Unsolved" in entry else NotEvaluated(entry["NotEvaluated"])
        return tuple(_proof(one) for one in entry["proofs"])
    except (LookupError, TypeError, ValueError, AttributeError):
        return None


def _proof(entry: Any) -> Proof:
    rules = tuple(TestedRule(**{**rule, **_pairs(rule, "labels", "annotations")}) for rule in entry["rules"])
    cases = tuple(
        Case(case["name"], case["interval"], _tuples(case["series"]), tuple(map(_check, case["checks"])))
        for case in entry["cases"]
    )
    return Proof(entry["subject"], rules, entry["step"], cases, tuple(entry["notes"]), entry["part"])


def _check(entry: Any) -> Check:
    return Check(entry["expr"], entry["at"], _tuples(entry["samples"]))


def _pairs(entry: Any, *names: str) -> dict[str, Any]:
    return {name: _tuples(entry[name]) for name in names}


def _tuples(pairs: Sequence[Sequence[Any]]) -> tuple[Any, ...]:
    return tuple((first, second) for first, second in pairs)


@cache
def _code() -> str:
    """A digest of the modules that find proofs: other code may find others."""
    digest = hashlib.sha256()
    for package in _PACKAGES:
        for item in sorted(resources.files(package).iterdir(), key=lambda item: item.name):
            if item.name.endswith(".py"):
                digest.update(item.read_bytes())
    return digest.hexdigest()


class Facts:
    """All that a proof of an expression depends on: the rules behind it, and what is known of the series."""

    def __init__(self, records: Sequence[Rule], registry: Registry) -> None:
        self._records, self._registry = records, registry
        self._reads = {rule: _names(rule) for rule in records}

    def behind(self, expr: str) -> tuple[object, ...]:
        """The facts behind an expression; everything, if it selects series without naming them."""
        waiting = _names(Rule("", expr))
        reached: dict[str | None, None] = {}
        while waiting:
            name = waiting.pop()
            if name not in reached:
                reached[name] = None
                waiting += [read for rule in self._records if rule.record == name for read in self._reads[rule]]
        everything = None in reached
        rules = [rule for rule in self._records if everything or rule.record in reached]
        names = self._registry.names() if everything else [name for name in reached if name is not None]
        series = [self._registry.series(name) for name in sorted(names)]
        return tuple((rule.record, rule.expr, rule.labels) for rule in rules), tuple(map(repr, series))


def _names(rule: Rule) -> list[str | None]:
    return [selector.name or None for selector in selectors(rule.tree)]
