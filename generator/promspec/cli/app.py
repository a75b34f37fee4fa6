"""The commands and their options. Exit codes: 0 fine, 1 problems or drift, 2 usage."""

from __future__ import annotations

import io
import os
import sys
from pathlib import Path
from typing import Annotated

import typer

from promspec.cli.clock import today
from promspec.cli.drilling import drilling
from promspec.cli.importing import imports
from promspec.cli.lint_options import LintFormat
from promspec.cli.live_commands import live
from promspec.cli.options import (
    BaselineOption,
    ClosedOption,
    ExcludeOption,
    FailOnOption,
    FeatureOption,
    FixOption,
    FormatOption,
    LintFormatOption,
    MetricsOption,
    Output,
    PrometheusVersionOption,
    ScrapeOption,
    ServersOption,
    Specs,
    TargetLabelOption,
    WriteBaselineOption,
    WriteOption,
    version_of,
)
from promspec.cli.preview_commands import previews
from promspec.cli.rule_commands import rule_commands
from promspec.cli.show import Format, Picture, Report, Shape, as_ascii
from promspec.cli.stacking import stack
from promspec.quantities import milliseconds
from promspec.version import VERSION

app = typer.Typer(
    name="promspec",
    help="One typed spec of metrics, error codes, SLOs and alerts; every observability artefact out of it.",
    epilog="Exit codes: 0 fine, 1 problems or drift, 2 wrong usage.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.add_typer(imports, name="import")
app.add_typer(stack, name="stack")
app.add_typer(live)
app.add_typer(drilling)
app.add_typer(previews)
app.add_typer(rule_commands)


@app.command()
def check(
    specs: Specs = None,
    format: FormatOption = Format.TEXT,
    fix: FixOption = False,
    write: WriteOption = False,
) -> None:
    """Check specs and show every problem, with its place and what to write instead. Writes nothing but with --write."""
    from promspec.cli.fixing import fix_and_tell
    from promspec.pipeline import examine

    chosen = _chosen(specs)
    if fix or write:
        fix_and_tell([problem for path in chosen for problem in examine(path, today())[1]], write=write)
        if not write:
            return
    report = Report(format)
    for path in chosen:
        report.file(path)
        _, problems = examine(path, today())
        report.problems(problems)
    report.finish()


@app.command()
def generate(
    specs: Specs = None,
    output: Output = Path("output"),
    check: Annotated[bool, typer.Option("--check", help="Change nothing; exit 1 and show a diff on drift.")] = False,
    force: Annotated[bool, typer.Option("--force", help="Overwrite files that were edited by hand.")] = False,
    format: FormatOption = Format.TEXT,
) -> None:
    """Generate every artefact of the specs into OUTPUT/<spec name>/, all files or none.

    Nothing is written while a spec has an error. A generated file that was edited by hand is named and left as it is.
    """
    from promspec.cli.generating import generate_one

    report = Report(format)
    for path in _chosen(specs):
        generate_one(path, output, report, check=check, force=force)
    report.finish()


@app.command()
def plan(
    spec: Annotated[Path, typer.Argument(metavar="SPEC", help="The spec file.")],
    as_json: Annotated[bool, typer.Option("--json", help="The whole plan as one JSON document.")] = False,
) -> None:
    """Show what a spec would generate: a summary, or every decision as JSON."""
    from promspec.cli.remembering import compiled as compiled_spec
    from promspec.cli.summary import summary

    compiled = compiled_spec(spec)
    report = Report(Format.TEXT, stream=sys.stderr)
    report.problems(compiled.problems)
    if compiled.plan is not None:
        sys.stdout.write(as_ascii(compiled.plan.as_json(), sys.stdout) if as_json else summary(compiled))
    report.finish(quiet=True)


@app.command()
def simulate(
    spec: Annotated[Path, typer.Argument(metavar="SPEC", help="The spec file.")],
    slo: Annotated[list[str] | None, typer.Option("--slo", help="Only this SLO; may be given several times.")] = None,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="A folder for the pictures (SVG) and simulation.md.")
    ] = None,
    format: Annotated[Shape, typer.Option("--format", help="How the tables are shown.")] = Shape.TEXT,
    with_promtool: Annotated[
        bool, typer.Option("--promtool/--no-promtool", help="Also run the rules in promtool, or only calculate.")
    ] = True,
    longest: Annotated[
        str, typer.Option("--longest", help="Run in promtool only faults that are told of within this time.")
    ] = "7h",
) -> None:
    """Show for each SLO how soon a fault of each error ratio alerts, what it costs of the budget, and when it ends.

    The closed formula stands beside what promtool saw of the generated rules.
    """
    from promspec.cli.simulating import simulate_one

    try:
        limit = milliseconds(longest)
    except ValueError as error:
        raise typer.BadParameter(str(error), param_hint="--longest") from None
    simulate_one(spec, slo or [], output, format, limit if with_promtool else 0)


