"""Which network addresses may be called: the open internet, and what an operator has allowed inside.

Source: the special-purpose registries of IANA for IPv4 and IPv6. `ipaddress.is_global` alone is not enough: it takes
64:ff9b::7f00:1, 2002:7f00:1:: and 224.0.0.1 for global.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

_SHUT_4 = tuple(
    IPv4Network(each)
    for each in (
        "0.0.0.0/8",
        "10.0.0.0/8",
        "100.64.0.0/10",
        "127.0.0.0/8",
        "168.63.129.16/32",  # a cloud's own service for its machines, on an address that looks open
        "169.254.0.0/16",
        "172.16.0.0/12",
        "192.0.0.0/24",
        "192.0.2.0/24",
        "192.88.99.0/24",
        "192.168.0.0/16",
        "198.18.0.0/15",
        "198.51.100.0/24",
        "203.0.113.0/24",
        "224.0.0.0/3",
    )
)
_OPEN_6 = IPv6Network("2000::/3")
_SHUT_6 = tuple(
    IPv6Network(each)
    for each in (
        "2001::/23",  # among them Teredo, which holds an IPv4 address
        "2001:db8::/32",
        "2002::/16",  # 6to4: holds an IPv4 address that a relay would dial
        "3fff::/20",
    )
)
_NAT64 = IPv6Network("64:ff9b::/96")
_NEVER_BY_NAME = tuple(
    ip_network(each)
    for each in ("0.0.0.0/8", "127.0.0.0/8", "169.254.0.0/16", "224.0.0.0/3", "::/96", "fe80::/10", "ff00::/8")
)
"""What an allowed name does not open: this machine, and what hands out its secrets. A network in the list does."""


@dataclass(frozen=True, slots=True)
class Inside:
    """What an operator has allowed inside: names of hosts, and networks."""

    hosts: frozenset[str] = frozenset()
    networks: tuple[Network, ...] = ()

    @classmethod
    def of(cls, written: Iterable[str]) -> Inside:
        """Of names, addresses and networks (10.20.0.0/16). Raises ValueError for a network that is none."""
        hosts, networks = set(), []
        for each in written:
            if "/" in each or ":" in each or each.replace(".", "").isdigit():
                networks.append(ip_network(each))
            else:
                hosts.add(each.lower().rstrip("."))
        return cls(frozenset(hosts), tuple(networks))

    def allows(self, host: str, address: Address) -> bool:
        """Whether an address that is not open may be called under this name."""
        plain = _plain(address)
        if any(plain.version == each.version and plain in each for each in self.networks):
            return True
        return host in self.hosts and not any(
            plain.version == each.version and plain in each for each in _NEVER_BY_NAME
        )

    def names(self, host: str) -> bool:
        """Whether the list is about this host: by its name, or because it is an address in one of the networks."""
        if host in self.hosts:
            return True
        try:
            return self.allows(host, ip_address(host))
        except ValueError:
            return False


def is_open(address: Address) -> bool:
    """Whether it belongs to the open internet. IPv4 inside IPv6 is judged as what would be dialled."""
    plain = _plain(address)
    if isinstance(plain, IPv4Address):
        return not any(plain in each for each in _SHUT_4)
    return plain in _OPEN_6 and not any(plain in each for each in _SHUT_6)


def _plain(address: Address) -> Address:
    if isinstance(address, IPv6Address):
        if address.ipv4_mapped is not None:
            return address.ipv4_mapped
        if address in _NAT64:
            return IPv4Address(int(address) & 0xFFFFFFFF)
    return address
