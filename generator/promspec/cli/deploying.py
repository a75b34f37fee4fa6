"""The commands `drift` and `push`: which servers, and how what was found is shown."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import typer

from promspec.cli.clock import today
from promspec.cli.show import Format, Report
from promspec.fetching.access import Access
from promspec.fetching.addresses import Unanswered, address
from promspec.fetching.words import plain
from promspec.live.allowing import Judge
from promspec.live.contract import Violation
from promspec.live.deployed import Deployed, deployed
from promspec.live.other_drift import alertmanager_drift, grafana_drift
from promspec.live.prometheus_drift import prometheus_drift
from promspec.live.pushing import Change, grafana_changes, ruler_changes, send
from promspec.pipeline import examine
from promspec.problems import Level, Place, Problem, has_errors, in_order

Compare = Callable[[Deployed, str, Access], Iterator[Violation]]


@dataclass(frozen=True)
class Servers:
    """The servers that are asked; empty where there is none."""

    prometheus: str = ""
    alertmanager: str = ""
    grafana: str = ""
    ruler: str = ""


def drift_all(spec: Path, servers: Servers, access: Access, format: Format) -> None:
    """Compare what is deployed with what is generated, show what differs, and end with 1 where an error does."""
    report = Report(format)
    wanted = _wanted(spec, report)
    asked: list[tuple[str, str, Compare]] = [
        ("Prometheus", servers.prometheus, prometheus_drift),
        ("Alertmanager", servers.alertmanager, alertmanager_drift),
        ("Grafana", servers.grafana, grafana_drift),
    ]
    if not any(base for _, base, _ in asked):
        raise typer.BadParameter("name what to ask: --prometheus, --alertmanager or --grafana")
    report.file(spec)
    found: list[Problem] = []
    judge = Judge(wanted.owners, "drift/", today=today())
    for what, base, compare in asked:
        found += _compared(wanted, what, base, compare, access, judge) if base else []
    if all(base for _, base, _ in asked):
        found += judge.unused()
    report.problems(in_order(found))
    report.finish()


def _compared(
    wanted: Deployed, what: str, base: str, compare: Compare, access: Access, judge: Judge
) -> Iterator[Problem]:
    shown = _shown(base)
    try:
        for violation in compare(wanted, base, access):
            yield judge.problem(violation)
    except Unanswered as error:
        text = str(error) if shown in str(error) else f"{shown}: {error}"
        remedy = f"name the address of {what}, with the path before its /api if it has one"
        yield Problem("drift/unanswered", Level.ERROR, text, Place(shown), remedy)


def _shown(base: str) -> str:
    try:
        return address(base).shown
    except Unanswered as error:
        raise typer.BadParameter(str(error)) from None


def _wanted(spec: Path, report: Report) -> Deployed:
    """What is to be deployed; the problems of a spec with errors are shown, and are the end."""
    loaded, problems = examine(spec, today())
    if loaded.spec is None or has_errors(problems):
        report.problems(problems)
        report.finish()
    assert loaded.spec is not None
    return deployed(loaded.spec, loaded.source)


@dataclass(frozen=True)
class Push:
    """What to send, and whether really."""

    spec: Path
    servers: Servers
    namespace: str
    folder_uid: str
    prune: bool
    apply: bool


def push_all(request: Push, access: Access) -> None:
    """Show what would be sent, with diffs; with `apply` send it. Ends with 1 where a server refuses."""
    report = Report(Format.TEXT, stream=sys.stderr)
    wanted = _wanted(request.spec, report)
    servers = request.servers
    if not servers.grafana and not servers.ruler:
        raise typer.BadParameter("name where to send it: --grafana or --ruler", param_hint="--grafana")
    for base in filter(None, (servers.grafana, servers.ruler)):
        _shown(base)
    try:
        changes = list(_changes(request, wanted, access))
        for change in changes:
            _told(change, request, access)
    except Unanswered as error:
        sys.stdout.flush()
        typer.echo(f"promspec push: {error}", err=True)
        raise typer.Exit(1) from None
    count = f"{len(changes)} change{'s' if len(changes) != 1 else ''}"
    done = f"{count} sent.\n" if request.apply else f"{count} to send, with --apply.\n"
    sys.stdout.write(done if changes else "Nothing differs.\n")


def _changes(request: Push, wanted: Deployed, access: Access) -> Iterable[Change]:
    servers = request.servers
    if servers.grafana:
        yield from grafana_changes(wanted, servers.grafana, access, request.folder_uid)
    if servers.ruler:
        yield from ruler_changes(wanted, servers.ruler, request.namespace or wanted.spec, access, request.prune)


def _told(change: Change, request: Push, access: Access) -> None:
    sys.stdout.write(f"{change.action} {plain(change.what, 200)}\n")
    if request.apply:
        send(change, access)
    else:
        sys.stdout.write("".join(plain(line, 10_000) + "\n" for line in change.diff.splitlines()))
