"""A notification as Alertmanager posts it, held to the rule and the routes that it comes from."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from promspec.drilling.model import Message
from promspec.drilling.rules import Notified
from promspec.plan.rules import AlertRule

_ACTION = re.compile(r"\{\{-?\s*(?:(if|with|range|define|block)\b|(end)\b)?.*?\}\}", re.DOTALL)
_NOT_FILLED_IN = ("<no value>", "<error expanding template")


def messages(pages: Sequence[Mapping[str, Any]]) -> Iterator[Message]:
    """Every alert of every notification that the pager took, in the order of their arrival."""
    for page in pages:
        told = page["notification"]
        alerts = told.get("alerts", ())
        for alert in alerts:
            yield Message(
                page["received_at"],
                told.get("receiver", ""),
                told.get("groupKey", ""),
                told.get("groupLabels", {}),
                alert.get("status", ""),
                alert.get("labels", {}),
                alert.get("annotations", {}),
                alert.get("fingerprint", ""),
                tuple(other["labels"] for other in alerts if other is not alert),
            )


def faults(message: Message, rule: AlertRule, notified: Notified) -> Iterator[str]:
    """What is wrong with a page: its labels, texts, links, receiver, grouping."""
    for name, value in rule.labels:
        yield from _text(f"its label {name}", message.labels.get(name), value)
    for name, value in rule.annotations:
        yield from _text(f"its {name}", message.annotations.get(name), value)
    if message.receiver not in notified.receivers:
        yield f"it went to {message.receiver}, not to {' and '.join(notified.receivers)}"
    keys = tuple(message.labels) if notified.group_by == ("...",) else notified.group_by
    wanted = {key: message.labels[key] for key in keys if key in message.labels}
    if dict(message.group_labels) != wanted:
        yield f"it was grouped by {dict(message.group_labels)}, not by {wanted}"
    for other in message.beside:
        if any(other.get(key) != value for key, value in wanted.items()):
            yield f"beside it was told of {other.get('alertname')}, which is of another group"


def _text(what: str, given: str | None, template: str) -> Iterator[str]:
    if given is None:
        yield f"{what} is missing"
    elif _ACTION.search(template) and (given == template or any(words in given for words in _NOT_FILLED_IN)):
        yield f"{what} was not filled in: {given}"
    elif not _pattern(template).fullmatch(given):
        yield f"{what} is {given!r}, not {template!r}"


def _pattern(template: str) -> re.Pattern[str]:
    """What a template can become: its plain text, with anything where it has an action or a block of them."""
    parts: list[str] = []
    depth = copied = 0
    for action in _ACTION.finditer(template):
        if not depth:
            parts += (re.escape(template[copied : action.start()]), ".*")
        depth += 1 if action[1] else -1 if action[2] else 0
        copied = action.end()
    return re.compile("".join((*parts, re.escape(template[copied:]))), re.DOTALL)
