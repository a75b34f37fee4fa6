"""One block of Prometheus' database, put together from others: a fleet's from one instance's, then what rules record.

A day of a fleet is hundreds of millions of samples: as text it would take gigabytes and minutes. So promtool writes the
block of one instance; its chunk files are copied as they are, and only the index is written anew. One block is what a
Prometheus has after it compacted them, and leaves it nothing to compact while it is measured.
Source: https://github.com/prometheus/prometheus/tree/main/tsdb/docs/format
"""

from __future__ import annotations

import json
import shutil
import struct
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

_MAGIC = 0xBAAAD700
_TOC = 6 * 8 + 4
_ULID = f"{1:026}"

Labels = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Chunk:
    """Samples from `begin` to `end` in milliseconds, at an `offset` in the chunk file of that number, from 0 on."""

    begin: int
    end: int
    file: int
    offset: int


@dataclass(frozen=True)
class Indexed:
    """A series of an index, its chunks in the order of time."""

    labels: Labels
    chunks: tuple[Chunk, ...]

    @cached_property
    def encoded(self) -> bytes:
        """The chunks as an index has them."""
        parts = [uvarint(len(self.chunks))]
        end = ref = 0
        for place, chunk in enumerate(self.chunks):
            here = chunk.file << 32 | chunk.offset
            parts.append(_as_varint(chunk.begin) if place == 0 else uvarint(chunk.begin - end))
            parts.append(uvarint(chunk.end - chunk.begin))
            parts.append(uvarint(here) if place == 0 else _as_varint(here - ref))
            end, ref = chunk.end, here
        return b"".join(parts)


@dataclass
class Database:
    """A database of one block, below `folder`."""

    folder: Path
    series: dict[Labels, Indexed] = field(default_factory=dict)
    files: int = 0
    begin: int = 0
    end: int = 0

    def take(self, blocks: Iterable[Path], label: str = "", values: Sequence[str] = ("",)) -> None:
        """Add the series of these blocks, once for each value of `label` if there is one, and write the block."""
        for block in sorted(blocks):
            if (block / "meta.json").is_file():
                self._take(block, label, values)
        block = self.folder / _ULID
        (block / "index").write_bytes(index_of([self.series[labels] for labels in sorted(self.series)]))
        stats = {"numSeries": len(self.series), "numChunks": sum(len(each.chunks) for each in self.series.values())}
        about = {"ulid": _ULID, "minTime": self.begin, "maxTime": self.end, "version": 1, "stats": stats}
        meta = {**about, "compaction": {"level": 1, "sources": [_ULID]}}
        (block / "meta.json").write_text(json.dumps(meta), encoding="utf-8")

    def _take(self, block: Path, label: str, values: Sequence[str]) -> None:
        chunks = self.folder / _ULID / "chunks"
        chunks.mkdir(parents=True, exist_ok=True)
        meta = json.loads((block / "meta.json").read_text(encoding="utf-8"))
        self.begin = min(self.begin or meta["minTime"], meta["minTime"])
        self.end = max(self.end, meta["maxTime"])
        found = tuple(read(block / "index"))
        for value in values:
            for each in found:
                self._add(each, (label, value))
            for file in sorted((block / "chunks").iterdir()):
                self.files += 1
                shutil.copyfile(file, chunks / f"{self.files:06}")

    def _add(self, series: Indexed, pair: tuple[str, str]) -> None:
        labels = tuple(sorted((*series.labels, pair))) if pair[0] else series.labels
        chunks = [Chunk(c.begin, c.end, c.file + self.files, c.offset) for c in series.chunks]
        earlier = self.series[labels].chunks if labels in self.series else ()
        self.series[labels] = Indexed(labels, tuple(sorted((*earlier, *chunks), key=lambda chunk: chunk.begin)))


def read(path: Path) -> Iterator[Indexed]:
    """Every series of an index of version 2."""
    data = path.read_bytes()
    assert struct.unpack_from(">IB", data) == (_MAGIC, 2), f"{path} is no index of version 2"
    symbols_at, series_at, series_end, *_ = struct.unpack_from(">6Q", data, len(data) - _TOC)
    symbols = _symbols(data, symbols_at)
    at = _aligned(series_at, 16)
    while at < series_end:
        length, start = _uvarint(data, at)
        if length == 0:  # padding before the next section
            break
        yield _series(data, start, symbols)
        at = _aligned(start + length + 4, 16)


