"""`Address`: a URL taken apart, and how it is shown: never with a password or with the values of its query."""

from __future__ import annotations

from dataclasses import dataclass, field
from urllib.parse import SplitResult, quote, unquote, urlsplit

from promspec.fetching.words import plain

_SAFE = "/:@!$&'()*+,;=%~-._"


class Unanswered(ValueError):
    """A server that gave no useful answer. `final`: asking again would change nothing."""

    def __init__(self, message: str, final: bool = False) -> None:
        super().__init__(message)
        self.final = final


@dataclass(frozen=True, slots=True)
class Address:
    """Where to ask. `shown` is for messages; `target` is the path with its query, ready to be sent."""

    host: str
    port: int
    tls: bool
    target: str
    shown: str
    user: str = field(default="", repr=False)
    password: str = field(default="", repr=False)


def address(url: str) -> Address:
    """Take a URL apart; raises Unanswered for what is none.

    >>> address("http://me:secret@localhost:9090/api?token=1").shown
    'http://localhost:9090/api?…'
    """
    parts, port = _parts(url)
    host = (parts.hostname or "").rstrip(".")
    bare = f"[{host}]" if ":" in host else host
    shown = f"{parts.scheme}://{bare}{f':{port}' if port else ''}{plain(parts.path, 200)}{'?…' if parts.query else ''}"
    path = quote(parts.path or "/", safe=_SAFE)
    return Address(
        host=_ascii(host, shown),
        port=port or (443 if parts.scheme == "https" else 80),
        tls=parts.scheme == "https",
        target=path + ("?" + quote(parts.query, safe=_SAFE + "?") if parts.query else ""),
        shown=shown,
        user=unquote(parts.username or ""),
        password=unquote(parts.password or ""),
    )


def _parts(url: str) -> tuple[SplitResult, int | None]:
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise Unanswered("this is no URL: its host or its port cannot be read", final=True) from None
    if (
        parts.scheme not in ("http", "https")
        or not parts.hostname
        or any(char <= " " or char == "\x7f" for char in url)
    ):
        # What stands before an @ may be a password, so that such a text is not repeated.
        named = plain(url) if "@" not in url else "this"
        raise Unanswered(f"{named} is no http URL: write one such as http://localhost:8000/metrics", final=True)
    return parts, port


def _ascii(host: str, shown: str) -> str:
    try:
        return host if host.isascii() else host.encode("idna").decode("ascii")
    except UnicodeError:
        raise Unanswered(f"{shown} names no host", final=True) from None


def joined(base: str, path: str) -> str:
    """A path below a base URL, with its query if it has one; the base's path and credentials stay, its query goes.

    >>> joined("http://host/app/?a=b", "/health?full=1")
    'http://host/app/health?full=1'
    """
    try:
        parts = urlsplit(base)
    except ValueError:
        return base
    return parts._replace(path=parts.path.rstrip("/") + "/" + path.lstrip("/"), query="", fragment="").geturl()
