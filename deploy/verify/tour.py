"""Walks through a running Dompet as a client does, and says where it is not as it should be.

python tour.py http://dompet-api

Where a payment provider tops up, it does so in its name, with TOP_UP_SECRET of the environment.

Two people are registered anew each time; what they had is paid away in the end.
"""

import base64
import hmac
import json
import os
import random
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Mapping
from typing import Any

PATIENCE_S = 10.0
PIN = "739154"
"""None of those that are refused because everybody tries them first."""
NO_WEBHOOK = 404


class Client:
    """The endpoints at one address, as nobody or, once logged in, as somebody."""

    def __init__(self, base: str) -> None:
        self._base = base
        self._headers = {"Content-Type": "application/json"}

    def __call__(
        self, status: int, method: str, path: str, body: Any = None, headers: Mapping[str, str] | None = None
    ) -> Any:
        """Return the reply, which must have ``status``."""
        found, reply = answer(self.request(method, path, body, headers or {}))
        expect(f"{method} {path}", found, status)
        return reply.get("result", reply)

    def request(
        self, method: str, path: str, body: Any, headers: Mapping[str, str]
    ) -> urllib.request.Request:
        data = None if body is None else json.dumps(body).encode()
        return urllib.request.Request(
            self._base + path, method=method, data=data, headers={**self._headers, **headers}
        )

    def become(self, phone_number: str) -> str:
        """Register, log in and return the user's id."""
        person = {"first_name": "Guntur", "last_name": "Saputro", "address": "Jl. Kebon Sirih No. 1"}
        who = {"phone_number": phone_number, "pin": PIN}
        user_id: str = self(201, "POST", "/register", {**person, **who})["user_id"]
        token = self(200, "POST", "/login", who)["access_token"]
        self._headers["Authorization"] = f"Bearer {token}"
        return user_id


def answer(request: urllib.request.Request) -> tuple[int, Any]:
    try:
        with urllib.request.urlopen(request, timeout=PATIENCE_S) as reply:
            return reply.status, json.load(reply)
    except urllib.error.HTTPError as refusal:
        return refusal.code, json.load(refusal)


def expect(what: str, found: object, wanted: object) -> None:
    if found != wanted:
        sys.exit(f"tour: {what}: {found!r} instead of {wanted!r}")
    print(f"tour: {what}: {found}", flush=True)


def walk(base: str) -> None:
    anybody, guntur, tom = Client(base), Client(base), Client(base)
    anybody(401, "POST", "/topup", {"amount": 1})
    anybody(404, "GET", "/metrics")
    number = random.randrange(10**8, 10**9)
    user = guntur.become(f"081{number}")
    friend = tom.become(f"082{number}")
    expect("topped up", top_up(guntur, user, 500_000)["balance_after"], 500_000)
    paid = guntur(201, "POST", "/pay", {"amount": 100_000, "remarks": "Pulsa Telkomsel 100k"})
    expect("paid", paid["balance_after"], 400_000)
    guntur(409, "POST", "/pay", {"amount": 400_001, "remarks": "Too much"})
    gift = {"target_user": friend, "amount": 30_000, "remarks": "Hadiah Ultah"}
    again = {"Idempotency-Key": f"tour-{number}"}
    sent = guntur(202, "POST", "/transfer", gift, again)
    expect("sent once", guntur(202, "POST", "/transfer", gift, again), sent)
    settle(guntur, sent["transfer_id"])
    expect("received", tom(200, "GET", "/profile")["balance"], 30_000)
    lines = guntur(200, "GET", "/transactions")
    expect("listed", [line["amount"] for line in lines], [30_000, 100_000, 500_000])
    guntur(200, "PUT", "/profile", {"address": "Jl. Diponegoro No. 215"})
    guntur(201, "POST", "/pay", {"amount": 370_000, "remarks": "The end of the tour"})
    tom(201, "POST", "/pay", {"amount": 30_000, "remarks": "The end of the tour"})


def top_up(client: Client, user: str, amount: int) -> Any:
    """Top up as the payment provider where there is one, else as the user."""
    secret = os.environ.get("TOP_UP_SECRET")
    if not secret or answer(client.request("POST", "/topup/webhook", {}, {}))[0] == NO_WEBHOOK:
        return client(201, "POST", "/topup", {"amount": amount})
    wish = {"user_id": user, "amount": amount}
    message, timestamp = f"tour-{user}", str(int(time.time()))
    key = base64.b64decode(secret.removeprefix("whsec_"))
    digest = hmac.digest(key, f"{message}.{timestamp}.{json.dumps(wish)}".encode(), "sha256")
    signature = f"v1,{base64.b64encode(digest).decode()}"
    headers = {"Webhook-Id": message, "Webhook-Timestamp": timestamp, "Webhook-Signature": signature}
    return client(201, "POST", "/topup/webhook", wish, headers)


def settle(client: Client, transfer: str) -> None:
    deadline = time.monotonic() + PATIENCE_S
    while client(200, "GET", f"/transfers/{transfer}")["status"] != "SUCCESS":
        if time.monotonic() > deadline:
            sys.exit(f"tour: the transfer was not settled within {PATIENCE_S:g} s")
        time.sleep(0.1)


if __name__ == "__main__":
    walk(sys.argv[1].rstrip("/"))
