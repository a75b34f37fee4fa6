"""The commands that ask and change what is deployed: `drift` and `push`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from promspec.cli.access_options import reaching
from promspec.cli.show import Format

if TYPE_CHECKING:
    from promspec.fetching.access import Access

deploying = typer.Typer()

SpecFile = Annotated[Path, typer.Argument(metavar="SPEC", help="The spec file.")]
Grafana = Annotated[str, typer.Option("--grafana", metavar="URL", help="A Grafana.")]


@deploying.command()
@reaching
def drift(
    spec: SpecFile,
    access: Access,
    prometheus: Annotated[str, typer.Option("--prometheus", metavar="URL", help="A Prometheus.")] = "",
    alertmanager: Annotated[str, typer.Option("--alertmanager", metavar="URL", help="An Alertmanager.")] = "",
    grafana: Grafana = "",
    format: Annotated[Format, typer.Option("--format", help="How drift is shown.")] = Format.TEXT,
) -> None:
    """Compare what is deployed with what the spec generates: by what it means, not by how it is written.

    Prometheus: rules loaded, their health, the job's targets. Alertmanager: routes, receivers, inhibitions. Grafana:
    dashboards by their uid.

    Exit codes: 0 nothing differs, 1 something does, 2 wrong usage.
    """
    from promspec.cli.deploying import Servers, drift_all

    drift_all(spec, Servers(prometheus, alertmanager, grafana), access, format)


@deploying.command()
@reaching
def push(
    spec: SpecFile,
    access: Access,
    grafana: Grafana = "",
    ruler: Annotated[str, typer.Option("--ruler", metavar="URL", help="A ruler as Mimir's; rules go there.")] = "",
    namespace: Annotated[str, typer.Option("--namespace", help="Of the rules; by default the spec's name.")] = "",
    folder_uid: Annotated[str, typer.Option("--folder-uid", help="Grafana's folder for the dashboards.")] = "",
    prune: Annotated[bool, typer.Option("--prune", help="Delete the namespace's other groups.")] = False,
    apply: Annotated[bool, typer.Option("--apply", help="Send it; without, only show what would be sent.")] = False,
) -> None:
    """Send the dashboards to Grafana's API, and the rules to a ruler as Mimir's. Without --apply only a diff is shown.

    Exit codes: 0 shown or sent, 1 a server refuses or does not answer, 2 wrong usage.
    """
    from promspec.cli.deploying import Push, Servers, push_all

    servers = Servers(grafana=grafana, ruler=ruler)
    push_all(Push(spec, servers, namespace, folder_uid, prune, apply), access)
