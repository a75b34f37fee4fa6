"""The instances of the service in a stack: what each is called, where it listens, and how it is started."""

from __future__ import annotations

from pathlib import Path

from promspec.stack import processes
from promspec.stack.model import Command, StackError, Wanted


def name_of(number: int) -> str:
    """What the part is called: `service`, `service-2`, …"""
    return "service" if number == 1 else f"service-{number}"


def ports(wanted: Wanted) -> tuple[int, ...]:
    """Where they listen: one port after the other, or any that are free. Raises StackError if one is taken."""
    first = wanted.service_port
    if first + wanted.instances - 1 > 65_535:
        raise StackError(f"there are no {wanted.instances} ports from {first} on: give a smaller one")
    asked = [first + number if first else 0 for number in range(wanted.instances)]
    return tuple(processes.free_port(wanted.host, port) for port in asked) if wanted.service else tuple(asked)


def host_of(wanted: Wanted) -> str:
    """The host as it stands before a port."""
    return f"[{wanted.host}]" if ":" in wanted.host else wanted.host


def targets(wanted: Wanted) -> list[str]:
    """Their addresses, `host:port`, once the ports are chosen."""
    return [f"{host_of(wanted)}:{port}" for port in wanted.service_ports]


def command(wanted: Wanted, name: str, port: int, folder: Path) -> Command:
    """What starts the instance of that name at that port."""
    words = {"host": wanted.host, "port": str(port)}

    def filled(text: str) -> str:
        for word, value in words.items():
            text = text.replace(f"{{{word}}}", value)
        return text

    env = {key: filled(value) for key, value in wanted.env.items()}
    arguments = tuple(filled(word) for word in wanted.service)
    log = folder / "logs" / f"{name}.log"
    return Command(name, arguments, f"http://{host_of(wanted)}:{port}", wanted.service_ready, log, env)
