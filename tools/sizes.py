"""Counts the code of the generator: modules, functions and their lines, beside the aims of the project."""

from __future__ import annotations

import ast
from pathlib import Path
from statistics import median, quantiles

HOME = Path(__file__).resolve().parent.parent / "generator" / "promspec"


def function_lengths(tree: ast.AST) -> list[int]:
    """The lines of every function, its docstring left out."""
    found = []
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            words = node.body[0] if ast.get_docstring(node) else None
            doc = (words.end_lineno or 0) - words.lineno + 1 if words is not None else 0
            found.append((node.end_lineno or node.lineno) - node.lineno + 1 - doc)
    return found


def main() -> None:
    """Print one line per figure."""
    texts = {path: path.read_text(encoding="utf-8") for path in sorted(HOME.rglob("*.py"))}
    modules = [text.count("\n") for text in texts.values()]
    functions = [length for text in texts.values() for length in function_lengths(ast.parse(text))]
    print(f"modules    {len(modules):>5}   median {median(modules):>4.0f}   longest {max(modules):>4}   (aim 100, 300)")
    p95 = quantiles(functions, n=20)[-1]
    print(f"functions  {len(functions):>5}   median {median(functions):>4.0f}   95 % {p95:>7.0f}   (aim 10, 35)")
    print(f"lines      {sum(modules):>5}   longest function {max(functions)}")


if __name__ == "__main__":
    main()
