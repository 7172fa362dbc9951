"""Whose limit a request counts against."""

import pytest

from service.addresses import UNKNOWN, subscriber


@pytest.mark.parametrize(
    ("address", "whose"),
    [
        ("203.0.113.7", "203.0.113.7"),
        ("::ffff:203.0.113.7", "203.0.113.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:db8:1:2::1", "2001:db8:1:2::/64"),
        ("2001:db8:1:3::1", "2001:db8:1:3::/64"),
    ],
)
def test_is_an_ipv4_address_or_an_ipv6_network(address, whose):
    """Who has one IPv6 address has the billions beside it, too."""
    assert subscriber(address) == whose


@pytest.mark.parametrize("address", [None, "", "unknown", "203.0.113.7:80", "x" * 1_000, "1.2.3.4, 5.6.7.8"])
def test_is_the_same_for_all_that_have_no_address(address):
    assert subscriber(address) == UNKNOWN
