"""Transfer to another user, and see what became of it."""

from uuid import UUID

from apiflask import APIBlueprint
from flask import Response

from service.context import caller, context
from service.queries import queried
from service.receipts import accepted, foreseen
from service.replies import Json, success
from service.schemas import TransferQuery, TransferRequest
from service.tokens import SCHEME, signed_in, signed_in_user

bp = APIBlueprint("transfers", __name__, tag="Money")


@bp.post("/transfer")
@signed_in
@queried(bp, TransferQuery)
@bp.input(TransferRequest, arg_name="body")
@bp.doc(security=SCHEME)
def transfer(body: TransferRequest, query: TransferQuery) -> Response:
    """Take an amount out of the balance and queue it for another user; or only say whether that would do."""
    if query.dry_run:
        receipt = context().previews.transfer(caller(), body.target_user, body.amount, body.remarks)
        return foreseen(receipt, context().replies.preview(receipt.entry))
    receipt = context().movements.transfer(caller(), body.target_user, body.amount, body.remarks)
    return accepted(receipt, context().replies.accepted(receipt.entry))


@bp.get("/transfers/<uuid:transfer_id>")
@signed_in
@bp.doc(security=SCHEME)
def read(transfer_id: UUID) -> Json:
    """See what became of a transfer that one sent or is to receive."""
    found = context().history.transfer(signed_in_user(), transfer_id)
    return success(context().replies.transfer(found))