@app.command()
def prove(
    specs: Specs = None,
    only: Annotated[
        list[str] | None, typer.Option("--only", metavar="RULE", help="An alert or a recorded series; may be repeated.")
    ] = None,
    mutate: Annotated[
        bool, typer.Option("--mutate", help="Prove the proofs: each small change of a rule must be noticed.")
    ] = False,
    jobs: Annotated[
        int | None, typer.Option("--jobs", "-j", min=1, help="Processes at once; by default one for each core.")
    ] = None,
    verbose: Annotated[bool, typer.Option("--verbose", "-v", help="Show every rule, also those in order.")] = False,
    format: FormatOption = Format.TEXT,
) -> None:
    """Prove every alert and every recording rule of the specs with promtool: when each fires, and when it is silent.

    For each alert series are found that make it fire, from its expression down to raw metrics. It must be silent on
    healthy traffic, on none, before series are born, on a restart and just below its threshold; pending and firing to
    the step just above; and resolve. Every recording rule must give the values that were worked out for uneven inputs.

    With --mutate thresholds, comparisons, windows, matchers, operands, groupings and waits are changed one at a time;
    a change that no case notices is a survivor, and listed with its place.

    The same tests are generated into OUTPUT/<spec>/rule_tests: promtool test rules rule_tests/*/*.yml.

    Exit codes: 0 all proven (or every mutant killed), 1 something is not, 2 wrong usage.
    """
    from promspec.cli.proving import prove_one
    from promspec.proving.batches import default_jobs

    report = Report(format)
    for path in _chosen(specs):
        prove_one(path, report, only=only or (), jobs=jobs or default_jobs(), mutate=mutate, verbose=verbose)
    report.finish(quiet=True)


@app.command()
def lint(
    paths: Annotated[list[str], typer.Argument(metavar="PATHS...", help="Files, directories and globs.")],
    metrics: MetricsOption = None,
    prometheus: ServersOption = None,
    closed: ClosedOption = False,
    exclude: ExcludeOption = None,
    target_label: TargetLabelOption = None,
    scrape_interval: ScrapeOption = "15s",
    prometheus_version: PrometheusVersionOption = None,
    enable_feature: FeatureOption = None,
    baseline: BaselineOption = None,
    write_baseline: WriteBaselineOption = False,
    fail_on: FailOnOption = None,
    format: LintFormatOption = LintFormat.TEXT,
    fix: FixOption = False,
    write: WriteOption = False,
) -> None:
    """Judge anyone's rule files, PrometheusRule manifests, Grafana dashboards and Alertmanager configurations.

    With --metrics every metric, label and value in them is compared with what there is. Comments allow a finding:
    # promspec: allow <id> -- reason

    Exit codes: 0 nothing that fails, 1 (new) findings, 2 wrong usage.
    """
    from promspec.cli.linting import Request, lint_all
    from promspec.linting.lint import Options

    try:
        interval = milliseconds(scrape_interval)
    except ValueError as error:
        raise typer.BadParameter(str(error), param_hint="--scrape-interval") from None
    target, features = version_of(prometheus_version), tuple(enable_feature or ())
    options = Options(tuple(exclude or ()), tuple(target_label or ()), interval, today(), target, features)
    servers, sources = tuple(prometheus or ()), tuple(metrics or ())
    lint_all(
        Request(tuple(paths), sources, servers, closed, baseline, write_baseline, fail_on, format, fix, write), options
    )


@app.command()
def uses(
    name: Annotated[str, typer.Argument(help="A metric, label, code, rule, alert, SLO, event, panel, runbook…")],
    specs: Specs = None,
    format: Annotated[Picture, typer.Option("--format", help="How it is shown.")] = Picture.TEXT,
) -> None:
    """Show what a name is made from and everything that depends on it, each with the place of its declaration.

    Exit codes: 0 found, 1 nothing has that name, 2 wrong usage.
    """
    from promspec.cli.uses import uses_all

    uses_all(name, _chosen(specs), format)


@app.command()
def init(
    name: Annotated[str, typer.Argument(help="The name of the system, in snake_case.")] = "my_service",
    folder: Annotated[Path, typer.Option("--folder", help="Where the spec file is written.")] = Path("spec"),
) -> None:
    """Write a small commented spec that generates cleanly: spec/<name>.py."""
    from promspec.cli.initial import init_one

    init_one(name, folder)


@app.command()
def version() -> None:
    """Print the version of promspec."""
    typer.echo(f"promspec {VERSION}")


def _chosen(specs: list[Path] | None) -> list[Path]:
    """The specs named, or those of the folder `spec`."""
    if specs:
        return specs
    found = sorted(path for path in Path("spec").glob("*.py") if not path.name.startswith("_"))
    if not found:
        raise typer.BadParameter(
            "there is no spec/*.py here: name a spec file, or run `promspec init`", param_hint="SPEC"
        )
    return found


def main() -> None:
    """The entry point of the command: it writes to whatever it is given, also to ASCII and to nothing."""
    with open(os.devnull, "w", encoding="utf-8") as nowhere:
        sys.stdout, sys.stderr = sys.stdout or nowhere, sys.stderr or nowhere
        for stream in (sys.stdout, sys.stderr):
            if isinstance(stream, io.TextIOWrapper):
                stream.reconfigure(errors="backslashreplace")
        try:
            app()
        except OSError as error:
            named = f"{error.filename}: " if error.filename else ""
            sys.stderr.write(f"promspec: {named}{error.strerror or error}\n")
            os._exit(1)  # what is still in the buffer cannot be written either
