"""What is fuzzed: the parser, inference, lint of files, and the reader of expositions; each in bounded time."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from promspec.linting.lint import Options, lint
from promspec.linting.sources.choosing import SourceError, exposition
from promspec.linting.sources.examples import Examples
from promspec.promql import PromQLError, infer, parse
from tests.support import fuzzing

METRICS = """# TYPE shop_requests_total counter
shop_requests_total{code="200",job="shop"} 1
shop_requests_total{code="222222222222222222222222222222222222",job="shop"} 1
# TYPE shop_queue gauge
shop_queue{x="aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"} 1
# TYPE shop_seconds histogram
shop_seconds_bucket{le="0.1"} 1
shop_seconds_bucket{le="+Inf"} 1
shop_seconds_sum 1
shop_seconds_count 1
"""


Data = bytes | str


@dataclass(slots=True)
class Tally:
    """What was done: inputs, bytes, expressions of which some parsed, errors outside the text, the slowest."""

    inputs: int = 0
    bytes: int = 0
    expressions: int = 0
    parsed: int = 0
    misplaced: int = 0
    slowest: float = 0.0
    slow: str = ""
    failures: list[str] = field(default_factory=list)

    def time(self, data: Data, action: Callable[[], object]) -> None:
        """Do it; an exception is a failure."""
        began = time.perf_counter()
        try:
            action()
        except Exception as error:
            self.failures.append(f"{type(error).__name__}: {error} of {data[:300]!r}")
        took = time.perf_counter() - began
        if took > self.slowest:
            self.slowest, self.slow = took, repr(data[:80])
        self.inputs += 1


class Fuzzer:
    """Runs targets on inputs and keeps the tally; files are written into `folder`."""

    def __init__(self, folder: Path, seed: int) -> None:
        self.folder = folder
        self.chance = random.Random(seed)
        self.tally = Tally()
        self.source = exposition(METRICS, "metrics.prom", closed=False)
        self.before: Callable[[], object] = lambda: None  # a watchdog may begin anew with each input

    def _time(self, data: Data, action: Callable[[], object]) -> None:
        self.before()
        self.tally.time(data, action)

    def expression(self, text: str) -> None:
        """Parse and infer a text."""

        def action() -> None:
            for templated in (False, True):
                try:
                    tree = parse(text, templated=templated)
                except PromQLError as error:
                    self.tally.misplaced += not 0 <= error.start <= error.end <= len(text)
                    continue
                self.tally.parsed += 1
                for finding in infer(tree, _Seen(self.source)).findings:
                    assert 0 <= finding.start <= finding.end <= len(text)
                return

        self._time(text, action)
        self.tally.expressions += 1

    def file(self, name: str, data: bytes) -> None:
        """Lint a file of that content."""
        path = self.folder / name
        path.write_bytes(data)

        def action() -> None:
            for problem in lint([str(path)], [self.source], Options(interval=15_000)).problems:
                assert problem.summary
                assert problem.place.line >= 0

        self._time(data, action)
        path.unlink()

    def exposition(self, data: bytes) -> None:
        """Read a text as a source of metrics."""

        def action() -> None:
            try:
                exposition(data.decode("utf-8", "replace"), "metrics.prom", closed=False).names()
            except SourceError:
                return

        self._time(data, action)

    def hostile(self) -> None:
        """Every input that was made to hurt."""
        for text in fuzzing.HOSTILE:
            self.expression(text)
            self.file("hostile.yml", fuzzing.rule_file([text]).encode("utf-8", "surrogatepass"))
        for name, data in fuzzing.FILES.items():
            self.file(name, data)
        for data in fuzzing.EXPOSITIONS.values():
            self.exposition(data)

    def expressions(self, count: int) -> None:
        """Random expressions by the grammar; all of them also as rules, and some as panels."""
        waiting: list[str] = []
        for _ in range(count):
            text = fuzzing.expression(self.chance, self.chance.randint(0, 4))
            self.expression(text)
            waiting.append(text)
            if len(waiting) == 200:
                self.file("rules.yml", fuzzing.rule_file(waiting).encode())
                self.file("board.json", fuzzing.dashboard(waiting[:30]).encode())
                waiting.clear()

    def random_bytes(self, count: int, good: list[bytes]) -> None:
        """So many bytes at least: noise, marks that mean something, and damaged good files, each as every input."""
        while self.tally.bytes < count:
            size = self.chance.choice((1, 5, 20, 50, 100, 200))
            noise = self.chance.randbytes(size)
            letters = bytes(self.chance.choices(b'{}[]()":,=~!-|>&*#\n\t \\$abc019', k=size))
            whole = self.chance.choice(good)
            at = self.chance.choice((0, self.chance.randrange(len(whole))))
            for data in (noise, letters, fuzzing.damaged(self.chance, whole[at : at + 2 * size])):
                self._as_everything(data)
                self.tally.bytes += len(data)

    def _as_everything(self, data: bytes) -> None:
        self.file("fuzz.yml", data)
        self.file("fuzz.json", data)
        self.exposition(data)
        self.expression(data.decode("latin-1"))


class _Seen:
    """Examples as a registry in which what was seen is all there is."""

    def __init__(self, examples: Examples) -> None:
        self.series = examples.seen
        self.names = examples.names
        self.histograms = examples.histograms


def good_files(corpus: Path) -> list[bytes]:
    """Files to damage."""
    return [path.read_bytes() for path in _listed(corpus)]


def _listed(corpus: Path) -> Iterator[Path]:
    yield from sorted(path for path in corpus.rglob("*") if path.suffix in (".yml", ".json", ".prom"))
