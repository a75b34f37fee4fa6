"""Plain structures as YAML: one document, keys in the order given, long texts as blocks, no line wrapping."""

from __future__ import annotations

import re
from typing import Any

import yaml

_NUMBER = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?|0o[0-7]+")
"""What YAML 1.2 takes for a number, and PyYAML, which knows 1.1 alone, would not put into quotes: `1e3`."""


class _Dumper(yaml.SafeDumper):
    """Indents lists below their key, and never writes an alias."""

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:
        super().increase_indent(flow, False)

    def ignore_aliases(self, data: Any) -> bool:
        return True


def _text(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    # A block keeps a query readable; YAML cannot hold trailing spaces or tabs in one, so such a text stays quoted.
    block = "\n" in text and not any(line != line.rstrip() or "\t" in line for line in text.split("\n"))
    style = "|" if block else "'" if _NUMBER.fullmatch(text) else None
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=style)


_Dumper.add_representer(str, _text)


def dump(data: Any) -> str:
    """The structure as one YAML document without a header."""
    text: str = yaml.dump(
        data, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=10_000, default_flow_style=False
    )
    return text


def document(header: str, data: Any) -> str:
    """A generated YAML file: the header line, then the one document."""
    return f"{header}\n{dump(data)}"
