"""Images by URL: fetched only from public addresses, under a limit of size and time."""

from __future__ import annotations

import asyncio
import ipaddress
import socket
from collections.abc import Awaitable, Callable
from urllib.parse import urlsplit

import httpx

from service.cad_ml_platform.errors import VisionRejected

_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")
Resolve = Callable[[str, int], Awaitable[list[str]]]


async def resolve(host: str, port: int) -> list[str]:
    """All addresses of a host. Raises OSError."""
    found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return [str(entry[4][0]) for entry in found]


def is_public(address: str) -> bool:
    """Whether the address is one of the open internet: not loopback, private, link-local or otherwise reserved.

    >>> is_public("127.0.0.1"), is_public("::ffff:10.0.0.1"), is_public("1.1.1.1")
    (False, False, True)
    """
    try:
        parsed = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return False
    inner = _embedded(parsed) if isinstance(parsed, ipaddress.IPv6Address) else None
    return all(each.is_global and not each.is_multicast for each in (inner, parsed) if each is not None)


def _embedded(address: ipaddress.IPv6Address) -> ipaddress.IPv4Address | None:
    """The IPv4 address that an IPv6 one leads to: mapped, 6to4 or NAT64."""
    if address in _NAT64:
        return ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
    return address.ipv4_mapped or address.sixtofour


def _split(url: str) -> tuple[str, int]:
    if not url.strip():
        raise VisionRejected("url_empty", "the URL is empty", 400)
    try:
        parts = urlsplit(url.strip())
        port = parts.port or (443 if parts.scheme == "https" else 80)
    except ValueError:
        raise VisionRejected("url_forbidden", "the URL cannot be read", 400) from None
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.username is not None:
        raise VisionRejected("url_forbidden", "only http and https URLs without a user are fetched", 400)
    return parts.hostname, port


class Fetcher:
    """Fetches images. The address is resolved once and checked, and that very address is connected to.

    Redirects are not followed: each would be a new URL to check. `transport` and `find` are for tests.
    """

    def __init__(
        self,
        limit: int,
        timeout: float,
        find: Resolve = resolve,
        transport: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        self._limit = limit
        self._timeout = timeout
        self._find = find
        self._transport = transport

    async def fetch(self, url: str) -> bytes:
        """The bytes behind the URL. Raises `VisionRejected` with one of the reasons that begin with url."""
        host, port = _split(url)
        address = await self._address(host, port)
        try:
            async with asyncio.timeout(self._timeout):
                return await self._download(httpx.URL(url.strip()), host, address)
        except (TimeoutError, httpx.HTTPError, httpx.InvalidURL, OSError) as error:
            raise VisionRejected("url_download_error", f"the image cannot be fetched: {type(error).__name__}") from None

    async def _address(self, host: str, port: int) -> str:
        try:
            async with asyncio.timeout(self._timeout):
                addresses = await self._find(host, port)
        except (OSError, UnicodeError, TimeoutError):
            raise VisionRejected("url_download_error", "the host cannot be found") from None
        if not addresses or not all(map(is_public, addresses)):
            raise VisionRejected("url_forbidden", "the host is not on the public internet", 400)
        return addresses[0]

    async def _download(self, url: httpx.URL, host: str, address: str) -> bytes:
        pinned = url.copy_with(host=address)
        request = httpx.Request(
            "GET",
            pinned,
            headers={"Host": url.netloc.decode("ascii"), "Accept": "image/*", "Accept-Encoding": "identity"},
            extensions={"sni_hostname": host, "timeout": httpx.Timeout(self._timeout).as_dict()},
        )
        client = httpx.AsyncClient(transport=self._transport, follow_redirects=False, trust_env=False)
        async with client:
            response = await client.send(request, stream=True)
            try:
                return await self._read(response)
            finally:
                await response.aclose()

    async def _read(self, response: httpx.Response) -> bytes:
        if response.status_code != 200:
            raise VisionRejected("url_http_error", f"the server answered {response.status_code}")
        data = bytearray()
        async for chunk in response.aiter_raw():
            data += chunk
            if len(data) > self._limit:
                raise VisionRejected("url_download_error", f"the image is above {self._limit} bytes", 413)
        return bytes(data)
