"""Register and log in."""

from apiflask import APIBlueprint

from service import tokens
from service.context import context
from service.doors import limited
from service.rate_limits import Door
from service.replies import Json, success
from service.schemas import LoginRequest, RegisterRequest
from wallet.use_cases.accounts import Registration

bp = APIBlueprint("accounts", __name__, tag="Account")


@bp.post("/register")
@limited(Door.REGISTER)
@bp.input(RegisterRequest, arg_name="body")
def register(body: RegisterRequest) -> tuple[Json, int]:
    """Register a new user. The phone number is the unique key."""
    user = context().accounts.register(Registration(**body.model_dump()))
    return success(context().replies.registered(user)), 201


@bp.post("/login")
@limited(Door.LOGIN)
@bp.input(LoginRequest, arg_name="body")
def log_in(body: LoginRequest) -> Json:
    """Log in with phone number and PIN, and get an access and a refresh token."""
    user = context().accounts.log_in(body.phone_number, body.pin)
    return success(tokens.pair(context().sessions.open(user)))
