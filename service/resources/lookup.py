"""Find whom to pay."""

from apiflask import APIBlueprint

from service.context import context
from service.doors import guessed, limited
from service.rate_limits import Door
from service.replies import Json, success
from service.schemas import LookupRequest
from service.tokens import SCHEME, signed_in

bp = APIBlueprint("lookup", __name__, tag="Account")


@bp.post("/lookup")
@signed_in
@guessed(Door.LOOKUP)
@limited(Door.LOOKUP)
@bp.input(LookupRequest, arg_name="body")
@bp.doc(security=SCHEME)
def look_up(body: LookupRequest) -> Json:
    """Find whom to pay by phone number: a user id, and a masked name to recognise a friend by."""
    payee = context().payees.find(body.phone_number)
    return success(context().replies.payee(payee))
