"""Requests that two readers could divide differently: refused, and the connection with them.

Whoever stands before a pod may see one request where the pod sees two; the second would be somebody else's.
"""

import json

import pytest
from wire import exchange, statuses

REFUSED = {400, 414, 417, 431, 501, 505}
"""What gunicorn says to what is no proper request."""

BODY = b'{"amount":7}'


def top_up(token, *headers, body=BODY, line=b"POST /topup HTTP/1.1"):
    fields = (b"Host: x", b"Content-Type: application/json", b"Authorization: Bearer " + token, *headers)
    return line + b"\r\n" + b"".join(field + b"\r\n" for field in fields) + b"\r\n" + body


def proper(token):
    return top_up(token, b"Content-Length: %d" % len(BODY))


@pytest.fixture
def guntur(deployment):
    return deployment.api.sign_up()


@pytest.fixture
def token(guntur):
    return guntur.token.encode()


CHUNKED = b"Transfer-Encoding: chunked"
LENGTH = b"Content-Length: %d" % len(BODY)
CHUNK = b"c\r\n" + BODY + b"\r\n"
END = b"0\r\n\r\n"

FRAMES = {
    "a length and chunks": ((LENGTH, CHUNKED), CHUNK + END),
    "chunks and a length": ((CHUNKED, LENGTH), CHUNK + END),
    "a length of nothing and chunks": ((b"Content-Length: 0", CHUNKED), CHUNK + END),
    "two lengths": ((LENGTH, b"Content-Length: 0"), BODY),
    "the same length twice": ((LENGTH, LENGTH), BODY),
    "a list of lengths": ((b"Content-Length: 12, 12",), BODY),
    "a length with a sign": ((b"Content-Length: +12",), BODY),
    "a length below zero": ((b"Content-Length: -12",), BODY),
    "a length in hex": ((b"Content-Length: 0xc",), BODY),
    "a length with an underscore": ((b"Content-Length: 1_2",), BODY),
    "a length in other digits": (("Content-Length: \u0661\u0662".encode(),), BODY),
    "a length of nothing at all": ((b"Content-Length:",), BODY),
    "chunks twice": ((CHUNKED, CHUNKED), CHUNK + END),
    "chunks before another coding": ((b"Transfer-Encoding: chunked, gzip",), CHUNK + END),
    "chunks in chunks": ((b"Transfer-Encoding: chunked, chunked",), CHUNK + END),
    "a coding that nobody knows": ((b"Transfer-Encoding: xchunked",), CHUNK + END),
    "a coding in quotes": ((b'Transfer-Encoding: "chunked"',), CHUNK + END),
    "a coding after a vertical tab": ((b"Transfer-Encoding: \x0bchunked",), CHUNK + END),
    "a coding with a NUL": ((b"Transfer-Encoding: chunked\x00",), CHUNK + END),
    "a space before the colon": ((b"Transfer-Encoding : chunked", LENGTH), CHUNK + END),
    "a tab before the colon": ((b"Content-Length\t: 0", LENGTH), BODY),
    "a folded line": ((b"X: a\r\n " + CHUNKED, LENGTH), BODY),
    "a folded coding": ((b"Transfer-Encoding:\r\n chunked", LENGTH), CHUNK + END),
    "a bare line feed in a header": ((b"X: a\n" + CHUNKED, LENGTH), BODY),
    "a bare carriage return in a header": ((b"X: a\r" + CHUNKED, LENGTH), BODY),
    "a NUL in a header": ((b"X: a\x00b", LENGTH), BODY),
    "a header without a name": ((b": a", LENGTH), BODY),
    "a header without a colon": ((b"Content-Length 0", LENGTH), BODY),
    "a name that is no token": ((b"Content Length: 0", LENGTH), BODY),
    "a name that is not ASCII": (("C\u00f6ntent: 0".encode("latin-1"), LENGTH), BODY),
    "two hosts": ((b"Host: y", LENGTH), BODY),
    "two content types": ((b"Content-Type: text/plain", LENGTH), BODY),
    "a header of 10 KB": ((b"X: " + b"a" * 10_000, LENGTH), BODY),
    "200 headers": ((*(b"X-%d: a" % number for number in range(200)), LENGTH), BODY),
    "an expectation that nobody has": ((b"Expect: 200-ok", LENGTH), BODY),
}
"""Headers and a body whose end is told in no way, in two, or in a way that somebody may read differently."""

