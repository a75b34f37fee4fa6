"""The command `simulate`: tables and pictures of how soon an SLO's alerts tell of a fault."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from pathlib import Path

import typer

from promspec import promtool
from promspec.cli.remembering import compiled as compiled_spec
from promspec.cli.show import Format, Report, Shape, as_ascii
from promspec.pipeline import Compilation
from promspec.problems import near_miss, one_of
from promspec.simulating.measuring import measured
from promspec.simulating.model import Simulation, simulate
from promspec.simulating.picture import picture
from promspec.simulating.table import as_json, markdown, text
from promspec.vocabulary.slos import SLO
from promspec.vocabulary.spec import Spec


def simulate_one(path: Path, names: Sequence[str], output: Path | None, shape: Shape, longest: int) -> None:
    """Show the simulations of a spec's SLOs, and write their pictures; `longest`, in milliseconds, bounds promtool."""
    report = Report(Format.TEXT, stream=sys.stderr)
    compiled = compiled_spec(path)
    if compiled.spec is None or not compiled.ok:
        report.problems(compiled.problems)
        report.finish(quiet=True)
        return
    slos = _chosen(compiled.spec, names)
    found = _measured(compiled, compiled.spec, [simulate(compiled.spec, slo) for slo in slos], longest, report)
    _show(compiled.spec, found, shape)
    if output is not None:
        _write(compiled.spec, found, output, report)
    report.finish(quiet=True)


def _chosen(spec: Spec, names: Sequence[str]) -> list[SLO]:
    known = {slo.name: slo for slo in spec.slos}
    if not known:
        raise typer.BadParameter(f"{spec.name} has no SLO", param_hint="SPEC")
    for name in names:
        if name not in known:
            near = near_miss(name, known) or f"there are {one_of(known)}"
            raise typer.BadParameter(f"there is no SLO {name!r}: {near}", param_hint="--slo")
    return [known[name] for name in dict.fromkeys(names)] or list(spec.slos)


def _measured(
    compiled: Compilation, spec: Spec, simulations: Sequence[Simulation], longest: int, report: Report
) -> Sequence[Simulation]:
    """The simulations with what promtool saw; without promtool as they are, which is said."""
    plan = compiled.plan
    if plan is None or longest <= 0:
        return simulations
    try:
        return measured(spec, simulations, plan.recording_rules, plan.alerting_rules, longest)
    except promtool.ToolMissing as error:
        report.row("notes", {"message": str(error)}, f"{error}\nThe column promtool stays empty.\n")
    except promtool.ToolFailed as error:
        report.fail()
        report.row("failures", {"message": str(error)}, f"{error}\n")
    return simulations


def _show(spec: Spec, simulations: Sequence[Simulation], shape: Shape) -> None:
    if shape is Shape.TEXT:
        sys.stdout.write("".join(f"{text(simulation)}\n" for simulation in simulations))
        return
    document = {"spec": spec.name, "slos": [as_json(simulation) for simulation in simulations]}
    sys.stdout.write(as_ascii(json.dumps(document, indent=2, ensure_ascii=False) + "\n", sys.stdout))


def _write(spec: Spec, simulations: Sequence[Simulation], output: Path, report: Report) -> None:
    output.mkdir(parents=True, exist_ok=True)
    parts = [f"# How soon the alerts of {spec.display} tell of a fault\n"]
    for simulation in simulations:
        name = f"{simulation.slo.name}.svg"
        (output / name).write_text(picture(simulation), encoding="utf-8")
        parts.append(markdown(simulation, name))
    (output / "simulation.md").write_text("\n".join(parts), encoding="utf-8")
    files = f"simulation.md and {len(simulations)} picture{'s' if len(simulations) != 1 else ''}"
    report.row("written", {"folder": str(output)}, f"Wrote {files} into {output}.\n")