def _symbols(data: bytes, at: int) -> list[str]:
    _, count = struct.unpack_from(">II", data, at)
    found, at = [], at + 8
    for _ in range(count):
        length, at = _uvarint(data, at)
        found.append(data[at : at + length].decode())
        at += length
    return found


def _series(data: bytes, at: int, symbols: Sequence[str]) -> Indexed:
    count, at = _uvarint(data, at)
    labels = []
    for _ in range(count):
        name, at = _uvarint(data, at)
        value, at = _uvarint(data, at)
        labels.append((symbols[name], symbols[value]))
    count, at = _uvarint(data, at)
    chunks: list[Chunk] = []
    end = ref = 0
    for place in range(count):
        gap, at = _varint(data, at) if place == 0 else _uvarint(data, at)
        length, at = _uvarint(data, at)
        step, at = _uvarint(data, at) if place == 0 else _varint(data, at)
        begin, ref = end + gap, ref + step
        end = begin + length
        chunks.append(Chunk(begin, end, ref >> 32, ref & 0xFFFFFFFF))
    return Indexed(tuple(labels), tuple(chunks))


def index_of(series: Sequence[Indexed]) -> bytes:
    """The index of sorted series: symbols, series, postings, their offsets, and where these are."""
    texts = sorted({text for each in series for pair in each.labels for text in pair} | {""})
    numbers = {text: number for number, text in enumerate(texts)}
    out = bytearray(struct.pack(">IB", _MAGIC, 2))
    symbols = struct.pack(">I", len(texts)) + b"".join(_text(text) for text in texts)
    places = [len(out)]
    out += _framed(symbols)
    places.append(len(out))
    postings: dict[tuple[str, str], list[int]] = {("", ""): []}
    for each in series:
        out += bytes(-len(out) % 16)
        for pair in (("", ""), *each.labels):
            postings.setdefault(pair, []).append(len(out) // 16)
        content = _content(each, numbers)
        out += uvarint(len(content)) + content + struct.pack(">I", crc32c(content))
    places += [len(out), 0]  # the indices of labels are history: nothing reads them
    out += bytes(-len(out) % 4)
    places.append(len(out))
    places[2] = places[4]
    offsets = bytearray(struct.pack(">I", len(postings)))
    for (name, value), refs in sorted(postings.items()):
        out += bytes(-len(out) % 4)
        offsets += b"\x02" + _text(name) + _text(value) + uvarint(len(out))
        out += _framed(struct.pack(f">I{len(refs)}I", len(refs), *refs))
    places.append(len(out))
    places[3] = places[5]
    out += _framed(bytes(offsets))
    toc = struct.pack(">6Q", *places)
    return bytes(out + toc + struct.pack(">I", crc32c(toc)))


def _content(series: Indexed, numbers: dict[str, int]) -> bytes:
    texts = (uvarint(numbers[text]) for pair in series.labels for text in pair)
    return b"".join((uvarint(len(series.labels)), *texts, series.encoded))


def _framed(content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + content + struct.pack(">I", crc32c(content))


def _text(text: str) -> bytes:
    encoded = text.encode()
    return uvarint(len(encoded)) + encoded


def _aligned(at: int, to: int) -> int:
    return at + -at % to


def _uvarint(data: bytes, at: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        byte = data[at]
        at += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value, at
        shift += 7


def _varint(data: bytes, at: int) -> tuple[int, int]:
    value, at = _uvarint(data, at)
    return (value >> 1) ^ -(value & 1), at


def uvarint(value: int) -> bytes:
    """A number, seven bits in a byte, the lowest first."""
    out = bytearray()
    while value >= 0x80:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)


def _as_varint(value: int) -> bytes:
    return uvarint(value << 1 if value >= 0 else (-value << 1) - 1)


def _table() -> tuple[int, ...]:
    table = []
    for value in range(256):
        for _ in range(8):
            value = (value >> 1) ^ (0x82F63B78 if value & 1 else 0)
        table.append(value)
    return tuple(table)


_CRC = _table()


def crc32c(data: bytes) -> int:
    """The checksum that Prometheus writes: CRC-32 with Castagnoli's polynomial."""
    table, value = _CRC, 0xFFFFFFFF
    for byte in data:
        value = table[(value ^ byte) & 0xFF] ^ (value >> 8)
    return value ^ 0xFFFFFFFF
