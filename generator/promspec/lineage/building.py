"""Gathers the nodes and edges of a graph: one of each, under keys that stay the same from run to run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from promspec.lineage.model import Edge, Graph, Node, Pairs
from promspec.lineage.reading import Reading, labels_named, readings
from promspec.problems import Place
from promspec.promql import Expr
from promspec.series import SpecSeries
from promspec.vocabulary.labels import Label
from promspec.vocabulary.metrics import Metric

Read = tuple[Node, Mapping[str, str]]
"""A node that records or exposes a series, and the labels that are fixed in it."""


class Builder:
    """A graph that is being built. `registry` knows every series that an expression may name."""

    def __init__(self, registry: SpecSeries) -> None:
        self.registry = registry
        self.codes: tuple[Node, ...] = ()
        self._nodes: dict[str, Node] = {}
        self._edges: dict[tuple[str, str, str], Edge] = {}
        self._of: dict[int, Node] = {}
        self._series: dict[str, list[Read]] = {}
        self._labels: dict[str, dict[str, Node]] = {}

    def add(
        self,
        kind: str,
        name: str,
        place: Place | None,
        *,
        of: object = None,
        detail: str = "",
        aliases: Sequence[str] = (),
        value_of: str = "",
    ) -> Node:
        """A new node; `of` is the declaration by which others find it."""
        key, number = f"{kind}:{name}{detail}", 1
        while key in self._nodes:
            number += 1
            key = f"{kind}:{name}{detail}#{number}"
        found = Node(key, kind, name, place, detail, tuple(aliases), value_of)
        self._nodes[key] = found
        if of is not None:
            self._of[id(of)] = found
        return found

    def node(self, declaration: object) -> Node | None:
        """The node of a declaration, if it has one."""
        return self._of.get(id(declaration))

    def link(self, user: Node | None, used: object, how: str, *, quiet: bool = False, ends: bool = False) -> None:
        """An edge to a node or to a declaration's node; nothing where either is not there."""
        target = used if isinstance(used, Node) else self.node(used)
        if user is not None and target is not None and user.key != target.key:
            self._put(Edge(user.key, target.key, how, quiet, ends))

    def _put(self, edge: Edge) -> None:
        earlier = self._edges.setdefault((edge.user, edge.used, edge.how), edge)
        if earlier.without != edge.without:  # left out is what every selector leaves out
            without = earlier.without & edge.without
            self._edges[edge.user, edge.used, edge.how] = Edge(
                edge.user, edge.used, edge.how, edge.quiet, edge.ends, without
            )

    def exposes(self, node: Node, metric: Metric) -> None:
        """The node is that metric; its labels are those that expressions on it may name."""
        for name in dict.fromkeys((metric.name, *metric.series)):
            self._series.setdefault(name, []).append((node, {}))
        for label in metric.labels:
            self.link(node, label, "carries", ends=True)
            found = self.node(label)
            if found is not None:
                self._labels.setdefault(node.key, {})[label.name] = found

    def records(self, node: Node, series: str, labels: Mapping[str, str]) -> None:
        """The node records a series with these fixed labels."""
        self._series.setdefault(series, []).append((node, labels))

    def reads(
        self, reader: Node, exprs: Sequence[Expr], texts: Sequence[str] = (), metrics: Node | None = None
    ) -> None:
        """The reader reads what the expressions select and names labels; metrics are read by `metrics` in its stead."""
        for reading in readings(exprs, self.registry):
            for used, fixed in self._sources(reading):
                user = metrics if metrics is not None and used.key in self._labels else reader
                if reading.may_read(fixed) and user.key != used.key:
                    self._put(Edge(user.key, used.key, "reads", without=self._without(reading)))
            self._codes_read(metrics or reader, reading)
        named, below = labels_named(exprs, texts), self._below(reader)
        for name in named:
            for label in dict.fromkeys(self._labels[key][name] for key in below if name in self._labels.get(key, {})):
                self.link(reader, label, "names")

    def _sources(self, reading: Reading) -> list[Read]:
        found = self._series.get(reading.series)
        if found is None:
            known = self.registry.series(reading.series)
            found = [(self.add("series", reading.series, None), {})] if known is not None else []
            self._series[reading.series] = found
        return found

    def _without(self, reading: Reading) -> Pairs:
        pairs = ((code.value_of, code.name) for code in self.codes)
        return frozenset(pair for pair in pairs if not reading.accepts(*pair))

    def _codes_read(self, reader: Node, reading: Reading) -> None:
        known = self.registry.series(reading.series)
        for code in self.codes:
            if known is not None and code.value_of in known.labels and reading.accepts(code.value_of, code.name):
                selected = reading.selects(code.value_of)
                self.link(reader, code, "selects" if selected else "counts", quiet=not selected)

    def _below(self, reader: Node) -> list[str]:
        """The keys of all that a reader reads, directly or through rules."""
        return [reader.key, *(step.node.key for step in self.graph().made_from(reader))]

    def label(self, label: Label) -> None:
        """A node for a label, once."""
        if self.node(label) is None:
            self.add("label", label.name, label.place, of=label)

    def graph(self) -> Graph:
        """What was gathered."""
        return Graph(dict(self._nodes), tuple(self._edges.values()))
