"""`promspec stack up|status|pages|down`: what was generated, run on this machine."""

from __future__ import annotations

import json
import shlex
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NoReturn

import typer

from promspec.cli.stack_options import (
    AlertmanagerPort,
    Env,
    GrafanaPort,
    History,
    Host,
    Instances,
    Interval,
    Output,
    PagerPort,
    PrometheusPort,
    Ready,
    RealReceivers,
    Service,
    ServicePort,
    Speed,
    Webhook,
    WithDocker,
)
from promspec.quantities import milliseconds

if TYPE_CHECKING:
    from promspec.stack.model import Wanted
    from promspec.vocabulary.spec import Spec

stack = typer.Typer(
    no_args_is_help=True,
    help="Run what was generated: a service, Prometheus, Alertmanager and a pager, on loopback.",
)

SpecFile = Annotated[Path, typer.Argument(metavar="SPEC", help="The spec file.")]
AsJson = Annotated[bool, typer.Option("--json", help="As one JSON document.")]


@stack.command()
def up(
    spec: SpecFile,
    output: Output = Path("output"),
    service: Service = "",
    env: Env = None,
    ready: Ready = "",
    host: Host = "127.0.0.1",
    service_port: ServicePort = 8000,
    instances: Instances = 1,
    prometheus_port: PrometheusPort = 9090,
    alertmanager_port: AlertmanagerPort = 9093,
    pager_port: PagerPort = 9094,
    grafana_port: GrafanaPort = 3000,
    with_docker: WithDocker = None,
    webhook: Webhook = "",
    real_receivers: RealReceivers = False,
    interval: Interval = "",
    speed: Speed = 1,
    history: History = "",
) -> None:
    """Start everything, wait until it is ready, and say where it listens.

    Without --service, what listens on the service's port already is scraped. Notifications go to the pager alone.

    Exit codes: 0 it runs, 1 it does not, and nothing was left running, 2 wrong usage.
    """
    from promspec.stack.model import Wanted

    _fitting(interval, history, speed, bool(with_docker))
    wanted = Wanted(
        host=host,
        service=tuple(_words(service)),
        env=_pairs(env or []),
        service_port=service_port,
        instances=instances,
        service_ready=ready,
        prometheus_port=prometheus_port,
        alertmanager_port=alertmanager_port,
        pager_port=pager_port,
        grafana_port=grafana_port,
        docker=speed == 1 and _in_containers(with_docker),
        webhook=webhook,
        real_receivers=real_receivers,
        interval=interval,
        history=history,
        speed=speed,
    )
    _start(spec, output, wanted)


@stack.command()
def status(spec: SpecFile, as_json: AsJson = False) -> None:
    """Show whether every part runs and answers, whether the targets are up, and which alerts fire.

    Exit codes: 0 all is well, 1 something is not, or nothing runs, 2 wrong usage.
    """
    from dataclasses import asdict

    from promspec.stack import running

    name = _name(spec)
    looks = running.status(name)
    good = bool(looks) and not any(look.trouble for look in looks)
    if as_json:
        typer.echo(json.dumps({"ok": good, "parts": [asdict(look) for look in looks]}, indent=2))
    elif not looks:
        typer.echo("Nothing runs that was started in this folder.")
    for look in looks if not as_json else ():
        typer.echo(f"{look.name:<13} {look.url:<28} {look.trouble or look.says or 'ready'}")
    raise typer.Exit(0 if good else 1)


@stack.command()
def pages(spec: SpecFile, as_json: AsJson = False) -> None:
    """Show every notification that the pager took, oldest first."""
    from promspec.cli.show import visible
    from promspec.stack import running

    name = _name(spec)
    found = running.pages(name)
    if as_json:
        typer.echo(json.dumps(found, indent=2))
        return
    for page in found:
        for line in _lines(page["notification"]):
            typer.echo(visible(line))
    if not found:
        typer.echo("Nobody was notified.")


@stack.command()
def down(
    spec: SpecFile, keep_data: Annotated[bool, typer.Option("--keep-data", help="Leave logs and data.")] = False
) -> None:
    """End everything that was started, and remove its data. Fine also if nothing runs."""
    from promspec.stack import running
    from promspec.stack.model import StackError

    try:
        ended = running.down(_name(spec), keep_data)
    except StackError as error:
        _fail(str(error))
    typer.echo(f"Ended: {', '.join(ended)}." if ended else "Nothing ran that was started in this folder.")


def _fitting(interval: str, history: str, speed: int, with_docker: bool) -> None:
    for option, text in (("--interval", interval), ("--history", history)):
        _duration(option, text)
    if interval and speed > 1:
        raise typer.BadParameter(
            "--speed scrapes and evaluates faster by itself: give one of them", param_hint="--interval"
        )
    if with_docker and speed > 1:
        raise typer.BadParameter("--speed is for what runs without containers: give one of them", param_hint="--docker")


