"""Runs the pools behind a port, on loopback unless told otherwise: `python -m service.snakepit`."""

from __future__ import annotations

import argparse
import logging
import signal
import sys
import threading
from collections.abc import Sequence

from output.snakepit.instrumentation import health, logs
from service.snakepit import demo
from service.snakepit.errors import ConfigurationError
from service.snakepit.health import observe, progress
from service.snakepit.pool import Pool
from service.snakepit.server import Server
from service.snakepit.settings import Settings, variables
from service.snakepit.web import application

_LOOK = 0.5
"""Seconds between two looks at the health, so that its changes are told although nobody asks."""

_ABOUT = """Pools of Python worker processes that execute commands for clients:

  curl -d '{"arguments": {"value": 1}}' http://localhost:8100/pools/default/commands/echo

Beside them: /health, /health/ready, /health/startup, /health/detailed, /metrics."""

log = logging.getLogger("snakepit")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run until told to stop, or until the demo is over; 2 when a setting is wrong."""
    parser = argparse.ArgumentParser(
        prog="python -m service.snakepit",
        description=_ABOUT,
        epilog=f"variables (times in seconds, 0 for no limit):\n{variables()}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--demo-seconds", type=float, metavar="S", help="send a demo load for S seconds, then end")
    parser.add_argument("--port", type=int, help="the port; 0 takes a free one")
    options = parser.parse_args(arguments)
    try:
        settings = Settings.from_env()
        pools = [Pool(each) for each in settings.pools]
        observe(pools)
        port = settings.port if options.port is None else options.port
        server = Server(application(pools, settings.admin_token), settings.host, port)
    except (ConfigurationError, OSError, OverflowError) as error:
        print(f"snakepit: {error}", file=sys.stderr)
        return 2
    logs.configure_logging(level=settings.log_level)
    log.info("listening", extra={"host": server.host, "port": server.port})
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    with server:
        _run(pools, options.demo_seconds, stop)
    log.info("stopped")
    return 0


def _run(pools: Sequence[Pool], demo_seconds: float | None, stop: threading.Event) -> None:
    try:
        for pool in pools:
            pool.start()
        threading.Thread(target=_look, args=(pools, stop), name="health", daemon=True).start()
        if demo_seconds is None:
            stop.wait()
        else:
            while not stop.is_set() and not all(pool.warm for pool in pools):
                stop.wait(_LOOK)
            demo.run(pools, stop, demo_seconds)
    finally:
        log.info("stopping")
        health.stopping()
        for pool in pools:
            pool.shutdown()
        stop.set()


def _look(pools: Sequence[Pool], stop: threading.Event) -> None:
    warm = False
    while not stop.wait(_LOOK):
        warm = warm or progress(pools)
        health.report()


if __name__ == "__main__":
    sys.exit(main())
