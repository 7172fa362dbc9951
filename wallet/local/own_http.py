"""Requests to our own processes."""

from http import HTTPStatus
from http.client import HTTPConnection, HTTPException

from wallet.embedded.ports import LOOPBACK

ANSWER_SECONDS = 5.0


def succeeds(port: int, method: str, path: str, body: str | None = None) -> bool:
    """Say whether the answer comes in time and is 200."""
    connection = HTTPConnection(LOOPBACK, port, timeout=ANSWER_SECONDS)
    try:
        connection.request(method, path, body, {"Content-Type": "application/json"})
        return connection.getresponse().status == HTTPStatus.OK
    except (OSError, HTTPException):
        return False
    finally:
        connection.close()
