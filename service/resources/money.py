"""Top up and pay."""

from apiflask import APIBlueprint
from flask import Response

from service.context import caller, context
from service.receipts import created
from service.schemas import PayRequest, TopUpRequest
from service.tokens import SCHEME, signed_in

bp = APIBlueprint("money", __name__, tag="Money")


@bp.post("/topup")
@signed_in
@bp.input(TopUpRequest, arg_name="body")
@bp.doc(security=SCHEME)
def top_up(body: TopUpRequest) -> Response:
    """Add to the balance."""
    receipt = context().movements.top_up(caller(), body.amount)
    return created(receipt, context().replies.top_up(receipt.entry))


@bp.post("/pay")
@signed_in
@bp.input(PayRequest, arg_name="body")
@bp.doc(security=SCHEME)
def pay(body: PayRequest) -> Response:
    """Pay for a purchase out of the balance."""
    receipt = context().movements.pay(caller(), body.amount, body.remarks)
    return created(receipt, context().replies.payment(receipt.entry))
