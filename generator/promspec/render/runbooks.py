"""Writes the runbooks as Markdown, and their index."""

from __future__ import annotations

from collections.abc import Sequence

from promspec import files
from promspec.files import GeneratedFile
from promspec.plan.runbooks import RunbookPlan
from promspec.render.templating import fill


def render_runbooks(plans: Sequence[RunbookPlan], source: str) -> tuple[GeneratedFile, ...]:
    """One file for each runbook and `runbooks/README.md`; no file where there is no runbook."""
    if not plans:
        return ()
    header = files.header(source, "<!--")
    index = GeneratedFile("runbooks/README.md", fill("runbooks_index.md.jinja", header=header, runbooks=plans))
    return index, *(GeneratedFile(plan.path, fill("runbook.md.jinja", header=header, runbook=plan)) for plan in plans)
