"""Transfer to another user, and see what became of it."""

from uuid import UUID

from apiflask import APIBlueprint
from flask import Response, request

from service import patience, preferences
from service.context import caller, context
from service.queries import queried
from service.receipts import accepted, foreseen, settled
from service.replies import Json, success
from service.schemas import TransferQuery, TransferRequest, WaitQuery
from service.tokens import SCHEME, signed_in, signed_in_user
from wallet.errors import WalletError
from wallet.models import Transfer
from wallet.use_cases.movements import Receipt
from wallet.use_cases.waiting import Seen

bp = APIBlueprint("transfers", __name__, tag="Money")


@bp.post("/transfer")
@signed_in
@queried(bp, TransferQuery)
@bp.input(TransferRequest, arg_name="body")
@bp.doc(security=SCHEME)
def transfer(body: TransferRequest, query: TransferQuery) -> Response:
    """Take an amount out of the balance and queue it for another user, and wait for it with ``Prefer``."""
    if query.dry_run:
        receipt = context().previews.transfer(caller(), body.target_user, body.amount, body.remarks)
        return foreseen(receipt, context().replies.preview(receipt.entry))
    receipt = context().movements.transfer(caller(), body.target_user, body.amount, body.remarks)
    asked_s = preferences.wait_s(request.headers.get(preferences.HEADER))
    seconds = patience.granted(asked_s) if asked_s else 0
    seen = _waited_for(receipt, seconds) if seconds else None
    reply = _reply(receipt, seen)
    if seen and seen.waited:
        reply.headers[preferences.APPLIED] = preferences.applied(seconds)
    return reply


def _waited_for(receipt: Receipt, seconds: int) -> Seen | None:
    """Wait for the end of a transfer. It is accepted: whatever goes wrong here does not undo that."""
    try:
        with patience.waiting():
            return context().waiting_room.waiting.transfer(
                receipt.entry.wallet, receipt.entry.operation, seconds
            )
    except WalletError:
        return None


def _reply(receipt: Receipt, seen: Seen | None) -> Response:
    replies = context().replies
    if seen and seen.settled:
        return settled(receipt, replies.settled(receipt.entry, seen.transfer))
    return accepted(receipt, replies.accepted(receipt.entry), context().waiting_room.pace.outlook())


@bp.get("/transfers/<uuid:transfer_id>")
@signed_in
@bp.input(WaitQuery, location="query", arg_name="query")
@bp.doc(security=SCHEME)
def read(transfer_id: UUID, query: WaitQuery) -> Json:
    """See what became of a transfer that one sent or is to receive; wait for it with ``wait``."""
    return success(context().replies.transfer(_found(transfer_id, query.wait)))


def _found(transfer_id: UUID, wait_s: int | None) -> Transfer:
    if not wait_s or not (seconds := patience.granted(wait_s)):
        return context().history.transfer(signed_in_user(), transfer_id)
    with patience.waiting():
        return context().waiting_room.waiting.transfer(signed_in_user(), transfer_id, seconds).transfer


@bp.get("/transfers/<uuid:transfer_id>/timeline")
@signed_in
@bp.doc(security=SCHEME)
def timeline(transfer_id: UUID) -> Json:
    """See step by step how a transfer went that one sent or is to receive."""
    steps = context().timelines.of(signed_in_user(), transfer_id)
    return success(list(map(context().replies.step, steps)))
