"""The objects of OpenSLO documents by kind and name, and which of them were referred to."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from promspec.importing.entries import Entry
from promspec.problems import near_miss, one_of

VERSION = "openslo/v1"
KINDS = ("DataSource", "SLO", "SLI", "AlertPolicy", "AlertCondition", "AlertNotificationTarget", "Service")


class Objects:
    """Every document of a known kind; a wrong version, an unknown kind and a name given twice are problems."""

    def __init__(self, documents: Sequence[Entry]) -> None:
        self._kinds: dict[str, list[Entry]] = {kind: [] for kind in KINDS}
        self._named: dict[tuple[str, str], Entry] = {}
        self._used: set[int] = set()
        for document in documents:
            self._add(document)

    def _add(self, document: Entry) -> None:
        version, kind = document.require("apiVersion"), document.require("kind")
        if version is None or kind is None:
            return
        if version.as_text() != VERSION:
            written = version.as_text() or ""
            older = " (the versions differ: see the specification)" if written.startswith("openslo") else ""
            text = f"the apiVersion is {written!r}, and only {VERSION} is read"
            version.say("import/kind", text, f"write the document as {VERSION}{older}")
            return
        word = kind.as_text() or ""
        if word not in KINDS:
            remedy = near_miss(word, KINDS) or f"there are {one_of(KINDS)}"
            kind.say("import/kind", f"there is no kind {word!r}", remedy)
            return
        document.known("apiVersion", "kind", "metadata", "spec")
        self._kinds[word].append(document)
        name = self.name(document)
        if name is None:
            return
        earlier = self._named.setdefault((word, name), document)
        if earlier is not document:
            text = f"the {word} {name} is there twice, first in {earlier.file}:{earlier.line}"
            document.say("import/duplicate", text, "rename one of them")

    def of(self, kind: str) -> Iterator[Entry]:
        """The documents of a kind, in order."""
        return iter(self._kinds[kind])

    def name(self, document: Entry) -> str | None:
        """The name in a document's metadata; a problem if there is none."""
        metadata = document.mapping("metadata", required=True)
        return metadata.text("name") if metadata is not None else None

    def find(self, kind: str, name: str) -> Entry | None:
        """The document of that kind and name, if there is one."""
        found = self._named.get((kind, name))
        if found is not None:
            self._used.add(id(found))
        return found

    def refer(self, kind: str, reference: Entry) -> Entry | None:
        """The document that a reference names; a problem if there is none."""
        name = reference.as_text()
        if name is None:
            return None
        found = self.find(kind, name)
        if found is None:
            names = [known for word, known in self._named if word == kind]
            remedy = near_miss(name, names) or "name the file that has it as well: promspec import openslo FILE FILE"
            reference.say("import/reference", f"there is no {kind} {name!r}", remedy)
        return found

    def unused(self) -> Iterator[Entry]:
        """The documents that nothing refers to, but SLOs, in order of their kinds."""
        for kind in KINDS:
            if kind not in ("SLO", "DataSource"):
                yield from (item for item in self._kinds[kind] if id(item) not in self._used)
