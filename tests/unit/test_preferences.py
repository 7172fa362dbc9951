"""The header Prefer: https://www.rfc-editor.org/rfc/rfc7240."""

import pytest

from service.preferences import wait_s


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ("wait=5", 5),
        ("Wait=5", 5),
        ("wait = 5", 5),
        ('wait="5"', 5),
        ("respond-async, wait=5", 5),
        ("respond-async,wait=5;foo=bar", 5),
        ("wait=5, wait=7", 5),
        ('foo="a, wait=9", wait=5', 5),
        ("wait=999999999", 999_999_999),
    ],
)
def test_a_wait_is_understood(header, seconds):
    assert wait_s(header) == seconds


@pytest.mark.parametrize(
    "header",
    [
        *("", "wait", "wait=", "wait=x", "wait=-1", "wait=+1", "wait=1.5", "wait=1e1", "wait=0x5", "wait=٣"),
        *("await=5", "wait=9999999999", "return=minimal", ",,,", "=", ";", 'wait="', "wait 5", "wait:5"),
    ],
)
def test_what_cannot_be_understood_is_ignored(header):
    assert wait_s(header) == 0
