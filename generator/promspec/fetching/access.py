"""`Access`: how long to wait, how much to read, who asks, and whom to trust."""

from __future__ import annotations

import base64
import re
import ssl
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from promspec.fetching import LARGEST

_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")


class AccessError(ValueError):
    """A credential, a certificate or a header that cannot be used; the message never has its content."""


@dataclass(frozen=True, slots=True)
class Access:
    """`timeout` in seconds for each step (to connect, to go on answering), `deadline` for all attempts of a question.

    `retries` is how often more a GET is asked that got no answer, or 502, 503 or 504. `headers` hold the credentials.
    """

    timeout: float = 10.0
    deadline: float = 30.0
    retries: int = 2
    largest: int = LARGEST
    headers: tuple[tuple[str, str], ...] = field(default=(), repr=False)
    tls: ssl.SSLContext | None = None


def bearer(token: str) -> tuple[str, str]:
    """The header of a bearer token."""
    return "Authorization", f"Bearer {_word(token.strip(), 'the bearer token')}"


def basic(user: str, password: str) -> tuple[str, str]:
    """The header of basic authentication. Source: RFC 7617"""
    if ":" in user:
        raise AccessError("a user's name has no colon")
    return "Authorization", "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode("ascii")


def header(text: str) -> tuple[str, str]:
    """A header given as `Name: value`."""
    name, colon, value = text.partition(":")
    if not colon or not _NAME.fullmatch(name.strip()):
        raise AccessError("a header is written as Name: value")
    return name.strip(), _line(value.strip(), f"the header {name.strip()}")


def masked(text: str, headers: Iterable[tuple[str, str]]) -> str:
    """The text without what these headers carry, also where basic authentication is spelled out."""
    for _, value in headers:
        kind, _, word = value.rpartition(" ")
        user, _, password = _spelled(word).partition(":") if kind == "Basic" else ("", "", "")
        for hidden in filter(None, (word, password, user)):
            text = text.replace(hidden, "…")
    return text


def _spelled(word: str) -> str:
    try:
        return base64.b64decode(word).decode("utf-8", "replace")
    except ValueError:
        return ""


def secret(path: str | Path) -> str:
    """The content of a file that holds one secret, without the end of its line."""
    try:
        with open(path, encoding="utf-8") as file:
            text = file.read(65_537)
    except (OSError, ValueError) as error:
        raise AccessError(f"cannot read {path}: {getattr(error, 'strerror', None) or 'it is no UTF-8 text'}") from None
    if len(text) > 65_536 or not text.strip():
        raise AccessError(f"{path} holds no secret: it is {'too long' if text.strip() else 'empty'}")
    return text.rstrip("\r\n")


def tls(ca_file: str = "", cert: str = "", key: str = "", insecure: bool = False) -> ssl.SSLContext:
    """Whom to trust, and who asks. `ca_file` replaces the system's authorities; `insecure` trusts everybody."""
    try:
        context = ssl.create_default_context(cafile=_existing(ca_file) if ca_file else None)
    except ssl.SSLError:
        raise AccessError(f"{ca_file} holds no certificate in PEM") from None
    if insecure:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    if key and not cert:
        raise AccessError("a key alone proves nothing: give its certificate too")
    if cert:
        try:
            context.load_cert_chain(_existing(cert), _existing(key) if key else None, password=lambda: b"")
        except (ssl.SSLError, OSError, ValueError):
            raise AccessError(f"{cert} and its key are no pair in PEM that can be read without a password") from None
    return context


def _existing(file: str) -> str:
    try:
        with open(file, "rb") as opened:
            opened.read(1)
    except OSError as error:
        raise AccessError(f"cannot read {file}: {error.strerror}") from None
    return file


def _word(text: str, what: str) -> str:
    if not text or not text.isascii() or any(not "!" <= char <= "~" for char in text):
        raise AccessError(f"{what} is one word of printable ASCII, and what was given is not")
    return text


def _line(text: str, what: str) -> str:
    if not text.isascii() or not text.isprintable():
        raise AccessError(f"{what} has a value of printable ASCII, and what was given is not")
    return text
