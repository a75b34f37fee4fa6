"""YAML documents whose every value knows its line; what is broken in them is a problem, never an exception."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import yaml

from promspec.importing.entries import Entry, Findings
from promspec.problems import Level

LARGEST = 1_048_576
"""Bytes of the largest file that is read: generous for SLOs, small enough to be read at once."""


def read(path: str | Path, findings: Findings) -> tuple[Entry, ...]:
    """The mappings of a file: its documents, and the items of those documents that are lists."""
    file = str(path)
    try:
        raw = Path(path).read_bytes() if Path(path).stat().st_size <= LARGEST else None
    except (OSError, ValueError) as error:
        reason = (getattr(error, "strerror", None) or "no such path").lower()
        findings.add("import/no-file", f"cannot read it: {reason}", file, 0, "check the path")
        return ()
    if raw is None:
        findings.add("import/too-large", f"the file is larger than {LARGEST:,} bytes", file, 0, "split it")
        return ()
    return tuple(parse(raw, file, findings))


def parse(raw: bytes, file: str, findings: Findings) -> Iterator[Entry]:
    """The mappings in the bytes of a YAML file.

    Aliases are looked up and never copied, so that a file of nested aliases costs no more than its own size.
    """
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        findings.add("import/encoding", "the file is not UTF-8", file, line, "save it as UTF-8")
        return
    try:
        nodes = list(yaml.compose_all(text, Loader=yaml.SafeLoader))
    except yaml.MarkedYAMLError as error:
        _broken(error, file, findings)
        return
    except yaml.reader.ReaderError as error:
        line = text.count("\n", 0, int(error.position)) + 1
        shown = f"the character U+{int(error.character):04X} may not stand in YAML"
        findings.add("import/yaml", shown, file, line, "leave it out, or write it as an escape in double quotes")
        return
    except (yaml.YAMLError, RecursionError):
        findings.add("import/yaml", "the file is nested too deeply", file, 0, "write fewer levels")
        return
    if not nodes:
        findings.add("import/empty", "the file holds no document", file, 0, "name a file that declares SLOs")
    for node in nodes:
        yield from _mappings(node, file, findings)


def _mappings(node: yaml.Node, file: str, findings: Findings) -> Iterator[Entry]:
    items = node.value if isinstance(node, yaml.SequenceNode) else [node]
    for item in items:
        if _empty(item):
            continue
        entry = Entry(item, file, findings)
        if isinstance(item, yaml.MappingNode):
            yield entry
        else:
            text = f"the document is {entry.kind}, not a mapping"
            findings.add("import/type", text, file, entry.line, "write key: value")


def _empty(node: yaml.Node) -> bool:
    return isinstance(node, yaml.ScalarNode) and node.tag == "tag:yaml.org,2002:null"


def _broken(error: yaml.MarkedYAMLError, file: str, findings: Findings) -> None:
    mark = error.problem_mark or error.context_mark
    text = " ".join((error.problem or error.context or "this cannot be read").split())
    remedy = "indent with spaces" if "\\t" in text else "mend the YAML; a text with : or # in it needs quotes"
    line = mark.line + 1 if mark is not None else 0
    findings.add("import/yaml", text, file, line, remedy, Level.ERROR)
