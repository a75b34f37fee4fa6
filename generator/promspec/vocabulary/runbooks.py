"""`Runbook`: what a person woken by an alert does, in stages; its queries are checked like any other."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import KW_ONLY
from typing import Annotated

from pydantic import AfterValidator, Field

from promspec.naming import SLUG
from promspec.vocabulary.base import Declaration
from promspec.vocabulary.texts import DurationText, Filled, wrong


def _slug(text: str) -> str:
    if not SLUG.fullmatch(text):
        better = re.sub(r"[^a-z0-9]+", "_", text.lower()).strip("_") or "my_runbook"
        raise wrong("runbook/name", f"{text!r} cannot name a file", f"write lower case words joined by _: {better!r}")
    if text == "readme":
        raise wrong("runbook/name", "README is the index of the runbooks", "give the runbook a name of its own")
    return text


class Stage(Declaration):
    """A stage of the response: when it begins and ends after the page, its aim, its steps."""

    begins: DurationText
    ends: DurationText
    title: Filled
    steps: Sequence[str]


class Escalation(Declaration):
    """Whom to call next: a level, a role, how to reach it, within what time it answers."""

    level: Filled
    role: Filled
    contact: Filled
    within: Filled


class Runbook(Declaration):
    """The response to an alert.

    `name` is the file's name. `detection` maps a question to the PromQL that answers it. `logs` are log lines or shell
    commands to look for. `fixes` maps a cause to its remedy. Steps and fixes are Markdown.

    >>> Runbook("provider_timeout", "A provider times out", summary="Requests to an OCR engine take too long.").name
    'provider_timeout'
    """

    name: Annotated[str, AfterValidator(_slug)]
    title: Filled
    _: KW_ONLY
    summary: Filled
    impact: str = ""
    detection: Mapping[str, str] = Field(default_factory=dict)
    logs: Sequence[str] = ()
    stages: Sequence[Stage] = ()
    causes: Sequence[str] = ()
    fixes: Mapping[str, str] = Field(default_factory=dict)
    prevention: Sequence[str] = ()
    escalation: Sequence[Escalation] = ()
