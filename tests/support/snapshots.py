"""How a generated dashboard is kept as a snapshot: the file itself, byte for byte."""

from __future__ import annotations

from syrupy.extensions.single_file import SingleFileSnapshotExtension, WriteMode


class JsonFile(SingleFileSnapshotExtension):
    """A snapshot that is the generated file itself, byte for byte."""

    _write_mode = WriteMode.TEXT
    file_extension = "json"
