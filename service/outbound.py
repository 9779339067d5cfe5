"""Sends to addresses that people entered: resolved once, checked, and given up after a time that includes everything.

A name may resolve to this machine or to a neighbour of it, and differently at the next question. So the address that
was checked is the one that is connected to; the name stays in `Host` and in TLS (SSRF, OWASP A10:2021).
"""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address
from typing import Final

import httpx

Network = IPv4Network | IPv6Network
Resolve = Callable[[str, int], Awaitable[Sequence[str]]]
_NAT64: Final = IPv6Network("64:ff9b::/96")
_SITE_LOCAL: Final = IPv6Network("fec0::/10")  # deprecated, and taken for global by Python 3.11
DEADLINE: Final = 15.0  # seconds for resolving, connecting, sending and the status, all together


class AddressRefused(Exception):
    """Nothing is sent there; the message says in Chinese why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reach:
    """What is sent to: the internet and these internal networks. `resolve` gives the addresses of a host and port."""

    networks: Sequence[Network] = ()
    resolve: Resolve | None = None


def is_allowed(address: IPv4Address | IPv6Address, networks: Sequence[Network]) -> bool:
    """Return whether it is an address of the internet, or lies in one of the networks that the settings name."""
    inner = _within(address) if isinstance(address, IPv6Address) else address
    public = inner.is_global and not (inner.is_multicast or inner.is_reserved or inner in _SITE_LOCAL)
    return public or any(inner in network for network in networks)


def _within(address: IPv6Address) -> IPv4Address | IPv6Address:
    """Return the IPv4 address that an IPv6 one stands for, where it does: mapped, 6to4, or behind NAT64 (RFC 6052)."""
    behind = IPv4Address(int(address) & 0xFFFFFFFF) if address in _NAT64 else None
    return address.ipv4_mapped or address.sixtofour or behind or address


def checked_literal(url: str, networks: Sequence[Network]) -> str:
    """Return the URL as it is written in requests. Raises AddressRefused for what can never be sent to."""
    try:
        parsed = httpx.URL(url)
        parsed.raw_host.decode("ascii").encode("idna")
    except (httpx.InvalidURL, UnicodeError) as problem:
        raise AddressRefused(f"主机名“{url[:60]}”不正确") from problem
    try:
        address = ip_address(parsed.host)
    except ValueError:
        return str(parsed)
    _refuse(parsed.host, [address], networks)
    return str(parsed)


async def post(
    client: httpx.AsyncClient,
    url: str,
    *,
    content: bytes,
    headers: Mapping[str, str],
    within: Reach | None = None,
    most_answer: int = 0,
) -> tuple[int, bytes]:
    """Send, and return the status of the answer and at most `most_answer` bytes of its body, as they came.

    Raises AddressRefused, TimeoutError after `DEADLINE`, httpx.HTTPError, OSError.
    """
    async with asyncio.timeout(DEADLINE):
        within = within or Reach()
        target = httpx.URL(checked_literal(url, within.networks))
        address = await _checked(target, within)
        told = {**headers, "Host": target.netloc.decode("ascii"), "Accept-Encoding": "identity"}
        there, extensions = target.copy_with(host=address), {"sni_hostname": target.host}
        async with client.stream("POST", there, content=content, headers=told, extensions=extensions) as answer:
            return answer.status_code, await _first(answer, most_answer)


async def _checked(target: httpx.URL, within: Reach) -> str:
    """Return the address to connect to."""
    port = target.port or (443 if target.scheme == "https" else 80)
    found = [ip_address(each) for each in await (within.resolve or _resolved)(target.host, port)]
    _refuse(target.host, found, within.networks)
    return str(found[0])


async def _first(answer: httpx.Response, most: int) -> bytes:
    """Return the beginning of the body, not unpacked: a few bytes can unpack to gigabytes."""
    found = b""
    pieces = answer.aiter_raw()
    while len(found) < most and (piece := await anext(pieces, b"")):
        found += piece
    return found[:most]


def _refuse(host: str, found: Sequence[IPv4Address | IPv6Address], networks: Sequence[Network]) -> None:
    """Refuse a name with one forbidden address as a whole: which one is taken may change."""
    wrong = [address for address in found if not is_allowed(address, networks)]
    if wrong or not found:
        shown = f"{host}({wrong[0]})" if wrong and str(wrong[0]) != host else host
        raise AddressRefused(
            f"地址 {shown} 在内部网络,设置 webhook_networks 没有允许" if wrong else f"找不到主机 {host}"
        )


async def _resolved(host: str, port: int) -> list[str]:
    found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return [str(address[4][0]).partition("%")[0] for address in found]
