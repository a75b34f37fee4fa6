"""importing: SLOs that were written for another generator, as a Python spec. Pure but for reading the files."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from promspec.importing.checking import check_queries
from promspec.importing.documents import read
from promspec.importing.entries import Entry, Findings
from promspec.importing.model import Import, ImportedSlo
from promspec.importing.names import distinct, slug, spec_name
from promspec.importing.openslo import add_openslo
from promspec.importing.sloth import add_sloth
from promspec.importing.writing import spec_text
from promspec.problems import Level, Problem, has_errors, in_order


@dataclass(frozen=True, slots=True)
class Imported:
    """The text of a spec, empty if there is none; its name; and everything that had to be said."""

    text: str
    name: str
    problems: tuple[Problem, ...]


def import_sloth(paths: Sequence[str | Path], name: str = "", window: str = "30d") -> Imported:
    """The SLOs of Sloth's files as one spec; `window` is the period, which Sloth is told by `--default-slo-period`.

    >>> import_sloth(["missing.yml"]).problems[0].id
    'import/no-file'
    """
    found, documents = _open(paths)
    add_sloth(found, documents, window)
    return _finished(found, paths, name)


def import_openslo(paths: Sequence[str | Path], name: str = "") -> Imported:
    """The SLOs of OpenSLO v1 files as one spec; what one file refers to may stand in another.

    >>> import_openslo(["missing.yml"]).problems[0].id
    'import/no-file'
    """
    found, documents = _open(paths)
    add_openslo(found, documents)
    return _finished(found, paths, name)


def _open(paths: Sequence[str | Path]) -> tuple[Import, list[Entry]]:
    findings = Findings()
    documents = [document for path in paths for document in read(path, findings)]
    return Import(", ".join(_name(path) for path in paths), findings), documents


def _finished(found: Import, paths: Sequence[str | Path], name: str) -> Imported:
    problems = found.findings.problems
    _name_slos(found)
    check_queries(found.slos, found.services)
    if not any(slo.indicator is not None for slo in found.slos) and not has_errors(problems):
        text = "there is no SLO that could be imported"
        found.findings.add("import/nothing", text, str(paths[0]), 0, "name the file that declares SLOs")
    only = next(iter(found.services), "") if len(found.services) == 1 else ""
    chosen = spec_name(name or only or _name(paths[0]).rsplit(".", 1)[0])
    text = "" if has_errors(problems) else spec_text(found, chosen)
    return Imported(text, chosen, in_order(problems))


def _name_slos(found: Import) -> None:
    """A name for each SLO: its own, with the service before it where there are several services."""
    taken: set[str] = set()
    for slo in found.slos:
        wanted = f"{slo.service}-{slo.id}" if len(found.services) > 1 else slo.id
        slo.name = distinct(slug(wanted, "slo"), taken)
        if slo.name != wanted:
            _renamed(slo, wanted)


def _renamed(slo: ImportedSlo, wanted: str) -> None:
    text = f"it is called {slo.name!r} here, because {wanted!r} is taken or no name that promspec takes"
    slo.note(slo.entry, "import/changed", text, "rename it as you like: lower case words", Level.INFO)


def _name(path: str | Path) -> str:
    return re.split(r"[\\/]", str(path))[-1]


__all__ = ["Imported", "import_openslo", "import_sloth"]
