"""Read the text format of Prometheus and OpenMetrics into series by example; a broken line is a problem, not the end.

Source: https://prometheus.io/docs/instrumenting/exposition_formats/ and the OpenMetrics specification 1.0
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from promspec.linting.sources.examples import Examples
from promspec.promql import SeriesKind

_SAMPLE = re.compile(
    r'(?P<name>[a-zA-Z_:][a-zA-Z0-9_:]*|(?=\{"))[ \t]*(?:\{(?P<labels>(?:[^"}]|"(?:[^"\\]|\\.)*")*)\})?'
    r"[ \t]*(?P<value>[^\s#]+)(?:[ \t]+[-+0-9.eE]+)?[ \t]*(?:#.*)?"
)
_LABEL = re.compile(
    r'[ \t]*(?:([a-zA-Z_][a-zA-Z0-9_.]*)|"((?:[^"\\]|\\.)*)")[ \t]*=[ \t]*"((?:[^"\\]|\\.)*)"[ \t]*(?:,|$)'
)
_QUOTED_NAME = re.compile(r'[ \t]*"((?:[^"\\]|\\.)*)"[ \t]*(?:,|$)')
_META = re.compile(r'#[ \t]+(TYPE|HELP|UNIT)[ \t]+(?:"((?:[^"\\]|\\.)*)"|(\S+))[ \t]*(.*)')
_ESCAPE = re.compile(r"\\(.)")
_NUMBER = re.compile(
    r"[-+]?(?:\d[\d_.]*(?:[eE][-+]?\d+)?|\.\d+(?:[eE][-+]?\d+)?|0x[0-9a-fA-F.p+-]+|inf|infinity|nan)", re.I
)

_OF_TYPE: dict[str, dict[str, SeriesKind]] = {
    "counter": {"": "counter", "_total": "counter", "_created": "gauge"},
    "gauge": {"": "gauge"},
    "histogram": {"_bucket": "histogram_bucket", "_sum": "histogram_sum", "_count": "histogram_count"},
    "gaugehistogram": {"_bucket": "unknown", "_gsum": "gauge", "_gcount": "gauge"},
    "summary": {"": "summary", "_sum": "summary_sum", "_count": "summary_count"},
    "info": {"": "info", "_info": "info"},
    "stateset": {"": "gauge"},
}


def read_exposition(text: str, examples: Examples) -> list[tuple[int, str]]:
    """Add every sample to the examples; returns the lines that are no exposition, with why."""
    types: dict[str, str] = {}
    broken: list[tuple[int, str]] = []
    for number, line in enumerate(text.split("\n"), 1):
        line = line.strip()
        if line.startswith("#"):
            meta = _META.fullmatch(line)
            if meta is not None and meta[1] == "TYPE":
                name = _unescaped(meta[2]) if meta[2] is not None else meta[3]
                types[name] = meta[4].strip().lower()
                if types[name] in ("histogram", "gaugehistogram"):
                    examples.histogram(name)
        elif line:
            sample = _sample(line)
            if sample is None:
                broken.append((number, 'this is no sample such as name{label="value"} 1'))
                continue
            examples.add(sample[0], _kind(sample[0], types), sample[1], sample[2])
    examples.add_native()
    return broken


def _sample(line: str) -> tuple[str, dict[str, str], str] | None:
    match = _SAMPLE.fullmatch(line)
    if match is None or not _NUMBER.fullmatch(match["value"]):
        return None
    name, rest, labels = match["name"], match["labels"] or "", {}
    if not name:
        quoted = _QUOTED_NAME.match(rest)
        if quoted is None:
            return None
        name, rest = _unescaped(quoted[1]), rest[quoted.end() :]
    while rest.strip():
        label = _LABEL.match(rest)
        if label is None:
            return None
        labels[label[1] or _unescaped(label[2])] = _unescaped(label[3])
        rest = rest[label.end() :]
    return name, labels, match["value"]


def _unescaped(text: str) -> str:
    return _ESCAPE.sub(lambda match: "\n" if match[1] == "n" else match[1], text) if "\\" in text else text


def _kind(name: str, types: dict[str, str]) -> SeriesKind:
    for suffix, type in _families(name, types):
        kind = _OF_TYPE.get(type, {}).get(suffix)
        if kind is not None:
            return kind
    return "counter" if name.endswith("_total") and name not in types else "unknown"


def _families(name: str, types: dict[str, str]) -> Iterator[tuple[str, str]]:
    """The families a sample may belong to: the suffix, and the family's type."""
    if name in types:
        yield "", types[name]
    for suffix in ("_total", "_created", "_bucket", "_sum", "_count", "_gsum", "_gcount", "_info"):
        if name.endswith(suffix) and name.removesuffix(suffix) in types:
            base = types[name.removesuffix(suffix)]
            yield suffix, base
            if suffix == "_created":
                yield "", "gauge"
