"""Which addresses may be asked for: http and https, on the public internet."""

from __future__ import annotations

import ipaddress
import re
import socket
from urllib.parse import SplitResult, urlsplit

from bot.errors import Misuse

PORTS = {"http": 80, "https": 443}
_NOT_ASCII = re.compile(r"[^\x21-\x7e]")


def resolve(host: str, port: int) -> list[str]:
    """The addresses that a name stands for. OSError where it stands for none."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(address[4][0]) for address in found))


def is_public(address: str) -> bool:
    """Whether an address belongs to the public internet, also seen through IPv6 wrappings of an IPv4 address."""
    ip = ipaddress.ip_address(address.partition("%")[0])
    if isinstance(ip, ipaddress.IPv6Address):
        wrapped = ip.ipv4_mapped or ip.sixtofour or (ip.teredo[1] if ip.teredo else None) or _nat64(ip)
        if wrapped is not None:
            return wrapped.is_global and not wrapped.is_multicast
    return ip.is_global and not ip.is_multicast


def _nat64(ip: ipaddress.IPv6Address) -> ipaddress.IPv4Address | None:
    within = ip in ipaddress.ip_network("64:ff9b::/96")
    return ipaddress.IPv4Address(int(ip) & 0xFFFFFFFF) if within else None


def checked_url(url: str) -> SplitResult:
    """The parts of a web address.

    Raises:
        Misuse: it is not http or https, names no host, or carries a password.
    """
    shown = url[:100]
    try:
        place = urlsplit(url.strip())
        port = place.port
    except ValueError:
        raise Misuse(f"{shown!r} is no web address. Give one such as https://example.org/story.") from None
    if place.scheme not in PORTS:
        raise Misuse(f"{shown!r} is no http or https address; only pages of the public web are fetched.")
    if not place.hostname or place.username is not None or port == 0 or re.search(r"[\s\x00-\x1f\\]", url.strip()):
        raise Misuse(f"{shown!r} is no web address. Give one such as https://example.org/story.")
    return place._replace(path=_quoted(place.path), query=_quoted(place.query), fragment="")


def _quoted(text: str) -> str:
    return _NOT_ASCII.sub(lambda found: "".join(f"%{byte:02X}" for byte in found.group().encode()), text)
