"""What the OpenAPI document says of answers: every status that a route can answer, and its shape.

The framework knows what goes in; what comes out is written down here, beside no view, so that one look tells.
Tests send whatever the document allows, and much that it forbids, and hold the answers to it.
"""

from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from service import openapi_examples
from service.event_stream import LAST_EVENT_ID
from service.event_stream import MEDIA as EVENTS
from service.export_shapes import EXPORT, QUEUED
from service.openapi_headers import (
    DISPOSITION,
    ETAG,
    IF_NONE_MATCH,
    LINK,
    LOCATION,
    REPLAYED,
    RETRY_AFTER,
    TRANSFER_STATUS,
)
from service.preferences import APPLIED
from service.preferences import HEADER as PREFER
from service.receipts import AHEAD
from service.replies import Json
from service.result_shapes import (
    ACCEPTED,
    LINE,
    PAYEE,
    PAYMENT,
    PREVIEW,
    PROFILE,
    REGISTERED,
    SETTLED,
    STEPS,
    TOKENS,
    TOP_UP,
    TRANSFER,
    UPDATED,
)
from service.statement_shapes import STATEMENT
from service.top_up_gate import (
    ID_HEADER,
    SECRET_HEADER,
    TIMESTAMP_HEADER,
    SignatureExpired,
    SignatureInvalid,
    TopUpClosed,
    TopUpSecretWrong,
)
from wallet import errors
from wallet.group_commit import Overloaded
from wallet.use_cases.waiters import TooManyWaiters

JSON = "application/json"


@dataclass(frozen=True, slots=True)
class Also:
    """A success: one more of a route, of another status or in another form."""

    status: HTTPStatus
    result: Json | None = None
    media: str | None = JSON
    carries: tuple[str, ...] = ()
    example: Any = None


@dataclass(frozen=True, slots=True)
class Answer:
    """What a route answers when all is well, and the refusals that are its own.

    Args:
        status: when all is well.
        result: the schema of what is under ``result``.
        refusals: those that are not every route's.
        keyed: it takes an idempotency key.
        takes: names of the other headers that it reads.
        carries: names of the other headers that come with a success.
        media: the type of a success.
        also: its other successes.
    """

    status: HTTPStatus
    result: Json | None
    refusals: tuple[type[errors.WalletError], ...] = ()
    keyed: bool = False
    takes: tuple[str, ...] = ()
    carries: tuple[str, ...] = ()
    media: str = JSON
    also: tuple[Also, ...] = ()


_MOVE = (
    *(errors.WalletFrozen, errors.WalletClosed, errors.KeyReused, errors.OperationLimitExceeded),
    *(errors.DailyAmountExceeded, errors.DailyCountExceeded),
    *(errors.MonthlyAmountExceeded, errors.MonthlyCountExceeded, Overloaded),
)

ANSWERS = {
    "POST /register": Answer(
        HTTPStatus.CREATED, REGISTERED, (errors.PhoneTaken, errors.TooManyRequests, Overloaded)
    ),
    "POST /login": Answer(
        HTTPStatus.OK,
        TOKENS,
        (errors.WrongCredentials, errors.TooManyAttempts, errors.TooManyRequests, Overloaded),
    ),
    "POST /refresh": Answer(HTTPStatus.OK, TOKENS),
    "POST /logout": Answer(HTTPStatus.OK, None),
    "PUT /pin": Answer(HTTPStatus.OK, None, (errors.WrongPin, errors.TooManyAttempts, Overloaded)),
    "GET /profile": Answer(HTTPStatus.OK, PROFILE),
    "PUT /profile": Answer(HTTPStatus.OK, UPDATED),
    "POST /lookup": Answer(HTTPStatus.OK, PAYEE, (errors.UserNotFound, errors.TooManyRequests)),
    "POST /topup": Answer(
        HTTPStatus.CREATED,
        TOP_UP,
        (*_MOVE, errors.BalanceCapExceeded, TopUpClosed, TopUpSecretWrong),
        keyed=True,
        takes=(SECRET_HEADER,),
    ),
    "POST /topup/webhook": Answer(
        HTTPStatus.CREATED,
        TOP_UP,
        (
            *(*_MOVE, errors.BalanceCapExceeded, errors.ReceiverNotFound, errors.NotFound),
            *(SignatureInvalid, SignatureExpired),
        ),
        takes=(ID_HEADER, TIMESTAMP_HEADER),
        carries=(REPLAYED,),
    ),
    "POST /pay": Answer(HTTPStatus.CREATED, PAYMENT, (*_MOVE, errors.InsufficientBalance), keyed=True),
    "POST /transfer": Answer(
        HTTPStatus.ACCEPTED,
        ACCEPTED,
        (*_MOVE, errors.InsufficientBalance, errors.ReceiverNotActive, errors.ReceiverNotFound),
        keyed=True,
        takes=(PREFER,),
        carries=(LOCATION, RETRY_AFTER, AHEAD, APPLIED),
        also=(
            Also(HTTPStatus.OK, PREVIEW, example=openapi_examples.PREVIEWED),
            Also(HTTPStatus.OK, SETTLED, carries=(LOCATION, APPLIED), example=openapi_examples.SETTLED),
        ),
    ),
    "GET /transfers/{transfer_id}": Answer(HTTPStatus.OK, TRANSFER, (errors.NotFound,)),
    "GET /transfers/{transfer_id}/timeline": Answer(HTTPStatus.OK, STEPS, (errors.NotFound,)),
    "GET /transactions": Answer(
        HTTPStatus.OK,
        {"type": "array", "items": LINE},
        (errors.NotFound,),
        takes=(IF_NONE_MATCH,),
        carries=(LINK, ETAG, TRANSFER_STATUS),
        also=(Also(HTTPStatus.NOT_MODIFIED, media=None, carries=(ETAG, TRANSFER_STATUS)),),
    ),
    "POST /exports": Answer(
        HTTPStatus.ACCEPTED,
        QUEUED,
        (errors.ExportsOff, errors.KeyReused, errors.TooManyExports, errors.TooManyRequests),
        keyed=True,
        carries=(LOCATION,),
    ),
    "GET /exports/{export_id}": Answer(HTTPStatus.OK, EXPORT, (errors.ExportsOff, errors.NotFound)),
    "GET /events": Answer(
        HTTPStatus.OK, None, (errors.InvalidInput, TooManyWaiters), takes=(LAST_EVENT_ID,), media=EVENTS
    ),
    "GET /statements/{month}": Answer(
        HTTPStatus.OK,
        STATEMENT,
        (errors.NotFound,),
        also=(
            Also(
                HTTPStatus.OK,
                media="text/csv",
                carries=(DISPOSITION,),
                example=openapi_examples.STATEMENT_CSV,
            ),
        ),
    ),
}
