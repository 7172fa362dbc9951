"""Access tokens as the API makes them, without the cost of logging in ten thousand users."""

import time
from collections.abc import Sequence
from pathlib import Path
from uuid import UUID, uuid4

import jwt

from service.keys.ring import key
from service.verifier import ALGORITHM, Use

_LIFETIME_S = 6 * 3_600


def access_token(user: UUID, secret: str, *, issued_ago_s: int = 0) -> str:
    issued = int(time.time()) - issued_ago_s
    claims = {
        "fresh": False,
        "iat": issued,
        "jti": str(uuid4()),
        "type": Use.ACCESS.value,
        "sub": str(user),
        "nbf": issued,
        "aud": "dompet-api",
        "iss": "dompet",
        "exp": issued + _LIFETIME_S,
        "sid": str(uuid4()),
    }
    header = {"typ": Use.ACCESS.media_type, "kid": key(secret).kid}
    return jwt.encode(claims, secret, algorithm=ALGORITHM, headers=header)


def write_tokens(users: Sequence[UUID], secret: str, file: Path) -> None:
    """Write a line for each user: the id and a token, as ``transfer.lua`` reads them."""
    file.write_text("".join(f"{user} {access_token(user, secret)}\n" for user in users))
