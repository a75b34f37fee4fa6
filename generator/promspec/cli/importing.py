"""The commands `import sloth` and `import openslo`: other generators' SLOs as a Python spec."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from promspec.cli.show import Format, Report
from promspec.naming import SPEC_NAME
from promspec.quantities import milliseconds

if TYPE_CHECKING:
    from promspec.importing import Imported

imports = typer.Typer(
    help="Write a spec from the SLOs of another generator; what cannot be carried over is said.",
    no_args_is_help=True,
    context_settings={"help_option_names": ["-h", "--help"]},
)

Files = Annotated[list[Path], typer.Argument(metavar="FILE...", help="YAML files; several become one spec.")]
Output = Annotated[
    Path | None, typer.Option("--output", "-o", help="The Python file to write. Without it: standard output.")
]
Name = Annotated[str, typer.Option("--name", help="The spec's name, in snake_case. Without it: that of the service.")]
Force = Annotated[bool, typer.Option("--force", help="Overwrite the file if it is there.")]
FormatOption = Annotated[Format, typer.Option("--format", help="How problems are shown.")]


@imports.command("sloth")
def sloth(
    files: Files,
    output: Output = None,
    name: Name = "",
    window: Annotated[str, typer.Option("--window", help="The period that Sloth was run with.")] = "30d",
    force: Force = False,
    format: FormatOption = Format.TEXT,
) -> None:
    """Write a spec from Sloth's prometheus/v1 files, or its Kubernetes resources sloth.slok.dev/v1."""
    from promspec.importing import import_sloth

    _finish(import_sloth(files, _checked(name), _period(window)), output, force, format)


@imports.command("openslo")
def openslo(
    files: Files,
    output: Output = None,
    name: Name = "",
    force: Force = False,
    format: FormatOption = Format.TEXT,
) -> None:
    """Write a spec from OpenSLO v1 documents; what one file refers to may stand in another one that is named."""
    from promspec.importing import import_openslo

    _finish(import_openslo(files, _checked(name)), output, force, format)


def _checked(name: str) -> str:
    if name and not SPEC_NAME.fullmatch(name):
        raise typer.BadParameter(f"{name!r} cannot name a spec; write it in snake_case", param_hint="--name")
    return name


def _period(window: str) -> str:
    try:
        if milliseconds(window) >= 3_600_000:
            return window
    except ValueError:
        pass
    raise typer.BadParameter(f"{window!r} is no period of an SLO; write 7d, 28d or 30d", param_hint="--window")


def _finish(imported: Imported, output: Path | None, force: bool, format: Format) -> None:
    """Show the problems; write the spec, and check it, unless one of them is an error."""
    report = Report(format, stream=sys.stderr if output is None else None)
    report.problems(imported.problems)
    if imported.text and output is None:
        sys.stdout.write(imported.text)
    elif imported.text and output is not None:
        if output.exists() and not force:
            report.fail()
            text = f"{output} exists already; nothing was written. --force overwrites it.\n"
            report.row("failures", {"file": str(output), "message": text.strip()}, text)
        else:
            _write(imported, output, report)
    report.finish(quiet=True)


def _write(imported: Imported, output: Path, report: Report) -> None:
    from promspec.pipeline import examine

    output.parent.mkdir(parents=True, exist_ok=True)
    output.write_text(imported.text, encoding="utf-8")
    _, problems = examine(output)
    report.problems(problems)
    row = {"file": str(output), "spec": imported.name}
    report.row("written", row, f"Wrote {output}. Next: promspec generate {output}\n")
