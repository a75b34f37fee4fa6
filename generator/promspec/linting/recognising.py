"""What a file holds: the documents of YAML and JSON, unwrapped from lists, manifests, ConfigMaps and Secrets."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from promspec.linting.json_reading import BrokenJson, document
from promspec.linting.model import Found, Subject, found
from promspec.linting.nodes import Node, Source
from promspec.linting.paths import problem
from promspec.linting.yaml_reading import BrokenYaml, documents
from promspec.problems import Level

_RULE_KINDS = ("PrometheusRule", "VMRule")
_MAPS = ("ConfigMap", "Secret")
_LARGEST_DEPTH = 8


@dataclass(frozen=True, eq=False, slots=True)
class Document:
    """A node and what it is: rules (a mapping with groups), dashboard or alertmanager."""

    what: str
    node: Node


class Recogniser:
    """Reads one file; what is wrong with its form is in `found`."""

    def __init__(self) -> None:
        self.found: list[Found] = []

    def documents(self, source: Source, named: bool) -> list[Document]:
        """Everything of interest in a file; a file that was named must hold something."""
        roots = self._roots(source)
        result: list[Document] = []
        for root in roots:
            result += self._unwrap(root, 0)
        if roots and not result and named:
            text = "this is no rule file, no PrometheusRule, no dashboard and no Alertmanager configuration"
            remedy = "a rule file begins with groups:, a dashboard has panels, Alertmanager has route: and receivers:"
            self.found.append(problem("file/unknown-kind", text, remedy, source.file, 1, Level.WARNING))
        self._later_documents(roots, result)
        return result

    def _roots(self, source: Source) -> list[Node]:
        start = source.text.lstrip()[:1]
        if source.file.endswith(".json") or (start in ("{", "[") and not source.file.endswith((".yml", ".yaml"))):
            try:
                return [document(source)]
            except BrokenJson as error:
                place = source.place(error.offset, error.offset + 1)
                self._broken("file/json", str(error), "mend the JSON", source, place.line)
                return []
        return self._yaml(source)

    def _yaml(self, source: Source) -> list[Node]:
        def say(id: str, summary: str, remedy: str, offset: int) -> None:
            whole = Subject("file", source.file.rsplit("/", 1)[-1], Node("null", source, offset, offset + 1))
            self.found.append(found(id, Level.ERROR, summary, remedy, whole, source.place(offset, offset + 1)))

        try:
            return [node for node in documents(source, say) if node.kind != "null"]
        except BrokenYaml as error:
            place = source.place(error.offset, error.offset + 1)
            self._broken("file/yaml", str(error), error.remedy, source, place.line)
            return []

    def _broken(self, id: str, summary: str, remedy: str, source: Source, line: int) -> None:
        self.found.append(problem(id, summary, remedy, source.file, line))

    def _unwrap(self, node: Node, depth: int) -> list[Document]:
        if node.kind != "mapping" or depth > _LARGEST_DEPTH:
            return []
        kind = node.string("kind")
        if kind in _RULE_KINDS:
            spec = node.get("spec")
            return [Document("rules", spec)] if spec is not None and spec.kind == "mapping" else []
        if kind.endswith("List") and node.get("items") is not None:
            fresh = {id(item): item for item in node.each("items")}.values()  # an alias may name one often
            return [document for item in fresh for document in self._unwrap(item, depth + 1)]
        if kind in _MAPS:
            return [document for text in _data(node) for document in self._inner(text, depth)]
        if kind == "GrafanaDashboard":
            inner = node.at("spec", "json")
            return self._inner(inner, depth) if inner is not None and inner.scalar else []
        return _plain(node)

    def _inner(self, text: Node, depth: int) -> list[Document]:
        """The documents inside a scalar, such as a file in a ConfigMap."""
        stripped = text.text.lstrip()
        inner = Source(text.source.file, text.text, text)
        if stripped.startswith("{"):
            try:
                return self._unwrap(document(inner), depth + 1)
            except BrokenJson as error:
                line = inner.place(error.offset, error.offset + 1).line
                self._broken("file/json", str(error), "mend the JSON", inner, line)
                return []
        if "groups:" in text.text or "receivers:" in text.text:
            return [document for node in self._yaml(inner)[:1] for document in self._unwrap(node, depth + 1)]
        return []

    def _later_documents(self, roots: list[Node], result: list[Document]) -> None:
        """Prometheus reads the first document of a rule file only (manifests may well stand together)."""
        plain = [item.node for item in result if item.what == "rules" and any(item.node is root for root in roots)]
        for node in plain:
            if node is not roots[0]:
                whole = Subject("file", node.source.file.rsplit("/", 1)[-1], node)
                text = "Prometheus reads the first document of a rule file, and ignores this one"
                remedy = "put its groups under the first groups:, or into a file of their own"
                self.found.append(found("file/second-document", Level.ERROR, text, remedy, whole))


def _data(node: Node) -> Iterator[Node]:
    for key in ("data", "stringData", "binaryData"):
        mapping = node.get(key)
        if key != "binaryData" and mapping is not None:
            yield from (value for _, value in mapping.pairs if value.kind == "text")


def _plain(node: Node) -> list[Document]:
    dashboard = node.get("dashboard")
    if dashboard is not None and dashboard.kind == "mapping":
        return [Document("dashboard", dashboard)]
    if node.key("groups") is not None:
        groups = node.get("groups")
        return [Document("rules", node)] if groups is None or groups.kind != "mapping" else []
    if node.get("route") is not None and (node.get("receivers") is not None or node.get("inhibit_rules") is not None):
        return [Document("alertmanager", node)]
    if node.get("receivers") is not None and node.get("exporters") is None:
        return [Document("alertmanager", node)]
    if node.get("panels") is not None or (node.get("rows") is not None and node.get("title") is not None):
        return [Document("dashboard", node)]
    return []
