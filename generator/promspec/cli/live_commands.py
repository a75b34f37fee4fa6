"""The commands that ask what runs: `verify` and `self-check`; `drift` and `push` join them."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from typer.core import TyperCommand

from promspec.cli.access_options import reaching
from promspec.cli.deploy_commands import deploying
from promspec.cli.self_check_options import (
    VARIABLES,
    ApiPath,
    App,
    AsJson,
    BaseUrl,
    Drive,
    DriveJson,
    HealthPath,
    MetricsPath,
    MinErrorCodes,
    MinErrors,
    Moves,
    Require,
    Strict,
    ValidateCounters,
)
from promspec.cli.show import VerifyFormat
from promspec.quantities import milliseconds

if TYPE_CHECKING:
    from promspec.fetching.access import Access

live = typer.Typer()
live.add_typer(deploying)

SpecFile = Annotated[Path, typer.Argument(metavar="SPEC", help="The spec file.")]
Ignore = Annotated[
    list[str] | None, typer.Option("--ignore", metavar="PREFIX", help="Undeclared families that are fine; repeatable.")
]


@live.command()
@reaching
def verify(
    spec: SpecFile,
    access: Access,
    url: Annotated[
        list[str] | None, typer.Option("--url", metavar="URL", help="A /metrics endpoint; repeatable.")
    ] = None,
    file: Annotated[
        list[str] | None,
        typer.Option("--file", metavar="FILE", help="A saved exposition; several: scrapes of one process, in order."),
    ] = None,
    duration: Annotated[str, typer.Option("--duration", help="How long to go on scraping, such as 60s.")] = "0s",
    interval: Annotated[str, typer.Option("--interval", help="How long between two scrapes.")] = "15s",
    strict: Annotated[bool, typer.Option("--strict", help="Warnings fail too: nothing undeclared.")] = False,
    ignore: Ignore = None,
    fail_under: Annotated[
        float, typer.Option("--fail-under", metavar="PERCENT", min=0, max=100, help="The least coverage.")
    ] = 0.0,
    save: Annotated[
        Path | None, typer.Option("--save", metavar="FILE", help="Write the coverage into this file, for --merge.")
    ] = None,
    merge: Annotated[
        list[Path] | None, typer.Option("--merge", metavar="FILE", help="Add the coverage of another run; repeatable.")
    ] = None,
    format: Annotated[VerifyFormat, typer.Option("--format", help="How the result is shown.")] = VerifyFormat.TEXT,
) -> None:
    """Hold what runs to its spec: its metrics, their types, labels, values, buckets and numbers, scrape by scrape.

    Also shown is the coverage: which declared metrics and label values were seen at work, and which were not.

    Exit codes: 0 the contract is kept, 1 it is not (or the coverage is too low), 2 wrong usage.
    """
    from promspec.cli.verifying import Request, verify_all

    long, each = _seconds(duration, "--duration", 0), _seconds(interval, "--interval", 0.1)
    urls, files, merged = tuple(url or ()), tuple(file or ()), tuple(merge or ())
    request = Request(spec, urls, files, long, each, strict, tuple(ignore or ()), fail_under, save, merged, format)
    verify_all(request, access)


def _seconds(text: str, option: str, least: float) -> float:
    try:
        found = 0.0 if text in ("0", "0s") else milliseconds(text) / 1000
    except ValueError as error:
        raise typer.BadParameter(str(error), param_hint=option) from None
    if found < least:
        raise typer.BadParameter(f"write at least {least:g} seconds", param_hint=option)
    return found


class _UsageIsOne(TyperCommand):
    """Wrong usage ends with 1: among the codes of the self-check 2 says that the API is not reachable."""

    def make_context(self, info_name: str | None, args: list[str], *rest: Any, **extra: Any) -> Any:
        """Read the command line."""
        as_json = "--json" in args
        try:
            return super().make_context(info_name, args, *rest, **extra)
        except Exception as error:
            raise _as_one(error, as_json) from None

    def invoke(self, ctx: Any) -> Any:
        """Run the command."""
        try:
            return super().invoke(ctx)
        except Exception as error:
            raise _as_one(error, bool(ctx.params.get("as_json"))) from None


def _as_one(error: Exception, as_json: bool) -> Exception:
    message = getattr(error, "format_message", None)
    if message is None:  # an exit, not a complaint
        return error
    error.exit_code = 1  # type: ignore[attr-defined]
    if as_json:
        document = {"ok": False, "exit_code": 1, "error": message(), "problems": []}
        sys.stdout.write(json.dumps(document, indent=2) + "\n")
    return error


@live.command("self-check", cls=_UsageIsOne, epilog=VARIABLES)
@reaching
def self_check(
    spec: SpecFile,
    access: Access,
    base_url: BaseUrl = None,
    app: App = None,
    strict: Strict = None,
    require: Require = None,
    validate_counters: ValidateCounters = None,
    drive: Drive = None,
    drive_json: DriveJson = None,
    moves: Moves = None,
    min_error_codes: MinErrorCodes = None,
    min_errors: MinErrors = None,
    ignore: Ignore = None,
    api_path: ApiPath = None,
    health_path: HealthPath = None,
    metrics_path: MetricsPath = None,
    as_json: AsJson = False,
) -> None:
    """Check a service from outside: it answers, is healthy, shows metrics, keeps its contract, and maps its errors.

    Everything that can be checked is; the exit code is that of the first check that fails: 0 all passed, 1 general
    failure (wrong usage, a broken spec), 2 the API is not reachable, 3 health failed, 4 the metrics endpoint failed,
    5 the contract is violated, 6 a gap in the mapping of error codes.
    """
    from promspec.cli.self_check_settings import Given
    from promspec.cli.self_checking import self_check_all

    given = Given(
        spec=spec,
        base_url=base_url,
        app=app,
        strict=strict,
        require=tuple(require or ()),
        validate_counters=validate_counters,
        drive=tuple(drive or ()),
        drive_json=tuple(drive_json or ()),
        moves=tuple(moves or ()),
        min_codes=min_error_codes,
        min_errors=tuple(min_errors or ()),
        ignore=tuple(ignore or ()),
        api_path=api_path,
        health_path=health_path,
        metrics_path=metrics_path,
        as_json=as_json,
    )
    self_check_all(given, access)