CHUNKS = {
    "a size with a sign": b"+c\r\n" + BODY + b"\r\n" + END,
    "a size below zero": b"-c\r\n" + BODY + b"\r\n" + END,
    "a size in 0x": b"0xc\r\n" + BODY + b"\r\n" + END,
    "a size with an underscore": b"0_c\r\n" + BODY + b"\r\n" + END,
    "a size after a space": b" c\r\n" + BODY + b"\r\n" + END,
    "no size": b"\r\n" + BODY + b"\r\n" + END,
    "a size beyond everything": b"f" * 40 + b"\r\n" + BODY + b"\r\n" + END,
    "a size that ends in a line feed": b"c\n" + BODY + b"\r\n" + END,
    "an extension with a line feed": b"c;a\nb\r\n" + BODY + b"\r\n" + END,
    "a chunk longer than it says": b"5\r\n" + BODY + b"\r\n" + END,
    "a chunk that ends in a line feed": b"c\r\n" + BODY + b"\n" + END,
    "a chunk that ends in anything": b"c\r\n" + BODY + b"xx" + END,
    "a trailer that is no header": b"c\r\n" + BODY + b"\r\n0\r\nno header\r\n\r\n",
    "a trailer that tells a length": b"c\r\n" + BODY + b"\r\n0\r\nContent-Length: 5\r\n\r\n",
}

LINES = {
    "no version": b"POST /topup",
    "the version before": b"POST /topup HTTP/0.9",
    "the version after": b"POST /topup HTTP/2.0",
    "a version of two digits": b"POST /topup HTTP/1.10",
    "another protocol": b"POST /topup SPDY/1.1",
    "two spaces": b"POST  /topup HTTP/1.1",
    "a tab": b"POST\t/topup HTTP/1.1",
    "a space in the address": b"POST /top up HTTP/1.1",
    "a line feed in the address": b"POST /top\nup HTTP/1.1",
    "a NUL in the address": b"POST /topup\x00 HTTP/1.1",
    "a method in small letters": b"post /topup HTTP/1.1",
    "an address of 10 KB": b"POST /topup?" + b"a" * 10_000 + b" HTTP/1.1",
}


def test_what_is_proper_is_answered_one_after_the_other(deployment, guntur, token):
    """Two on one connection are two: what is smuggled below would be seen."""
    received = exchange(
        deployment.port, proper(token) + top_up(token, CHUNKED, body=CHUNK + END) + proper(token)
    )

    assert statuses(received) == [201, 201, 201]
    assert guntur.balance == 21


@pytest.mark.parametrize("name", FRAMES)
def test_a_body_whose_end_is_not_certain(deployment, guntur, token, name):
    headers, body = FRAMES[name]

    assert_refused(exchange(deployment.port, top_up(token, *headers, body=body) + proper(token)), guntur)


@pytest.mark.parametrize("name", CHUNKS)
def test_chunks_that_are_not_certain(deployment, guntur, token, name):
    """The head was fine, so the application says what is wrong; then the connection ends."""
    assert_refused(
        exchange(deployment.port, top_up(token, CHUNKED, body=CHUNKS[name]) + proper(token)), guntur
    )


@pytest.mark.parametrize("name", LINES)
def test_a_first_line_that_is_none(deployment, guntur, token, name):
    assert_refused(exchange(deployment.port, top_up(token, LENGTH, line=LINES[name]) + proper(token)), guntur)


def test_lines_that_end_in_bare_line_feeds(deployment, guntur, token):
    assert_refused(exchange(deployment.port, proper(token).replace(b"\r\n", b"\n") + proper(token)), guntur)


def test_a_header_that_only_looks_like_a_length_is_none(deployment, guntur, token):
    """CGI would make one name of both."""
    sent = top_up(token, b"Content_Length: 0", b"Transfer_Encoding: chunked", LENGTH)

    assert statuses(exchange(deployment.port, sent)) == [201]
    assert guntur.balance == json.loads(BODY)["amount"]


def assert_refused(received, guntur):
    """One refusal, then the end: what followed on the connection was not read as a request."""
    answered = statuses(received)
    assert len(answered) == 1, received
    assert answered[0] in REFUSED, received
    assert guntur.balance == 0
