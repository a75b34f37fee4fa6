"""Samples sent to a running Prometheus by remote write: into its memory, where it has the latest hours of all series.

Source: https://prometheus.io/docs/specs/prw/remote_write_spec/ and Snappy's format_description.txt
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Mapping, Sequence
from itertools import product

import httpx

from promspec.promql import Selector, parse
from tools.query_cost.blocks import uvarint

RECEIVING = "--web.enable-remote-write-receiver"
"""The option of a Prometheus that takes such samples."""
_HEADERS = {
    "Content-Type": "application/x-protobuf",
    "Content-Encoding": "snappy",
    "X-Prometheus-Remote-Write-Version": "0.1.0",
}
_LITERAL = 63 << 2
"""Snappy's tag of bytes that are not compressed, the number of which follows as 32 bits."""

_AT_ONCE = 80
"""So many samples of each series are sent before others have theirs: 20 minutes, at one each 15 s."""

Curve = tuple[str, Callable[[int], str]]


def send(url: str, curves: Sequence[Curve], instances: Sequence[str], begin: int, times: Sequence[int]) -> None:
    """Send the values that each curve, which begins at `begin`, has at these times, once for every instance."""
    with httpx.Client(timeout=120, trust_env=False) as client:
        for some, (series, value) in product(_parts(times), curves):
            samples = b"".join(_sample(float(value(at - begin)), at) for at in some)
            message = b"".join(_field(1, _labels({**_of(series), "instance": name}) + samples) for name in instances)
            answer = client.post(f"{url}/api/v1/write", content=framed(message), headers=_HEADERS)
            assert answer.status_code == 204, f"{series}: {answer.text}"


def _parts(times: Sequence[int]) -> list[Sequence[int]]:
    """The times in parts of a few: of what is an hour older than the latest sample Prometheus takes nothing."""
    return [times[first : first + _AT_ONCE] for first in range(0, len(times), _AT_ONCE)]


def framed(message: bytes) -> bytes:
    """The message as Snappy has it, not compressed."""
    return uvarint(len(message)) + struct.pack("<BI", _LITERAL, len(message) - 1) + message


def _of(series: str) -> dict[str, str]:
    selector = parse(series)
    assert isinstance(selector, Selector)
    assert selector.name
    return {"__name__": selector.name, **{each.label: each.value for each in selector.matchers}}


def _labels(labels: Mapping[str, str]) -> bytes:
    return b"".join(_field(1, _text(1, name) + _text(2, value)) for name, value in sorted(labels.items()))


def _sample(value: float, seconds: int) -> bytes:
    return _field(2, b"\x09" + struct.pack("<d", value) + b"\x10" + uvarint(seconds * 1000))


def _text(number: int, text: str) -> bytes:
    return _field(number, text.encode())


def _field(number: int, content: bytes) -> bytes:
    """A field of Protocol Buffers that has a length."""
    return bytes([number << 3 | 2]) + uvarint(len(content)) + content
