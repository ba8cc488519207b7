"""An address as it was written, read into what is called. Anything two readers could read differently is refused."""

from __future__ import annotations

import re
from dataclasses import dataclass
from ipaddress import IPv6Address, ip_address
from urllib.parse import quote, urlsplit

from engine.outward.addresses import Inside, is_open
from engine.outward.refusals import refused

LONGEST = 2000

_LABEL = re.compile(r"(?!-)[a-z0-9_-]{1,63}(?<!-)", re.ASCII)
_NUMBER = re.compile(r"[0-9]+|0x[0-9a-f]*", re.ASCII)
_PATH = "/%:@!$&'()*+,;=~-._"
_PORTS = {"https": 443, "http": 80}


@dataclass(frozen=True, slots=True)
class Target:
    """`host` is a name in small ASCII letters without a dot at its end, or an address without brackets."""

    scheme: str
    host: str
    port: int
    path: str
    """With the query, as it is sent."""

    @property
    def authority(self) -> str:
        """Host and port as a URL and the header `Host` have them."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == _PORTS[self.scheme] else f"{host}:{self.port}"

    @property
    def url(self) -> str:
        """The one way to write it."""
        return f"{self.scheme}://{self.authority}{self.path}"


def read_target(url: str, inside: Inside) -> Target:
    """Raises Refused for what is no plain https address, and for an address by number that may not be called.

    Names are not resolved here. Plain http is for hosts the list names, or that turn out to lie in its networks.
    """
    if len(url) > LONGEST or not url.isprintable() or re.search(r"[\s\\]", url):
        raise refused("outward.address")
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise refused("outward.address") from None
    if parts.scheme not in _PORTS:
        raise refused("outward.scheme" if parts.scheme else "outward.address")
    if "@" in parts.netloc:
        raise refused("outward.credentials")
    host = _host(parts.hostname or "")
    port = _PORTS[parts.scheme] if port is None else port
    if port != _PORTS[parts.scheme] and port < 1024:
        raise refused("outward.port")
    if _is_address(host) and not is_open(ip_address(host)) and not inside.names(host):
        raise refused("outward.inside")
    if parts.scheme == "http" and not inside.names(host) and (_is_address(host) or not inside.networks):
        raise refused("outward.scheme")
    query = f"?{quote(parts.query, safe=_PATH + '?')}" if parts.query else ""
    return Target(parts.scheme, host, port, (quote(parts.path, safe=_PATH) or "/") + query)


def _host(written: str) -> str:
    """Small letters, IDNA, no dot at the end. An address only in its plain form: never 2130706433, 0x7f.1, 127.1."""
    if ":" in written:
        try:
            return IPv6Address(written).compressed if "%" not in written else _no_host()
        except ValueError:
            return _no_host()
    try:
        host = written.encode("idna").decode("ascii").lower().removesuffix(".")
    except UnicodeError:
        return _no_host()
    labels = host.split(".")
    if len(host) > 253 or not all(_LABEL.fullmatch(each) for each in labels):
        return _no_host()
    if _NUMBER.fullmatch(labels[-1]):  # some resolver would read it as a number
        return host if _is_address(host) else _no_host()
    return host


def _is_address(host: str) -> bool:
    try:
        return str(ip_address(host)) == host
    except ValueError:
        return False


def _no_host() -> str:
    raise refused("outward.host")
