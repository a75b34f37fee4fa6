"""Writes the catalog as Markdown."""

from __future__ import annotations

from promspec import files
from promspec.files import GeneratedFile
from promspec.plan.catalog import CatalogPlan
from promspec.render.templating import fill


def render_catalog(plan: CatalogPlan, source: str) -> tuple[GeneratedFile, ...]:
    """`catalog.md`: one section for each kind of declaration that the spec has, with a table of contents."""
    text = fill("catalog.md.jinja", header=files.header(source, "<!--"), catalog=plan)
    return (GeneratedFile("catalog.md", text),)
