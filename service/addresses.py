"""Whose limit a request counts against: one subscriber, as far as an address tells."""

from ipaddress import IPv6Address, ip_address, ip_network

_SUBSCRIBER_BITS = 64
"""Of IPv6: whoever has one address of such a network has them all, and would be anybody."""

UNKNOWN = "unknown"


def subscriber(address: str | None) -> str:
    """Return an IPv4 address as it is and an IPv6 address as its network; all others are one."""
    try:
        known = ip_address(address or "")
    except ValueError:
        return UNKNOWN
    if not isinstance(known, IPv6Address):
        return str(known)
    if known.ipv4_mapped:
        return str(known.ipv4_mapped)
    return str(ip_network((known.packed, _SUBSCRIBER_BITS), strict=False))
