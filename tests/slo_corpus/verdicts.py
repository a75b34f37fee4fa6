"""What is right and wrong in an outcome, and the table that shows two rule sets beside each other."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from promspec.quantities import duration, milliseconds
from tests.slo_corpus.measuring import Outcome, outcome
from tests.slo_corpus.rule_sets import OURS, RULE_SETS, SLOTH
from tests.slo_corpus.situations import Situation

BEGINS, ENDS = "<!-- the table of the corpus begins -->", "<!-- the table of the corpus ends -->"
HEAD = (
    "| situation | must | promspec: page | ticket | budget | Sloth-style: page | ticket | budget |",
    "|---|---|---|---|---|---|---|---|",
)


@dataclass(frozen=True, slots=True)
class Verdict:
    """The faults of an outcome: none, or `missed`, `late`, `false` for page and ticket each."""

    page: str
    ticket: str


def verdict(situation: Situation, found: Outcome) -> Verdict:
    """Hold an outcome to what must happen."""
    return Verdict(_fault(situation.page, found.page), _fault(situation.ticket, found.ticket))


def _fault(wanted: str, seconds: float | None) -> str:
    if wanted == "any":
        return ""
    if not wanted:
        return "" if seconds is None else "false"
    if seconds is None:
        return "missed"
    return "late" if seconds * 1000 > milliseconds(wanted) else ""


def row(situation: Situation) -> str:
    """The line of the table for a situation: what must happen, and what both rule sets do; faults in bold."""
    cells = [situation.name, _must(situation)]
    for name in RULE_SETS:
        found = outcome(name, situation)
        judged = verdict(situation, found)
        cells += [_time(found.page, judged.page), _time(found.ticket, judged.ticket), _budget(situation, found.budget)]
    return "| " + " | ".join(cells) + " |"


def _must(situation: Situation) -> str:
    wanted = [
        f"{word} within {time}" for word, time in (("page", situation.page), ("ticket", situation.ticket)) if time
    ]
    return ", ".join(text for text in wanted if not text.endswith("any")) or "nothing"


def _time(seconds: float | None, fault: str) -> str:
    text = "-" if seconds is None else duration(round(seconds) * 1000)
    if seconds is not None and seconds % 60:
        minutes, rest = divmod(round(seconds), 60)
        text = f"{duration(minutes * 60_000)}{rest}s" if minutes else f"{rest}s"
    return f"**{fault}**" if fault == "missed" else f"**{text}, {fault}**" if fault else text


def _budget(situation: Situation, budget: float | None) -> str:
    text = "unknown" if budget is None else "NaN" if math.isnan(budget) else f"{budget * 100:.1f}%"
    return f"**{text}**" if wrong_budget(situation, budget) else text


def wrong_budget(situation: Situation, budget: float | None) -> bool:
    """Whether what remains of the budget is told wrongly: by more than half a hundredth of it."""
    if situation.remains is None:
        return budget is None or math.isnan(budget)
    return budget is None or math.isnan(budget) or abs(budget - situation.remains) > 0.01


def totals(situations: Sequence[Situation]) -> list[str]:
    """A line for each kind of fault: how often each rule set has it."""
    lines = ["| | promspec | Sloth-style |", "|---|---|---|"]
    for word in ("page", "ticket"):
        for fault in ("missed", "late", "false"):
            counts = [
                sum(getattr(verdict(each, outcome(name, each)), word) == fault for each in situations)
                for name in (OURS, SLOTH)
            ]
            lines.append(f"| {word}s {fault} | {counts[0]} | {counts[1]} |")
    wrong = [sum(wrong_budget(each, outcome(name, each).budget) for each in situations) for name in (OURS, SLOTH)]
    lines.append(f"| budgets told wrongly | {wrong[0]} | {wrong[1]} |")
    return lines
