"""One client: one call after the other, each written down before it is sent and when it is answered."""

import json
import random
import time
from collections.abc import Mapping, Sequence
from http.client import HTTPConnection, HTTPException, HTTPResponse
from typing import Any
from uuid import uuid4

from tests.chaos.history import Asked, History, Told
from tests.chaos.wish import Wish

TIMEOUT_S = 15.0
"""An answer is promised within ten seconds."""
CONNECT_S = 1.0
_SWITCHES = 0.05
"""How often a client goes to another pod for no reason, as behind a balancer."""
_PATHS = {"top_up": ("POST", "/topup"), "payment": ("POST", "/pay"), "transfer": ("POST", "/transfer")}
_READ = ("GET", "/transactions?limit=5")


class NobodyThere(Exception):
    """No pod takes a connection: nothing was asked."""


class Caller:
    """Not for two threads at once."""

    def __init__(self, name: str, pods: Sequence[tuple[str, int]], history: History, seed: str) -> None:
        self._name = name
        self._pods = pods
        self._history = history
        self._random = random.Random(seed)
        self._connection: HTTPConnection | None = None

    def call(self, wish: Wish) -> Told:
        """Ask for ``wish`` and return what was told; without a status, nobody knows.

        Raises:
            NobodyThere: it was not asked.
        """
        connection = self._connected()
        asked = Asked(
            call=str(uuid4()),
            client=self._name,
            kind=wish.kind,
            user=wish.person.id,
            key=wish.key,
            amount=wish.amount,
            target=wish.target,
            remarks=wish.remarks,
            at_ns=time.monotonic_ns(),
        )
        self._history.asked(asked)
        status, body, replayed = self._exchange(connection, wish)
        told = Told(asked.call, time.monotonic_ns(), status, body, replayed)
        self._history.told(told)
        return told

    def close(self) -> None:
        if self._connection:
            self._connection.close()
            self._connection = None

    def _connected(self) -> HTTPConnection:
        if self._connection and self._random.random() >= _SWITCHES:
            return self._connection
        self.close()
        for host, port in self._random.sample(self._pods, len(self._pods)):
            connection = HTTPConnection(host, port, timeout=CONNECT_S)
            try:
                connection.connect()
            except OSError:
                continue
            connection.sock.settimeout(TIMEOUT_S)
            self._connection = connection
            return connection
        raise NobodyThere

    def _exchange(self, connection: HTTPConnection, wish: Wish) -> tuple[int | None, Any, bool]:
        method, path = _PATHS.get(wish.kind) or _read(wish)
        try:
            connection.request(method, path, _body(wish), _headers(wish))
            reply = connection.getresponse()
            text = reply.read()
        except (OSError, HTTPException):
            self.close()
            return None, None, False
        if reply.will_close:
            self.close()
        return reply.status, _json(text), _replayed(reply)


def _read(wish: Wish) -> tuple[str, str]:
    return ("GET", f"/transfers/{wish.target}") if wish.target else _READ


def _body(wish: Wish) -> bytes | None:
    if wish.kind == "read":
        return None
    body: dict[str, Any] = {"amount": wish.amount}
    if wish.kind != "top_up":
        body["remarks"] = wish.remarks
    if wish.kind == "transfer":
        body["target_user"] = str(wish.target)
    return json.dumps(body).encode()


def _headers(wish: Wish) -> Mapping[str, str]:
    headers = {"Authorization": f"Bearer {wish.person.token}", "Content-Type": "application/json"}
    return headers | {"Idempotency-Key": wish.key} if wish.key else headers


def _json(text: bytes) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return None


def _replayed(reply: HTTPResponse) -> bool:
    return reply.getheader("Idempotency-Replayed") == "true"
