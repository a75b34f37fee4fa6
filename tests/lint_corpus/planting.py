"""How a fault is planted: operators that change a good expression, rule or file in one place, always the same ones."""

from __future__ import annotations

import functools
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from promspec.promql import Expr, PromQLError, Series, parse
from tests.lint_corpus.corpus import GOOD, folders, metrics

Json = dict[str, Any]
_DUMPER: Any = getattr(yaml, "CSafeDumper", yaml.SafeDumper)
EACH = 4
"""So many faults each operator plants, spread over the corpus, or as many as there are places."""


@dataclass(frozen=True, slots=True)
class Planted:
    """A fault: the rule that should find it, what was done, where, and the file as it then is."""

    id: str
    what: str
    folder: str
    name: str
    file: str
    text: str


@dataclass(frozen=True, slots=True)
class Site:
    """An expression of the corpus: the document that holds it, the mapping that it stands in, and its tree."""

    folder: str
    file: str
    document: Json
    owner: Json
    kind: str
    text: str
    tree: Expr

    @property
    def name(self) -> str:
        """The rule or the panel."""
        return str(self.owner.get("alert") or self.owner.get("record") or self.owner.get("refId"))

    def series(self, name: str | None) -> Series | None:
        """What the exposition beside it shows of a name."""
        return metrics(GOOD / self.folder).seen(name) if name else None


@dataclass(frozen=True, slots=True)
class Operator:
    """What plants faults of one kind: it yields where it can, each with the file that comes of it."""

    id: str
    what: str
    plant: Callable[[str], Iterator[Planted]] = field(compare=False)
    """Takes a folder; nothing is done before it is asked for."""


OPERATORS: list[Operator] = []


@functools.cache
def documents() -> tuple[tuple[str, str, Json], ...]:
    """Every rule file, dashboard and configuration, unwrapped and parsed: folder, file, document."""
    found = []
    for folder in folders():
        for path in sorted(folder.iterdir()):
            if path.suffix in (".yml", ".json"):
                found.append((folder.name, *_plain(path)))
    return tuple(found)


def _plain(path: Path) -> tuple[str, Json]:
    text = path.read_text(encoding="utf-8")
    document: Json = json.loads(text) if path.suffix == ".json" else yaml.safe_load(text)
    if document.get("kind") == "ConfigMap":
        inner = next(iter(document["data"].values()))
        document = json.loads(inner) if inner.startswith("{") else yaml.safe_load(inner)
    document = document.get("dashboard", document) if "panels" not in document else document
    document = document["spec"] if document.get("kind") == "PrometheusRule" else document
    return ("dashboard.json" if "panels" in document else path.name), document


def written(file: str, document: Json) -> str:
    """The text of a document."""
    if file.endswith(".json"):
        return json.dumps(document, indent=1)
    return str(yaml.dump(document, Dumper=_DUMPER, sort_keys=False, width=1000))


def rules(document: Json) -> list[Json]:
    """The rules of a document, in order."""
    return [rule for group in document.get("groups", ()) for rule in group["rules"]]


@functools.cache
def sites(wanted: str) -> tuple[Site, ...]:
    """Every expression of a folder, those of rules first."""
    found: list[Site] = []
    for folder, file, document in reversed(documents()):
        if folder != wanted:
            continue
        for rule in rules(document):
            kind = "alert" if "alert" in rule else "record"
            found.append(Site(folder, file, document, rule, kind, rule["expr"], parse(rule["expr"])))
        for panel in document.get("panels", ()):
            for target in panel.get("targets", ()):
                tree = parse(target["expr"], templated=True)
                found.append(Site(folder, file, document, target, "panel", target["expr"], tree))
    return tuple(found)


Change = Callable[[Site], str | None]


def expression(id: str, what: str, *kinds: str) -> Callable[[Change], Change]:
    """An operator on expressions: it gives the new text, or None where it does not apply."""

    def register(change: Change) -> Change:
        def plant(folder: str) -> Iterator[Planted]:
            for site in sites(folder):
                text = change(site) if not kinds or site.kind in kinds else None
                if text is not None and text != site.text:
                    yield _planted(id, what, site, text)

        OPERATORS.append(Operator(id, what, plant))
        return change

    return register


def _planted(id: str, what: str, site: Site, text: str) -> Planted:
    before, site.owner["expr"] = site.owner["expr"], text
    try:
        return Planted(id, what, site.folder, site.name, site.file, written(site.file, site.document))
    finally:
        site.owner["expr"] = before


Edit = Callable[[Json], Iterator[tuple[str, Json]]]


def document(id: str, what: str, holds: str, *, file: str = "") -> Callable[[Edit], Edit]:
    """An operator on whole documents that have the key `holds`: it yields a name and the changed copy.

    With `file` the copy stands beside what it was made from.
    """
    beside = file

    def register(edit: Edit) -> Edit:
        def plant(wanted: str) -> Iterator[Planted]:
            for folder, file, good in documents():
                for name, bad in edit(good) if holds in good and folder == wanted else ():
                    yield Planted(id, what, folder, name, beside or file, written(file, bad))

        OPERATORS.append(Operator(id, what, plant))
        return edit

    return register


def text(id: str, what: str, holds: str) -> Callable[[Callable[[str], Iterator[str]]], None]:
    """An operator on the text of a file."""

    def register(edit: Callable[[str], Iterator[str]]) -> None:
        def plant(wanted: str) -> Iterator[Planted]:
            for folder, file, good in documents():
                for bad in edit(written(file, good)) if holds in good and folder == wanted else ():
                    yield Planted(id, what, folder, file, file, bad)

        OPERATORS.append(Operator(id, what, plant))

    return register


def spread(operator: Operator) -> list[Planted]:
    """At most EACH of an operator's faults, from as many folders as possible and evenly spread."""
    waiting = {folder.name: operator.plant(folder.name) for folder in folders()}
    found: list[Planted] = []
    while waiting and len(found) < EACH:
        turn = {name: planted for name, plants in waiting.items() if (planted := next(plants, None)) is not None}
        waiting = {name: waiting[name] for name in turn}
        missing = EACH - len(found)
        found += list(turn.values())[:: max(1, len(turn) // missing)][:missing]
    return found


def parses(text: str) -> bool:
    """Whether a changed expression is still one."""
    try:
        parse(text, templated=True)
    except PromQLError:
        return False
    return True
