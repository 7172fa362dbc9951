"""Ask a process whether it is ready, and for its metrics."""

from http import HTTPStatus
from http.client import HTTPConnection, HTTPException

_PATIENCE_S = 3.0


def is_ready(address: str, port: int) -> bool:
    return page(address, port, "/readyz") is not None


def page(address: str, port: int, path: str) -> str | None:
    """Return the page, or None when there is none."""
    connection = HTTPConnection(address, port, timeout=_PATIENCE_S)
    try:
        connection.request("GET", path)
        reply = connection.getresponse()
        text = reply.read().decode()
    except (OSError, HTTPException):
        return None
    finally:
        connection.close()
    return text if reply.status == HTTPStatus.OK else None
