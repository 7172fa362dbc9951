"""Who may bring money in. A top-up makes money: somebody must have been paid for it.

``open`` lets everybody top up their own wallet, for demos. ``secret`` asks for a secret beside the user's
token, for a channel of one's own that has taken the money. ``webhook`` takes the word of a payment provider,
signed as Standard Webhooks are:
https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
"""

import hmac
import time
from base64 import b64decode, b64encode
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from hashlib import sha256

from wallet.errors import Forbidden, NotFound

SECRET_HEADER = "X-Top-Up-Secret"  # noqa: S105 - the name of a header  # nosec B105
ID_HEADER = "Webhook-Id"
TIMESTAMP_HEADER = "Webhook-Timestamp"
SIGNATURE_HEADER = "Webhook-Signature"

_PREFIX = "whsec_"
_VERSION = "v1,"


class Gate(StrEnum):
    OPEN = "open"
    SECRET = "secret"  # noqa: S105 - the name of a way  # nosec B105
    WEBHOOK = "webhook"


class TopUpClosed(Forbidden):
    code = "top_up_closed"
    message = "Top-ups come from the payment provider"


class TopUpSecretWrong(Forbidden):
    code = "top_up_secret_wrong"
    message = f"A top-up needs the secret of its channel in the header {SECRET_HEADER}"


class SignatureInvalid(Forbidden):
    code = "signature_invalid"
    message = "The signature is missing, or is not of this message"


class SignatureExpired(Forbidden):
    code = "signature_expired"
    message = "The message was signed too long ago, or in the future: look at both clocks"


@dataclass(frozen=True, slots=True)
class Message:
    """A webhook as it came: its id, the time at which it was signed, its signatures, its bytes."""

    id: str
    timestamp: str
    signatures: str
    body: bytes


class TopUpGate:
    """Asked before every top-up; it raises when the answer is no.

    Args:
        gate: which of the three.
        secret: of the channel, or of the webhook.
        window_s: how far the time of a signature may be from ours.
        clock: seconds since 1970.
    """

    def __init__(
        self, gate: Gate, secret: str, *, window_s: float, clock: Callable[[], float] = time.time
    ) -> None:
        self._gate = gate
        self._secret = secret.encode()
        self._window_s = window_s
        self._clock = clock

    def admit_user(self, secret: str | None) -> None:
        """Return when a user may top up, with what came in the header.

        Raises:
            TopUpClosed: users cannot.
            TopUpSecretWrong: it is not the secret.
        """
        if self._gate is Gate.WEBHOOK:
            raise TopUpClosed
        # Compared in a time that tells nothing about how much of it was right.
        if self._gate is Gate.SECRET and not hmac.compare_digest((secret or "").encode(), self._secret):
            raise TopUpSecretWrong

    def admit_provider(self, message: Message) -> None:
        """Return when the message is the provider's, and of now.

        Raises:
            NotFound: there is no webhook here.
            SignatureInvalid, SignatureExpired: it is not.
        """
        if self._gate is not Gate.WEBHOOK:
            raise NotFound
        expected = sign(self._secret.decode(), message.id, message.timestamp, message.body)
        # A provider that changes its secret signs with both for a while.
        given = message.signatures.split(" ")
        if not any(hmac.compare_digest(one.encode(), expected.encode()) for one in given):
            raise SignatureInvalid
        if not abs(self._clock() - _seconds(message.timestamp)) <= self._window_s:
            raise SignatureExpired


def sign(secret: str, message_id: str, timestamp: str, body: bytes) -> str:
    """Return the signature of a message."""
    signed = b".".join((message_id.encode(), timestamp.encode(), body))
    return _VERSION + b64encode(hmac.digest(key_of(secret), signed, sha256)).decode()


def key_of(secret: str) -> bytes:
    """Return the key in a secret as providers show it: base64, often after ``whsec_``.

    Raises:
        ValueError: it is none.
    """
    try:
        return b64decode(secret.removeprefix(_PREFIX), validate=True)
    except ValueError as error:
        raise ValueError("is not base64") from error


def _seconds(timestamp: str) -> float:
    if not (timestamp.isascii() and timestamp.isdigit()):
        raise SignatureInvalid
    return float(timestamp[:20])
