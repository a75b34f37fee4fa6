"""The options that every command shares which asks a server: how long, how much, who asks, whom to trust."""

from __future__ import annotations

import functools
import inspect
import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, get_type_hints

import typer

from promspec.fetching import LARGEST

if TYPE_CHECKING:
    from promspec.fetching.access import Access

TOKEN, PASSWORD = "PROMSPEC_BEARER_TOKEN", "PROMSPEC_PASSWORD"  # pragma: allowlist secret
"""Environment variables, for whoever has no file to name."""
_PANEL = "Asking"


def _option(*names: str, help: str, metavar: str | None = None, **more: Any) -> Any:
    return typer.Option(*names, help=help, metavar=metavar, rich_help_panel=_PANEL, **more)


def _options(
    timeout: Annotated[float, _option("--timeout", help="Seconds to wait for any bytes.", min=0.01)] = 10,
    deadline: Annotated[float, _option("--deadline", help="Seconds for a question in all.", min=0.01)] = 30,
    retries: Annotated[int, _option("--retries", help="How often more to ask after no answer.", min=0, max=100)] = 2,
    largest: Annotated[int, _option("--largest", help="Bytes of the largest answer.", min=1)] = LARGEST,
    bearer_token_file: Annotated[
        Path | None, _option("--bearer-token-file", metavar="FILE", help=f"A token; else that of {TOKEN}.")
    ] = None,
    user: Annotated[str, _option("--user", metavar="NAME", help="The user of basic authentication.")] = "",
    password_file: Annotated[
        Path | None, _option("--password-file", metavar="FILE", help=f"The password; else that of {PASSWORD}.")
    ] = None,
    headers: Annotated[
        list[str] | None, _option("--header", metavar="'NAME: VALUE'", help="A header to send; repeatable.")
    ] = None,
    ca_file: Annotated[str, _option("--ca-file", metavar="FILE", help="Whom to trust instead of the system's.")] = "",
    cert: Annotated[str, _option("--cert", metavar="FILE", help="The client's certificate, PEM.")] = "",
    key: Annotated[str, _option("--key", metavar="FILE", help="Its key, if not in the same file.")] = "",
    insecure: Annotated[bool, _option("--insecure", help="Trust any certificate.")] = False,
) -> None:
    """The parameters that `reaching` adds."""


def access(given: Mapping[str, Any]) -> Access:
    """What the options say; raises AccessError."""
    from promspec.fetching.access import Access, AccessError, header, tls

    if given["user"] and given["bearer_token_file"]:
        raise AccessError("give a token or a user, not both")
    own = [header(text) for text in given["headers"] or ()]
    files = any(given[name] for name in ("ca_file", "cert", "key", "insecure"))
    return Access(
        timeout=given["timeout"],
        deadline=given["deadline"],
        retries=given["retries"],
        largest=given["largest"],
        headers=(*_credentials(given), *own),
        tls=tls(given["ca_file"], given["cert"], given["key"], given["insecure"]) if files else None,
    )


def _credentials(given: Mapping[str, Any]) -> list[tuple[str, str]]:
    from promspec.fetching.access import AccessError, basic, bearer, secret

    if given["bearer_token_file"]:
        return [bearer(secret(given["bearer_token_file"]))]
    if given["user"]:
        file = given["password_file"]
        return [basic(given["user"], secret(file) if file else os.environ.get(PASSWORD, ""))]
    if given["password_file"]:
        raise AccessError("a password needs its --user")
    token = os.environ.get(TOKEN, "")
    return [bearer(token)] if token else []


def reaching(command: Callable[..., None]) -> Callable[..., None]:
    """Give a command the shared options instead of its parameter `access`, which is made from them."""
    shared = inspect.signature(_options).parameters
    own = [each for name, each in inspect.signature(command).parameters.items() if name != "access"]

    @functools.wraps(command)
    def reached(**given: Any) -> None:
        from promspec.fetching.access import AccessError

        options = {name: given.pop(name) for name in shared}
        try:
            made = access(options)
        except AccessError as error:
            raise typer.BadParameter(str(error)) from None
        command(**given, access=made)

    of_command = get_type_hints(command, localns={"Access": object}, include_extras=True)
    hints = {**of_command, **get_type_hints(_options, include_extras=True)}
    keyword = inspect.Parameter.KEYWORD_ONLY
    parameters = [each.replace(kind=keyword, annotation=hints[each.name]) for each in (*own, *shared.values())]
    reached.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
    reached.__annotations__ = {name: hints[name] for name in (*(each.name for each in own), *shared)}
    del reached.__wrapped__  # else its signature is asked instead
    return reached
