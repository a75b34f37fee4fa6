"""A verification as one HTML page: no script, nothing loaded from elsewhere, and every text escaped."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from promspec.live.coverage import Coverage, items
from promspec.plan.contract_tests import ContractFamily
from promspec.problems import Problem

_STYLE = """
:root { color-scheme: light dark; --line: #8884; --bad: #c62828; --warn: #b26a00; --good: #2e7d32; }
@media (prefers-color-scheme: dark) { :root { --bad: #ff8a80; --warn: #ffcc80; --good: #a5d6a7; } }
body { font: 16px/1.5 system-ui, sans-serif; max-width: 70rem; margin: 0 auto; padding: 1rem; }
table { border-collapse: collapse; width: 100%; } th, td { text-align: left; vertical-align: top; padding: .3rem .6rem;
border-bottom: 1px solid var(--line); overflow-wrap: anywhere; } code { font-size: .9em; }
.error, .unseen { color: var(--bad); } .warning { color: var(--warn); } .kept { color: var(--good); }
"""


def page(coverage: Coverage, problems: Sequence[Problem], failed: bool, targets: Sequence[str]) -> str:
    """The page. `targets` are endpoints and files as they may be shown."""
    name = escape(coverage.plan.spec)
    verdict = f'<p class="{"error" if failed else "kept"}">The contract is {"violated" if failed else "kept"}.</p>'
    where = "".join(f"<li><code>{escape(target)}</code></li>" for target in targets)
    counts = f"{len(coverage.declared) - len(coverage.unseen)} of {len(coverage.declared)}"
    parts = [
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">',
        '<meta name="viewport" content="width=device-width, initial-scale=1">',
        f"<title>Contract of {name}</title>\n<style>{_STYLE}</style>\n</head>\n<body>\n<h1>Contract of {name}</h1>",
        f"{verdict}\n<ul>{where}</ul>\n<h2>Violations: {len(problems)}</h2>\n{_problems(problems)}",
        f"<h2>Coverage: {coverage.percent:g} %</h2>",
        f"<p>{counts} of what is declared was seen in {coverage.scrapes} scrapes (digest {coverage.plan.digest}).</p>",
        "<table>\n<tr><th>metric</th><th>seen</th><th>not seen</th></tr>",
        *(_row(coverage, family) for family in coverage.plan.families),
        "</table>\n</body>\n</html>\n",
    ]
    return "\n".join(parts)


def _problems(problems: Sequence[Problem]) -> str:
    if not problems:
        return "<p>None.</p>"
    rows = [
        f'<tr><td class="{problem.level}">{problem.level}</td><td><code>{escape(problem.id)}</code></td>'
        f"<td>{escape(problem.summary)}<br><small>{escape(problem.remedy)}</small></td>"
        f"<td><code>{escape(str(problem.place))}</code></td></tr>"
        for problem in problems
    ]
    return "\n".join(["<table>", *rows, "</table>"])


def _row(coverage: Coverage, family: ContractFamily) -> str:
    declared = list(items(family))
    unseen = [item for item in declared if item not in coverage.seen]
    shown = ", ".join(f"{item.label}={item.value}" if item.value else item.label or "any" for item in unseen)
    cells = [f"<code>{escape(family.name)}</code>", f"{len(declared) - len(unseen)} of {len(declared)}", escape(shown)]
    return f'<tr><td>{cells[0]}</td><td>{cells[1]}</td><td class="unseen">{cells[2]}</td></tr>'
