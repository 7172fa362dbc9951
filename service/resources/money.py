"""Top up and pay."""

from apiflask import APIBlueprint
from flask import Response, g, request

from service.context import caller, context
from service.receipts import created
from service.schemas import PaidInRequest, PayRequest, TopUpRequest
from service.tokens import SCHEME, signed_in
from service.top_up_gate import SECRET_HEADER
from service.webhooks import WEBHOOK, from_provider, message

bp = APIBlueprint("money", __name__, tag="Money")


@bp.post("/topup")
@signed_in
@bp.input(TopUpRequest, arg_name="body")
@bp.doc(security=SCHEME)
def top_up(body: TopUpRequest) -> Response:
    """Add to the balance, as far as the gate of top-ups lets users do that."""
    context().top_up_gate.admit_user(request.headers.get(SECRET_HEADER))
    receipt = context().movements.top_up(caller(), body.amount)
    return created(receipt, context().replies.top_up(receipt.entry))


@bp.post("/topup/webhook")
@from_provider
@bp.input(PaidInRequest, arg_name="body")
@bp.doc(security=WEBHOOK)
def paid_in(body: PaidInRequest) -> Response:
    """Take the word of the payment provider that a user has paid, once for each message."""
    receipt = context().movements.paid_in(body.user_id, body.amount, message().id, g.request_id)
    return created(receipt, context().replies.top_up(receipt.entry))


@bp.post("/pay")
@signed_in
@bp.input(PayRequest, arg_name="body")
@bp.doc(security=SCHEME)
def pay(body: PayRequest) -> Response:
    """Pay for a purchase out of the balance."""
    receipt = context().movements.pay(caller(), body.amount, body.remarks)
    return created(receipt, context().replies.payment(receipt.entry))
