"""One connection to the API, for figures that need to know each single answer."""

import json
from http.client import HTTPConnection
from types import TracebackType
from typing import Self
from uuid import UUID

from bench.errors import CaseFailed
from wallet.embedded.ports import LOOPBACK

_TIMEOUT_S = 15.0


class Client:
    """Keeps its connection; not for two threads at once."""

    def __init__(self, port: int) -> None:
        self._connection = HTTPConnection(LOOPBACK, port, timeout=_TIMEOUT_S)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, _type: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        self._connection.close()

    def transfer(self, token: str, target: UUID) -> UUID:
        """Send 1 rupiah and return the id of the transfer once it is accepted."""
        body = json.dumps({"target_user": str(target), "amount": 1, "remarks": "bench"}).encode()
        headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
        self._connection.request("POST", "/transfer", body, headers)
        reply = json.loads(self._answer(202))
        return UUID(reply["result"]["transfer_id"])

    def newest_transactions(self, token: str, limit: int) -> bytes:
        headers = {"Authorization": f"Bearer {token}"}
        self._connection.request("GET", f"/transactions?limit={limit}", headers=headers)
        return self._answer(200)

    def _answer(self, wanted: int) -> bytes:
        reply = self._connection.getresponse()
        body = reply.read()
        if reply.status != wanted:
            raise CaseFailed(f"the API answered {reply.status}: {body.decode()}")
        return body
