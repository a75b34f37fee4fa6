"""`Dashboard`, `Row` and `Query`: what a Grafana dashboard holds; the panels are in `panels`."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import KW_ONLY
from typing import Annotated

from pydantic import AfterValidator, Field

from promspec.quantities import milliseconds
from promspec.vocabulary.base import Declaration
from promspec.vocabulary.labels import Label
from promspec.vocabulary.panels import Panel
from promspec.vocabulary.texts import DurationText, Filled, wrong


def _uid(text: str | None) -> str | None:
    if text is not None and not re.fullmatch(r"[A-Za-z0-9_-]{1,40}", text):
        made = re.sub(r"[^A-Za-z0-9_-]+", "-", text).strip("-")[:40] or "my-dashboard"
        remedy = f"write up to 40 letters, digits, _ and -: {made!r}"
        raise wrong("dashboard/uid", f"{text!r} is no uid of Grafana", remedy)
    return text


def _since(text: str) -> str:
    if milliseconds(text) < 60_000:
        raise wrong(
            "dashboard/since", f"{text} is too short to see anything", 'write how far back it looks, such as "1h"'
        )
    return text


def _links(links: Mapping[str, str]) -> Mapping[str, str]:
    for title, url in links.items():
        if not re.match(r"https?://|/|\$\{", url):
            raise wrong("dashboard/link", f"the link {title!r} leads to {url!r}, which is no URL", "write https://…")
    return links


class Row(Declaration):
    """A section of a dashboard: a title and its panels, laid out from left to right."""

    title: Filled
    panels: Annotated[Sequence[Panel], AfterValidator(tuple)]
    _: KW_ONLY
    collapsed: bool = False


class Dashboard(Declaration):
    """A Grafana dashboard.

    Every one has the variables data source, `job` and `instance`, which are put into every selector whose series can
    have them. `variables` are labels of the spec that become variables as well. `uid` is made from the spec's name and
    the title unless given. `since` is how far back it looks, `refresh` how often it asks again (`0s` is never). `links`
    maps titles to URLs; the dashboards of one spec are linked without being asked.
    """

    title: Filled
    rows: Annotated[Sequence[Row], AfterValidator(tuple)]
    _: KW_ONLY
    description: str = ""
    uid: Annotated[str | None, AfterValidator(_uid)] = None
    variables: Annotated[Sequence[Label], AfterValidator(tuple)] = ()
    tags: Annotated[Sequence[str], AfterValidator(tuple)] = ()
    refresh: DurationText = "30s"
    since: Annotated[DurationText, AfterValidator(_since)] = "1h"
    links: Annotated[Mapping[str, str], AfterValidator(_links)] = Field(default_factory=dict)

    @property
    def name(self) -> str:
        """The title, as other declarations have a name."""
        return self.title
