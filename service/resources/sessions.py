"""Stay logged in, log out, change the PIN."""

from apiflask import APIBlueprint

from service import tokens
from service.context import context
from service.replies import Json, success
from service.schemas import PinRequest
from service.tokens import SCHEME, signed_in, signed_in_user
from service.verifier import Use

bp = APIBlueprint("sessions", __name__, tag="Account")


@bp.post("/refresh")
@bp.doc(security=SCHEME)
def refresh() -> Json:
    """Exchange a refresh token for a new pair. It is good once; sent again soon, it gives the same answer."""
    token = tokens.bearer(Use.REFRESH)
    return success(tokens.pair(context().sessions.refresh(token.session, token.secret)))


@bp.post("/logout")
@bp.doc(security=SCHEME)
def log_out() -> Json:
    """End the session of an access or a refresh token: all that came of the same login."""
    token = tokens.any_bearer()
    context().sessions.log_out(token.user, token.session)
    return {"status": "SUCCESS"}


@bp.put("/pin")
@signed_in
@bp.input(PinRequest, arg_name="body")
@bp.doc(security=SCHEME)
def change_pin(body: PinRequest) -> Json:
    """Change the PIN, and end all sessions: log in again with the new one."""
    context().sessions.change_pin(signed_in_user(), body.pin, body.new_pin)
    return {"status": "SUCCESS"}
