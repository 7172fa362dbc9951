"""What a view can reach: the use cases and the shapes, put on the app by its composition root."""

from dataclasses import dataclass
from typing import cast

from flask import current_app, g, request

from service.etags import Etags
from service.keys.ring import Ring
from service.rate_limits import RateLimits
from service.replies import Replies
from service.tokens import signed_in_user
from service.top_up_gate import TopUpGate
from service.waiting_room import WaitingRoom
from wallet.use_cases.accounts import Accounts
from wallet.use_cases.exports import Exports
from wallet.use_cases.history import History
from wallet.use_cases.movements import Caller, Movements
from wallet.use_cases.payees import Payees
from wallet.use_cases.previews import Previews
from wallet.use_cases.readiness import Readiness
from wallet.use_cases.revocations import Revocations
from wallet.use_cases.sessions import Sessions
from wallet.use_cases.statements import Statements
from wallet.use_cases.timelines import Timelines

EXTENSION = "dompet"


@dataclass(frozen=True, slots=True)
class Context:
    accounts: Accounts
    sessions: Sessions
    revocations: Revocations
    ring: Ring
    top_up_gate: TopUpGate
    rate_limits: RateLimits
    movements: Movements
    previews: Previews
    payees: Payees
    history: History
    statements: Statements
    exports: Exports
    etags: Etags
    readiness: Readiness
    replies: Replies
    timelines: Timelines
    waiting_room: WaitingRoom


def context() -> Context:
    return cast("Context", current_app.extensions[EXTENSION])


def caller() -> Caller:
    """Return who asks, as the use cases want to know it."""
    return Caller(signed_in_user(), request.headers.get("Idempotency-Key"), g.request_id)
