"""Runs the service: `python -m service.cad_ml_platform`."""

from __future__ import annotations

import logging
import os
import sys

import uvicorn

from output.cad_ml_platform.instrumentation import logs
from service.cad_ml_platform.app import create_app
from service.cad_ml_platform.settings import UNUSED, Settings, SettingsError


def main() -> int:
    """Serve until told to stop; 2 when a setting is wrong."""
    try:
        settings = Settings.from_env()
        logs.configure_logging(settings.log_level)
        app = create_app(settings)
    except SettingsError as error:
        print(f"cad_ml_platform: {error}", file=sys.stderr)
        return 2
    for variable in UNUSED:
        if os.environ.get(variable):
            logging.getLogger("cad_ml_platform").warning("%s is set, but means nothing here", variable)
    uvicorn.run(app, host=settings.host, port=settings.port, log_config=None, timeout_graceful_shutdown=10)
    return 0


if __name__ == "__main__":
    sys.exit(main())
