"""The options of `stack up`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

MAX_SPEED = 240
"""With scrapes of 15 s: beyond, a scrape takes longer than the time until the next."""

Output = Annotated[Path, typer.Option("--output", "-o", help="Where the specs' folders are.")]
Service = Annotated[
    str, typer.Option("--service", metavar="COMMAND", help="Starts the service; {host} and {port} are filled in.")
]
Env = Annotated[
    list[str] | None, typer.Option("--env", metavar="NAME=VALUE", help="For the service, such as PORT={port}.")
]
Ready = Annotated[
    str, typer.Option("--ready", help="The service's path that answers 200 once it serves; by default its metrics.")
]
Host = Annotated[str, typer.Option("--host", help="Where everything listens.")]
ServicePort = Annotated[int, typer.Option("--service-port", help="0: any free one; so for all ports.")]
Instances = Annotated[
    int, typer.Option("--instances", min=1, max=50, help="So many of the service, at one port after the other.")
]
PrometheusPort = Annotated[int, typer.Option("--prometheus-port")]
AlertmanagerPort = Annotated[int, typer.Option("--alertmanager-port")]
PagerPort = Annotated[int, typer.Option("--pager-port", help="Takes every notification.")]
GrafanaPort = Annotated[int, typer.Option("--grafana-port", help="With Docker alone.")]
WithDocker = Annotated[
    bool | None,
    typer.Option("--docker/--local", help="In containers, Grafana too; by default where there is no Prometheus."),
]
Webhook = Annotated[str, typer.Option("--webhook", metavar="URL", help="Takes the notifications instead.")]
RealReceivers = Annotated[
    bool,
    typer.Option("--real-receivers", help="Notify whom the spec says; secrets in .promspec_stack/SPEC/…/secrets."),
]
Interval = Annotated[
    str,
    typer.Option("--interval", help="Scrape, evaluate and notify that often, such as 1s, to see things sooner."),
]
Speed = Annotated[
    int,
    typer.Option("--speed", min=1, max=MAX_SPEED, help="Divide every duration of rules and routes by this factor."),
]
History = Annotated[str, typer.Option("--history", help="As if the SLOs' rules had run for so long, such as 31d.")]
