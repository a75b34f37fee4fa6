"""The shape of the code is tested: who imports whom, that there is no cycle, that every module says what it owns."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

HOME = Path(__file__).resolve().parent.parent / "generator" / "promspec"
MODULES = sorted(path for path in HOME.rglob("*.py"))

LAYERS = [
    {"version", "problems", "quantities", "naming", "files", "grafana_units", "promql", "runtime"},
    {"grouping"},
    {"fetching", "live_rules"},
    {"vocabulary", "evaluation"},
    {"objectives"},
    {"cardinality"},
    {"panel_records"},
    {"series"},
    {"proofs", "judging"},
    {"load"},
    {"check"},
    {"linting"},
    {"plan"},
    {"lineage", "explaining", "fixing"},
    {"render"},
    {"importing"},
    {"write"},
    {"promtool"},
    {"binaries"},
    {"simulating"},
    {"pipeline"},
    {"previewing"},
    {"proving"},
    {"live", "stack"},
    {"drilling"},
    {"cli"},
    {"__main__"},
]
"""A module imports from the layers before its own, and from its own part."""


def _part(path: Path) -> str:
    return path.relative_to(HOME).parts[0].removesuffix(".py")


def _imports(path: Path) -> set[str]:
    """Every module of promspec that a file imports, lazy imports included."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
            inside = node.module == "promspec"
            found.update({f"promspec.{alias.name}" for alias in node.names} if inside else {node.module})
    return {name for name in found if name.split(".")[0] == "promspec"}


def _layer(part: str) -> int:
    return next(index for index, parts in enumerate(LAYERS) if part in parts)


@pytest.mark.parametrize("path", MODULES, ids=lambda path: path.relative_to(HOME).as_posix())
def test_imports_go_one_way(path: Path) -> None:
    part = _part(path)
    if part in ("__init__", "runtime"):
        return
    for name in _imports(path):
        words = name.split(".")
        if len(words) == 1 or words[1] in ("__version__", "__all__"):
            assert part in ("cli", "load"), f"{part} imports the façade `promspec`"
        elif words[1] != part:
            assert _layer(words[1]) < _layer(part), f"{part} must not import {name}"


def test_the_vocabulary_and_the_version_are_all_the_facade_imports() -> None:
    assert {name.split(".")[1] for name in _imports(HOME / "__init__.py")} == {"version", "vocabulary"}


@pytest.mark.parametrize("path", sorted((HOME / "runtime").glob("*.py")), ids=lambda path: path.name)
def test_the_runtime_imports_nothing_of_promspec(path: Path) -> None:
    assert _imports(path) == set()


def test_no_module_is_part_of_a_cycle() -> None:
    names = {".".join(["promspec", *path.relative_to(HOME).with_suffix("").parts]): path for path in MODULES}
    graph = {name.removesuffix(".__init__"): _targets(path, names) for name, path in names.items()}
    assert _cycle(graph) is None


def _targets(path: Path, names: dict[str, Path]) -> set[str]:
    packages = {name.removesuffix(".__init__") for name in names}
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.module and node.level == 0:
            deeper = {f"{node.module}.{alias.name}" for alias in node.names} & packages
            found |= deeper or ({node.module} & packages)
    return found - {"promspec"}


def _cycle(graph: dict[str, set[str]]) -> list[str] | None:
    done: set[str] = set()

    def visit(name: str, trail: list[str]) -> list[str] | None:
        if name in trail:
            return [*trail[trail.index(name) :], name]
        if name in done:
            return None
        for target in sorted(graph.get(name, ())):
            found = visit(target, [*trail, name])
            if found is not None:
                return found
        done.add(name)
        return None

    for name in sorted(graph):
        found = visit(name, [])
        if found is not None:
            return found
    return None


@pytest.mark.parametrize("path", MODULES, ids=lambda path: path.relative_to(HOME).as_posix())
def test_every_module_says_in_its_first_line_what_it_owns_and_is_no_longer_than_300_lines(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert ast.get_docstring(ast.parse(text)), "no docstring"
    assert text.startswith('"""')
    assert text.count("\n") <= 300


def test_only_the_cli_prints_or_exits() -> None:
    for path in MODULES:
        if _part(path) in ("cli", "runtime"):
            continue
        calls = [node for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))) if isinstance(node, ast.Call)]
        named = {node.func.id for node in calls if isinstance(node.func, ast.Name)}
        assert not named & {"print", "exit", "quit", "input"}, path
