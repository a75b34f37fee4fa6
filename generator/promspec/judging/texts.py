"""Names and sentences of alerts: CamelCase, full stops, and where the links in annotations lead."""

from __future__ import annotations

import re
from collections.abc import Collection

from promspec.problems import near_miss, one_of

_LINK = re.compile(r"/d/([A-Za-z0-9_-]+)")


def camel_case(name: str) -> str:
    """The name in CamelCase; one that is in it already, or has letters of no case, stays as it is.

    >>> camel_case("high_error-rate"), camel_case("HTTPErrors")
    ('HighErrorRate', 'HTTPErrors')
    """
    if re.fullmatch(r"[^a-z_\s-][^_\s-]*", name) and not (name.isupper() and len(name) > 8):
        return name
    words = re.split(r"[_\s-]+", name.lower() if name.isupper() else name)
    return "".join(word[:1].upper() + word[1:] for word in words if word)


def ends_a_sentence(text: str) -> bool:
    """Whether a text ends as sentences do; a template at its end may."""
    return text.rstrip()[-1:] in (".", "!", "?", "…") or text.rstrip().endswith("}}")


def is_address(text: str) -> bool:
    """Whether a text is a URL, or a template that becomes one."""
    return text.strip().startswith(("http://", "https://", "{{"))


def unknown_dashboard(text: str, uids: Collection[str]) -> tuple[str, str] | None:
    """The uid in a link to a dashboard that there is not, and the remedy; None if it leads somewhere, or elsewhere."""
    link = _LINK.search(text)
    if link is None or link[1] in uids or "$" in text[link.start() : link.end() + 1]:
        return None
    return link[1], near_miss(link[1], uids) or f"the dashboards here have the uids {one_of(sorted(uids))}"
