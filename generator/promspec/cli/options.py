"""The options that commands share, and those of `lint`: their names and what they mean."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated

import typer

from promspec.cli.lint_options import FailOn, LintFormat
from promspec.cli.show import Format

Specs = Annotated[
    list[Path] | None,
    typer.Argument(metavar="[SPEC]...", help="Spec files. Without any: every spec/*.py that does not begin with _."),
]
FormatOption = Annotated[
    Format,
    typer.Option("--format", help="How problems are shown: github makes annotations; sarif and junit are for tools."),
]
FixOption = Annotated[bool, typer.Option("--fix", help="Show what mechanical fixes would change, as a diff.")]
WriteOption = Annotated[bool, typer.Option("--write", help="With --fix: change the files, then show what remains.")]
Output = Annotated[Path, typer.Option("--output", "-o", help="The folder in which each spec has a folder of its own.")]

MetricsOption = Annotated[
    list[str] | None,
    typer.Option("--metrics", "-m", metavar="SOURCE", help="A spec (.py), an exposition file or URL; repeatable."),
]
ServersOption = Annotated[
    list[str] | None, typer.Option("--prometheus", metavar="URL", help="A running Prometheus; repeatable.")
]
ClosedOption = Annotated[bool, typer.Option("--closed", help="The sources show every label value that there is.")]
ExcludeOption = Annotated[list[str] | None, typer.Option("--exclude", help="Leave out what matches this glob.")]
TargetLabelOption = Annotated[
    list[str] | None, typer.Option("--target-label", help="A label that every target has, beside job and instance.")
]
ScrapeOption = Annotated[str, typer.Option("--scrape-interval", help="The shortest interval between two scrapes.")]
BaselineOption = Annotated[Path | None, typer.Option("--baseline", help="Findings that are known already.")]
WriteBaselineOption = Annotated[bool, typer.Option("--write-baseline", help="Write all into the baseline.")]
FailOnOption = Annotated[
    FailOn | None, typer.Option("--fail-on", help="What fails; by default errors, with a baseline also warnings.")
]
LintFormatOption = Annotated[LintFormat, typer.Option("--format", help="How findings are shown.")]
PrometheusVersionOption = Annotated[
    str | None, typer.Option("--prometheus-version", metavar="X.Y", help="The Prometheus that the files are for.")
]
FeatureOption = Annotated[
    list[str] | None, typer.Option("--enable-feature", help="A feature flag that it is started with; repeatable.")
]


def version_of(text: str | None) -> tuple[int, int] | None:
    """A version of Prometheus such as 3.5 or 3.5.1; a wrong one is wrong usage."""
    if text is None:
        return None
    found = re.fullmatch(r"v?(\d{1,4})\.(\d{1,4})(\.\d{1,4})?", text)
    if found is None:
        raise typer.BadParameter(f"{text!r} is no version: write such as 3.5", param_hint="--prometheus-version")
    return int(found[1]), int(found[2])
