"""Replies to requests that a key makes safe to repeat."""

from http import HTTPStatus

from flask import Response, make_response
from structlog.contextvars import bind_contextvars

from service.replies import Json, success
from wallet.use_cases.movements import Receipt
from wallet.use_cases.pace import Outlook

AHEAD = "Transfers-Ahead"


def created(receipt: Receipt, result: Json) -> Response:
    """201: the entry is in the ledger."""
    return _reply(receipt, result, HTTPStatus.CREATED)


def accepted(receipt: Receipt, result: Json, outlook: Outlook) -> Response:
    """202: the debit is in the ledger, the credit follows; Location tells what became of it.

    When to look there, and how many are to be settled before, stands in headers: a replay has the same body.
    """
    reply = _of_transfer(receipt, result, HTTPStatus.ACCEPTED)
    reply.headers["Retry-After"] = str(outlook.retry_after_s)
    if outlook.ahead is not None:
        reply.headers[AHEAD] = str(outlook.ahead)
    return reply


def settled(receipt: Receipt, result: Json) -> Response:
    """200: it was waited for, and both the debit and what became of it are in the ledger."""
    return _of_transfer(receipt, result, HTTPStatus.OK)


def _of_transfer(receipt: Receipt, result: Json, status: HTTPStatus) -> Response:
    """Reply; the line of the access log carries the id, as those of the watcher do."""
    bind_contextvars(transfer_id=str(receipt.entry.operation))
    reply = _reply(receipt, result, status)
    reply.headers["Location"] = f"/transfers/{receipt.entry.operation}"
    return reply


def foreseen(receipt: Receipt, result: Json) -> Response:
    """200: nothing is written; with the header of replays, the transfer was made before."""
    return _reply(receipt, result, HTTPStatus.OK)


def queued(result: Json, location: str, *, replayed: bool) -> Response:
    """202: it is written down, and done in the background; Location tells what became of it."""
    reply = _told(result, HTTPStatus.ACCEPTED, replayed=replayed)
    reply.headers["Location"] = location
    return reply


def _reply(receipt: Receipt, result: Json, status: HTTPStatus) -> Response:
    return _told(result, status, replayed=receipt.replayed)


def _told(result: Json, status: HTTPStatus, *, replayed: bool) -> Response:
    reply = make_response(success(result), status)
    if replayed:
        reply.headers["Idempotency-Replayed"] = "true"
    return reply