def _start(spec: Path, output: Path, wanted: Wanted) -> None:
    from promspec.promtool import ToolFailed, ToolMissing
    from promspec.stack import running, state
    from promspec.stack.freshness import outdated
    from promspec.stack.model import StackError

    found, slos, features = _read(spec)
    name = found.name
    if wanted.service_ready == "":
        wanted = replace(wanted, service_ready=found.metrics_path)
    if behind := outdated(found, output / name):
        typer.echo(f"promspec: {behind}", err=True)
    try:
        parts = running.up(name, output / name, replace(wanted, features=features), slos)
        state.note_file(name, spec)
        trouble = running.load_rules(name) if wanted.speed > 1 else ""
    except (StackError, ToolMissing, ToolFailed) as error:
        _fail(str(error))
    for part in parts:
        typer.echo(f"{part.name:<13} {part.url}")
    if trouble:
        typer.echo(f"prometheus    {trouble}", err=True)
    typer.echo(f"Logs and data: .promspec_stack/{name}. To end it: promspec stack down {spec}")


def _lines(notification: dict[str, Any]) -> list[str]:
    """A notification for people: a line for each alert, with its texts and links below."""
    receiver = notification.get("receiver", "")
    lines = []
    for alert in notification.get("alerts", ()):
        labels, texts = alert.get("labels", {}), alert.get("annotations", {})
        at = alert.get("endsAt" if alert.get("status") == "resolved" else "startsAt", "")[:19]
        others = ", ".join(f"{key}={value}" for key, value in sorted(labels.items()) if key != "alertname")
        lines.append(f"{at}  {alert.get('status', '')}  {labels.get('alertname', '')}  to {receiver}  ({others})")
        lines += [f"    {texts[key]}" for key in ("summary", "description", "runbook_url") if texts.get(key)]
    return lines


def _name(spec: Path) -> str:
    """The spec's name; also of one that is broken by now, so that what runs can still be looked at and ended."""
    from promspec.load import load
    from promspec.stack import state

    loaded = load(spec)
    if loaded.spec is not None:
        return loaded.spec.name
    return state.spec_of(spec) or _read(spec)[0].name


def _read(spec: Path) -> tuple[Spec, list[Any], tuple[str, ...]]:
    """The spec, its SLOs with the values of their groups, and the feature flags that Prometheus needs."""
    from promspec import objectives
    from promspec.cli.show import Format, Report
    from promspec.pipeline import examine
    from promspec.problems import has_errors
    from promspec.stack.history import Budgeted
    from promspec.vocabulary.labels import Label

    loaded, problems = examine(spec)
    if loaded.spec is None or has_errors(problems):
        report = Report(Format.TEXT)
        report.problems([problem for problem in problems if str(problem.level) == "error"])
        report.finish(quiet=True)
    assert loaded.spec is not None
    labels = {label.name: tuple(label.known_values) for label in loaded.spec.each(Label) if label.closed}
    clock = objectives.clock(loaded.spec.deployment)
    slos = [
        Budgeted(slo.name, clock, slo.window, {name: labels.get(name, ()) for name in slo.group_labels})
        for slo in loaded.spec.slos
    ]
    features = tuple(loaded.spec.deployment.features) if loaded.spec.deployment is not None else ()
    return loaded.spec, slos, features


def _in_containers(asked: bool | None) -> bool:
    """Whether Docker is to run it: where it is asked for, or the only thing that can."""
    from promspec.promtool import ToolMissing, find
    from promspec.stack import docker

    if asked is not None:
        if asked and (why := docker.absent()):
            _fail(f"{why}; --local runs it without containers")
        return asked
    try:
        for name in ("prometheus", "alertmanager"):
            find(name)
    except ToolMissing as error:
        if why := docker.absent():
            _fail(f"{error} Docker cannot do it either: {why}")
        return True
    return False


def _words(command: str) -> Sequence[str]:
    try:
        return shlex.split(command)
    except ValueError as error:
        raise typer.BadParameter(str(error), param_hint="--service") from None


def _pairs(texts: Sequence[str]) -> dict[str, str]:
    pairs = {}
    for text in texts:
        name, equals, value = text.partition("=")
        if not equals or not name:
            raise typer.BadParameter(f"{text!r}: write NAME=VALUE", param_hint="--env")
        pairs[name] = value
    return pairs


def _duration(option: str, text: str) -> None:
    try:
        milliseconds(text or "1s")
    except ValueError as error:
        raise typer.BadParameter(str(error), param_hint=option) from None


def _fail(message: str) -> NoReturn:
    typer.echo(f"promspec: {message}", err=True)
    raise typer.Exit(1)
