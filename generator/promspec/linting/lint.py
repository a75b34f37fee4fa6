"""lint: read files, judge them together, and leave out what comments allow."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from promspec.linting import (
    alertmanager_form,
    alertmanagers,
    alerts,
    dashboards,
    expressions,
    judgements,
    panels,
    recording,
    references,
    templates,
)
from promspec.linting.alertmanager_files import AlertmanagerReader
from promspec.linting.dashboard_files import read_dashboard
from promspec.linting.model import Files, Found
from promspec.linting.nodes import Source
from promspec.linting.paths import files, read
from promspec.linting.recognising import Document, Recogniser
from promspec.linting.registry import DEPLOYMENT, LintRegistry, MetricSource
from promspec.linting.rule_files import RuleReader
from promspec.linting.suppressing import Suppression
from promspec.linting.view import View, registered
from promspec.problems import Level, Problem, in_order

MODULES = (
    alertmanager_form,
    alertmanagers,
    alerts,
    dashboards,
    expressions,
    judgements,
    panels,
    recording,
    references,
    templates,
)
"""Every module of rules; importing them registers the rules."""
FORM = {
    "file/duplicate-key": "A mapping has each key once.",
    "file/encoding": "A file is UTF-8.",
    "file/field": "A rule file has the fields that Prometheus knows, with values of their kind.",
    "file/json": "A dashboard is JSON.",
    "file/second-document": "A rule file is one YAML document: Prometheus ignores the others.",
    "file/too-large": "A file is small enough to be read at once.",
    "file/unknown-kind": "A file that is named holds rules, a dashboard or an Alertmanager configuration.",
    "file/unreadable": "A file can be read.",
    "file/yaml": "A rule file is YAML.",
    "route/matcher": "A matcher is written as Alertmanager reads it.",
    "rule/duplicate-group": "The groups of a file have names of their own.",
    "rule/duration": "A duration is written as Prometheus reads it.",
    "rule/name": "Names of series and labels are made of letters, digits and _.",
}
"""What is found while files are read, each with the sentence that documents it."""
FORM_LEVELS = {"file/unknown-kind": Level.WARNING}
"""Those that are no errors: a shell that names every file of a folder names others as well."""


@dataclass(frozen=True)
class Options:
    """What a user may choose: files to leave out, labels that targets have, milliseconds between scrapes, the day.

    `prometheus` is the version that the files are for, such as (3, 5); `features` are its feature flags.
    """

    exclude: tuple[str, ...] = ()
    target_labels: tuple[str, ...] = ()
    interval: int = 0
    today: str = ""
    prometheus: tuple[int, int] | None = None
    features: tuple[str, ...] = ()


@dataclass(frozen=True)
class Linted:
    """All problems in the order of the files, and what was looked at."""

    problems: tuple[Problem, ...]
    files: tuple[str, ...]
    rules: int
    dashboards: int
    alertmanagers: int


def lint(paths: Sequence[str], sources: Sequence[MetricSource] = (), options: Options | None = None) -> Linted:
    """Every problem of the files; raises NoSuchPath."""
    chosen = options or Options()
    reader = _Reader()
    listed = files(paths, chosen.exclude)
    for file, named in listed:
        reader.file(file, named)
    view = _view(reader, sources, chosen)
    findings = [*reader.findings(), *(each for rule in registered() for each in rule.findings(view))]
    known = (*FORM, *(rule.id for rule in registered()), *expressions.INFERRED)
    problems = in_order(Suppression(reader.sources, chosen.today).kept(findings, known))
    held = reader.files
    names = tuple(file for file, _ in listed)
    return Linted(problems, names, len(held.rules), len(held.dashboards), len(held.alertmanagers))


class _Reader:
    """Collects what all files hold, and what is wrong with their form."""

    def __init__(self) -> None:
        self.files = Files()
        self.sources: list[Source] = []
        self._found: list[Found] = []
        self._recogniser = Recogniser()
        self._rules = RuleReader()
        self._alertmanagers = AlertmanagerReader()

    def file(self, file: str, named: bool) -> None:
        """Read one file."""
        source = read(file)
        if isinstance(source, Found):
            self._found.append(source)
            return
        self.sources.append(source)
        for document in self._recogniser.documents(source, named):
            self._document(document)

    def _document(self, document: Document) -> None:
        if document.what == "rules":
            self.files.rules += self._rules.rules(document.node)
        elif document.what == "dashboard":
            self.files.dashboards.append(read_dashboard(document.node))
        else:
            self.files.alertmanagers.append(self._alertmanagers.read(document.node))

    def findings(self) -> list[Found]:
        """What is wrong with the form of the files."""
        return [*self._found, *self._recogniser.found, *self._rules.found, *self._alertmanagers.found]


def _view(reader: _Reader, sources: Sequence[MetricSource], options: Options) -> View:
    words = {word for query in reader.files.queries() for word in re.findall(r"[a-z_]\w*", query.text)}
    words |= {word for rule in reader.files.rules for _, value in rule.annotations for word in _words(value.text)}
    target = [*options.target_labels, *(label for label in DEPLOYMENT if label in words)]
    rules = reader.files.rules
    certain = LintRegistry(sources, rules, target)
    seen = LintRegistry(sources, rules, target, seen=True) if sources else certain
    return View(reader.files, certain, seen, options.interval, options.prometheus, options.features)


def _words(text: str) -> list[str]:
    return re.findall(r"[a-z_]\w*", text) if "{{" in text else []
