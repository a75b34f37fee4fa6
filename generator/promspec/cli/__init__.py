"""The command `promspec`: the only modules that print or exit."""

from promspec.cli.app import main

__all__ = ["main"]
