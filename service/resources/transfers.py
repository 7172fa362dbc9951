"""Transfer to another user, and see what became of it."""

from uuid import UUID

from apiflask import APIBlueprint
from flask import Response

from service.context import caller, context
from service.receipts import accepted
from service.replies import Json, success
from service.schemas import TransferRequest
from service.tokens import SCHEME, signed_in, signed_in_user

bp = APIBlueprint("transfers", __name__, tag="Money")


@bp.post("/transfer")
@signed_in
@bp.input(TransferRequest, arg_name="body")
@bp.doc(security=SCHEME)
def transfer(body: TransferRequest) -> Response:
    """Take an amount out of the balance and queue it for another user."""
    receipt = context().movements.transfer(caller(), body.target_user, body.amount, body.remarks)
    return accepted(receipt, context().replies.accepted(receipt.entry))


@bp.get("/transfers/<uuid:transfer_id>")
@signed_in
@bp.doc(security=SCHEME)
def read(transfer_id: UUID) -> Json:
    """See what became of a transfer that one sent or is to receive."""
    found = context().history.transfer(signed_in_user(), transfer_id)
    return success(context().replies.transfer(found))
