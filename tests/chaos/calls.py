"""What a call came to, and the calls that are one request because they carry one key and one body."""

from collections.abc import Iterable
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, NamedTuple
from uuid import UUID

from tests.chaos.history import Asked, Exchange, Told
from wallet.models import Kind

KIND = {"top_up": Kind.TOP_UP, "payment": Kind.PAYMENT, "transfer": Kind.TRANSFER_OUT}
_ID_NAME = {"top_up": "top_up_id", "payment": "payment_id", "transfer": "transfer_id"}
_OUTCOME_UNKNOWN = "outcome_unknown"

_CLIENT_ERRORS = range(400, 500)
_SAYS_NOTHING_OF_EARLIER_CALLS = frozenset(
    {HTTPStatus.UNAUTHORIZED, HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.TOO_MANY_REQUESTS}
)
"""Given before anybody looks whether the request has been posted before."""

UNDER_WAY_NS = 30 * 10**9
"""How long a call may be under way after its client gave it up: what was frozen goes on when thawed."""


def accepted(exchange: Exchange) -> bool:
    return exchange.told is not None and exchange.told.status in range(200, 300)


def refused(exchange: Exchange) -> bool:
    """Whether it was promised that this call had no effect."""
    told = exchange.told
    if told is None or told.status is None:
        return False
    clean = told.status == HTTPStatus.SERVICE_UNAVAILABLE and told.code not in (None, _OUTCOME_UNKNOWN)
    return told.status in _CLIENT_ERRORS or clean


def unknown(exchange: Exchange) -> bool:
    return not accepted(exchange) and not refused(exchange)


def definite(exchange: Exchange) -> bool:
    """Whether the answer tells what there was under this key when it was given."""
    if not refused(exchange):
        return accepted(exchange)
    status = exchange.told.status if exchange.told else None
    return status in _CLIENT_ERRORS and status not in _SAYS_NOTHING_OF_EARLIER_CALLS


def operation_of(exchange: Exchange) -> UUID | None:
    """Return the id that an accepted call was told."""
    result = exchange.told.result if exchange.told else None
    try:
        return UUID(result[_ID_NAME[exchange.asked.kind]])
    except (TypeError, KeyError, ValueError, AttributeError):
        return None


def movements(exchanges: Iterable[Exchange]) -> list[Exchange]:
    """Leave out what only reads."""
    return [one for one in exchanges if one.asked.kind != "read"]


class Slot(NamedTuple):
    """What a key belongs to. Without a key each call has a slot of its own."""

    user: UUID
    kind: str
    key: str


class Body(NamedTuple):
    amount: str
    """As it was written: ``True`` and ``1`` are two bodies."""
    target: UUID | None
    remarks: str


def slot_of(asked: Asked) -> Slot:
    # A key is printable: it never has a space.
    return Slot(asked.user, asked.kind, asked.key if asked.key is not None else f"no key {asked.call}")


def body_of(asked: Asked) -> Body:
    return Body(repr(asked.amount), asked.target, asked.remarks)


@dataclass(frozen=True, slots=True)
class Request:
    """What a client wanted once, and every time it said so, in the order it was sent."""

    slot: Slot
    exchanges: list[Exchange]

    @property
    def asked(self) -> Asked:
        return self.exchanges[0].asked

    @property
    def answers(self) -> list[Exchange]:
        return [one for one in self.exchanges if accepted(one)]

    @property
    def acknowledged(self) -> Told | None:
        """The earliest answer that said yes."""
        return min((one.told for one in self.answers if one.told), key=lambda told: told.at_ns, default=None)

    @property
    def operation(self) -> UUID | None:
        return next((found for found in map(operation_of, self.answers) if found), None)

    @property
    def resolved(self) -> bool:
        """Whether a definite answer was asked for after every call that got lost."""
        return self._last_definite_ns > self._last_lost_ns

    @property
    def possible(self) -> bool:
        """Whether it may have had an effect that nobody was told of.

        A call that got lost may be under way still when the next one with its key is refused.
        """
        return self._last_lost_ns >= 0 and self._last_definite_ns < self._last_lost_ns + UNDER_WAY_NS

    @property
    def _last_lost_ns(self) -> int:
        return max((one.asked.at_ns for one in self.exchanges if unknown(one)), default=-1)

    @property
    def _last_definite_ns(self) -> int:
        return max((one.asked.at_ns for one in self.exchanges if definite(one)), default=0)

    def __repr__(self) -> str:
        asked = self.asked
        return f"{asked.kind} {asked.amount} of {asked.user} (call {asked.call}, key {asked.key})"


def requests(exchanges: Iterable[Exchange]) -> list[Request]:
    """Put the calls together that carry the same key and body."""
    found: dict[tuple[Slot, Body], Request] = {}
    for one in movements(exchanges):
        slot = slot_of(one.asked)
        found.setdefault((slot, body_of(one.asked)), Request(slot, [])).exchanges.append(one)
    return list(found.values())


def money_of(asked: Asked) -> tuple[Any, ...]:
    """Return what an entry that this request made must say: kind, wallet, amount, counterparty."""
    return KIND[asked.kind], asked.user, asked.amount, asked.target
