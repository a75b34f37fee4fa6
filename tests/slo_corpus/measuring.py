"""What a rule set does in a situation, as promtool evaluates it: when it first pages, when it first opens a ticket."""

from __future__ import annotations

import functools
import tempfile
from dataclasses import dataclass
from pathlib import Path

import yaml

from promspec.quantities import duration, milliseconds
from tests.slo_corpus.rule_sets import REMAINING, RULE_SETS
from tests.slo_corpus.situations import Situation
from tests.support.rule_lab import values

_NEVER = -1.0


@dataclass(frozen=True, slots=True)
class Outcome:
    """Seconds since the trouble began; None for never. `budget` is what remains at the end, None if nobody knows.

    `nans` counts the recorded values that are no number.
    """

    page: float | None
    ticket: float | None
    paging_at_end: bool
    budget: float | None
    nans: float


@functools.cache
def rule_files(name: str, scrape: str, evaluation: str) -> tuple[Path, ...]:
    """The files of a rule set; the folder is deleted with the process."""
    folder = tempfile.TemporaryDirectory(prefix="promspec-slo-")
    _FOLDERS.append(folder)
    return RULE_SETS[name](Path(folder.name), scrape, evaluation)


_FOLDERS: list[tempfile.TemporaryDirectory[str]] = []


@functools.cache
def outcome(name: str, situation: Situation, alerts_first: bool = False) -> Outcome:
    """What a rule set does in a situation."""
    last = duration(milliseconds(situation.lasts) - milliseconds(situation.evaluation))
    asks = [
        (_first("critical", last, situation.evaluation), last),
        (_first("warning", last, situation.evaluation), last),
        ('count(ALERTS{alertstate="firing",severity="critical"}) or vector(0)', last),
        (f"max({REMAINING[name]})", last),
    ]
    clock = situation.scrape, situation.evaluation
    rules = rule_files(name, *clock)
    asks.append((_no_numbers(rules, last, situation.evaluation), last))
    page, ticket, paging, budget, nans = values(rules, situation.series, clock, asks, alerts_first)
    # What the first bad scrape shows may have begun right after the one before it.
    began = max(0.0, (milliseconds(situation.begins) - milliseconds(situation.scrape)) / 1000)
    return Outcome(_since(began, page), _since(began, ticket), bool(paging), budget, nans or 0)


def _no_numbers(rules: tuple[Path, ...], span: str, step: str) -> str:
    """How many values were recorded that are not equal to themselves."""
    loaded = [group for path in rules for group in yaml.safe_load(path.read_text(encoding="utf-8"))["groups"]]
    names = dict.fromkeys(rule["record"] for group in loaded for rule in group["rules"] if "record" in rule)
    counts = [f"(sum(count_over_time(({name} != {name})[{span}:{step}])) or vector(0))" for name in names]
    return " + ".join(counts)


def _first(severity: str, span: str, step: str) -> str:
    alerts = f'ALERTS{{alertstate="firing",severity="{severity}"}}'
    return f"min(min_over_time(timestamp({alerts})[{span}:{step}])) or vector({_NEVER})"


def _since(began: float, value: float | None) -> float | None:
    return None if value is None or value == _NEVER else value - began
