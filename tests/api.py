"""The one client of the API: a function per endpoint, over Flask's test client or over HTTP."""

import json as jsonlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from http import HTTPStatus
from typing import Any
from urllib.parse import urlencode
from uuid import uuid4
from zoneinfo import ZoneInfo

import canaries
import requests
from canaries import phone_number
from flask import Flask

PIN = canaries.PIN
ZONE = ZoneInfo("Asia/Jakarta")
TIMEOUT_S = 30.0

_NO_BODY = object()


@dataclass(frozen=True)
class Reply:
    """What came back. ``headers`` knows no case."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return jsonlib.loads(self.body)

    @property
    def result(self) -> Any:
        return self.json["result"]

    @property
    def following(self) -> str | None:
        """The path of the next page, from the Link header."""
        link = self.headers.get("Link")
        return link.removesuffix('>; rel="next"').removeprefix("<") if link else None


Send = Callable[[str, str, bytes | None, Mapping[str, str]], Reply]
"""Takes method, path, body and headers to the API."""


def in_process(app: Flask) -> Send:
    """Call ``app`` in this process; threads may share the result."""

    def send(method: str, path: str, body: bytes | None, headers: Mapping[str, str]) -> Reply:
        reply = app.test_client().open(path, method=method, data=body, headers=dict(headers), buffered=True)
        return Reply(reply.status_code, reply.headers, reply.data)

    return send


def at_address(app: Flask, address: str, **more: str) -> Send:
    """Call ``app`` as a client of ``address``, whose requests have ``more`` headers."""

    def send(method: str, path: str, body: bytes | None, headers: Mapping[str, str]) -> Reply:
        reply = app.test_client().open(
            path,
            method=method,
            data=body,
            headers={**headers, **more},
            environ_overrides={"REMOTE_ADDR": address},
            buffered=True,
        )
        return Reply(reply.status_code, reply.headers, reply.data)

    return send


def over_http(url: str, session: requests.Session | None = None) -> Send:
    """Call a running server at ``url``: a connection per request, or those of ``session``."""
    request = session.request if session else requests.request

    def send(method: str, path: str, body: bytes | None, headers: Mapping[str, str]) -> Reply:
        reply = request(
            method, url + path, data=body, headers=headers, timeout=TIMEOUT_S, allow_redirects=False
        )
        return Reply(reply.status_code, reply.headers, reply.content)

    return send


class Api:
    """The endpoints, as nobody in particular or, with a token, as somebody."""

    def __init__(self, send: Send, token: str | None = None) -> None:
        self._send = send
        self.token = token
        self.get = partial(self.request, "GET")
        self.post = partial(self.request, "POST")
        self.put = partial(self.request, "PUT")

    def request(
        self,
        method: str,
        path: str,
        json: Any = _NO_BODY,
        *,
        body: bytes | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Reply:
        """Send ``json``, or ``body`` as it is, with the headers that belong to it unless given."""
        if json is not _NO_BODY:
            body = jsonlib.dumps(json).encode()
        sent = {"Content-Type": "application/json"} if body is not None else {}
        if self.token is not None:
            sent["Authorization"] = f"Bearer {self.token}"
        reply = self._send(method, path, body, {**sent, **(headers or {})})
        if reply.status >= HTTPStatus.BAD_REQUEST:
            canaries.search(f"refusal of {path}", reply.body.decode())
        return reply

    def register(self, **overrides: Any) -> Reply:
        return self.post("/register", registration(**overrides))

    def login(self, phone_number: str, pin: str = PIN) -> Reply:
        reply = self.post("/login", {"phone_number": phone_number, "pin": pin})
        if reply.status == HTTPStatus.OK:
            for token in reply.result.values():
                canaries.keep_secret(token)
        return reply

    def top_up(self, amount: Any, **options: Any) -> Reply:
        return self.post("/topup", {"amount": amount}, headers=_headers(**options))

    def pay(self, amount: Any, remarks: Any = "Pulsa Telkomsel 100k", **options: Any) -> Reply:
        return self.post("/pay", {"amount": amount, "remarks": remarks}, headers=_headers(**options))

    def transfer(self, target: Any, amount: Any, remarks: Any = "Hadiah Ultah", **options: Any) -> Reply:
        wish = {"target_user": target, "amount": amount, "remarks": remarks}
        return self.post("/transfer", wish, headers=_headers(**options))

    def preview(self, target: Any, amount: Any, remarks: Any = "Hadiah Ultah", **options: Any) -> Reply:
        """Ask what the transfer would come to."""
        wish = {"target_user": target, "amount": amount, "remarks": remarks}
        return self.post("/transfer?dry_run=true", wish, headers=_headers(**options))

    def lookup(self, phone_number: Any) -> Reply:
        return self.post("/lookup", {"phone_number": phone_number})

    def transfer_status(self, transfer_id: str) -> Reply:
        return self.get(f"/transfers/{transfer_id}")

    def export(self, month: Any = None, kind: Any = "csv", **options: Any) -> Reply:
        wish = {"month": month or f"{datetime.now(ZONE):%Y-%m}", "format": kind}
        return self.post("/exports", wish, headers=_headers(**options))

    def export_status(self, export_id: str) -> Reply:
        return self.get(f"/exports/{export_id}")

    def transactions(self, **query: Any) -> Reply:
        return self.get(f"/transactions?{urlencode(query)}" if query else "/transactions")

    def profile(self) -> Reply:
        return self.get("/profile")

    def update_profile(self, **fields: Any) -> Reply:
        return self.put("/profile", fields)

    def refresh(self, refresh_token: str) -> Reply:
        return self.with_token(refresh_token).post("/refresh")

    def log_out(self) -> Reply:
        return self.post("/logout")

    def change_pin(self, new_pin: str, pin: str = PIN) -> Reply:
        return self.put("/pin", {"pin": pin, "new_pin": new_pin})

    def livez(self) -> Reply:
        return self.get("/livez")

    def readyz(self) -> Reply:
        return self.get("/readyz")

    def with_token(self, token: str | None) -> "Api":
        return Api(self._send, token)

    def sign_up(self, **overrides: Any) -> "User":
        """Register somebody new and log in."""
        result = self.register(**overrides).result
        tokens = self.login(result["phone_number"], overrides.get("pin", PIN)).result
        return User(self._send, result["user_id"], tokens["access_token"])


class User(Api):
    """The endpoints as somebody who is signed in."""

    def __init__(self, send: Send, user_id: str, token: str) -> None:
        super().__init__(send, token)
        self.id = user_id

    @property
    def balance(self) -> int:
        return self.profile().result["balance"]


def registration(**overrides: Any) -> dict[str, Any]:
    """Return the body of a registration, the seed's but for a phone number and a PIN of the canaries."""
    return {
        "first_name": "Guntur",
        "last_name": "Saputro",
        "phone_number": phone_number(),
        "address": "Jl. Kebon Sirih No. 1",
        "pin": PIN,
    } | overrides


def random_id() -> str:
    return str(uuid4())


def _headers(
    key: str | None = None, request_id: str | None = None, prefer: str | None = None
) -> dict[str, str]:
    given = {"Idempotency-Key": key, "X-Request-ID": request_id, "Prefer": prefer}
    return {name: value for name, value in given.items() if value is not None}
