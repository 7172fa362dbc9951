"""One's own profile."""

from apiflask import APIBlueprint

from service.context import context
from service.replies import Json, success
from service.schemas import ProfileRequest
from service.tokens import SCHEME, signed_in, signed_in_user

bp = APIBlueprint("profile", __name__, tag="Account")


@bp.get("/profile")
@signed_in
@bp.doc(security=SCHEME)
def read() -> Json:
    """Read one's profile and balance."""
    profile = context().accounts.profile(signed_in_user())
    return success(context().replies.profile(profile))


@bp.put("/profile")
@signed_in
@bp.input(ProfileRequest, arg_name="body")
@bp.doc(security=SCHEME)
def change(body: ProfileRequest) -> Json:
    """Change names or address."""
    user = context().accounts.change_profile(signed_in_user(), body.given())
    return success(context().replies.updated(user))
