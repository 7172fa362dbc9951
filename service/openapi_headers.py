"""The headers in the OpenAPI document: those that clients send, and those that come back."""

from service.event_stream import LAST_EVENT_ID
from service.preferences import APPLIED
from service.preferences import HEADER as PREFER
from service.receipts import AHEAD
from service.replies import Json
from service.request_ids import HEADER as REQUEST_ID
from service.top_up_gate import ID_HEADER, SECRET_HEADER, TIMESTAMP_HEADER
from wallet.models import TransferStatus

KEY = "Idempotency-Key"
REPLAYED = "Idempotency-Replayed"
LOCATION = "Location"
LINK = "Link"
ETAG = "ETag"
IF_NONE_MATCH = "If-None-Match"
DISPOSITION = "Content-Disposition"
TRANSFER_STATUS = "Transfer-Status"
RETRY_AFTER = "Retry-After"
CHALLENGE = "WWW-Authenticate"

_TEXT: Json = {"type": "string", "minLength": 1}

_PARAMETERS: tuple[Json, ...] = (
    {
        "name": REQUEST_ID,
        "description": "Comes back in the answer and stands in the logs; one that cannot is replaced",
        "schema": {"type": "string"},
    },
    {
        "name": KEY,
        "description": "Sent again with the same key, a request has its first answer and no second effect",
        "schema": {"type": "string", "pattern": "^[!-~]{1,255}$"},
    },
    {
        "name": SECRET_HEADER,
        "description": "The secret of the channel that took the money, where top-ups ask for one",
        "schema": {"type": "string"},
    },
    {
        "name": ID_HEADER,
        "required": True,
        "description": "Of the message: one that comes again is answered as the first time",
        "schema": _TEXT,
        "example": "msg_1",
    },
    {
        "name": TIMESTAMP_HEADER,
        "required": True,
        "description": "When it was signed, in seconds since 1970",
        "schema": _TEXT,
        "example": "1617290481",
    },
    {
        "name": PREFER,
        "description": "`wait=5`: 200 as soon as the transfer is settled, or 202 after 5 seconds",
        "schema": {"type": "string"},
    },
    {
        "name": LAST_EVENT_ID,
        "description": "The id of the last event that one has: what came after it is told first",
        "schema": {"type": "string", "pattern": "^[0-9]{1,18}$"},
    },
    {
        "name": IF_NONE_MATCH,
        "description": "The ETag of the page one has: 304 where it is the same still",
        "schema": {"type": "string"},
    },
)

SENT: dict[str, Json] = {one["name"]: {"in": "header", "required": False} | one for one in _PARAMETERS}
"""Parameters by name. Optional ones have no example: a page that fills it in would use a key twice."""

RETURNED: dict[str, Json] = {
    REQUEST_ID: {
        "required": True,
        "description": "The one that was sent, or a new one",
        "schema": _TEXT,
        "example": "019a0c4e-7d52-7a31-9c0f-52f6f0a1b7de",
    },
    REPLAYED: {
        "description": "Only on an answer to a request that had been carried out before",
        "schema": {"const": "true"},
        "example": "true",
    },
    LOCATION: {
        "required": True,
        "description": "Where to see what became of it",
        "schema": {"type": "string", "format": "uri-reference"},
        "example": "/transfers/a7d39cf6-44b6-41fc-b3e9-7b16df5321c5",
    },
    LINK: {
        "description": 'The next page, as `rel="next"`; the last page has none',
        "schema": _TEXT,
        "example": '</transactions?limit=20&cursor=NDI>; rel="next"',
    },
    AHEAD: {
        "description": "How many transfers are to be settled before; only where that is known",
        "schema": {"type": "integer", "minimum": 0},
        "example": 12,
    },
    APPLIED: {
        "description": "The wait that was granted; only on an answer that was waited for",
        "schema": _TEXT,
        "example": "wait=5",
    },
    ETAG: {
        "description": "Of a page that stays as it is; one with a transfer under way has none",
        "schema": _TEXT,
        "example": '"5d2c9e0f3b1a47688c7d90e1f2a3b4c5"',
    },
    TRANSFER_STATUS: {
        "description": "With `after_transfer`: what has become of that transfer",
        "schema": {"enum": list(TransferStatus)},
        "example": TransferStatus.SUCCESS,
    },
    DISPOSITION: {
        "required": True,
        "description": "The name of the file",
        "schema": _TEXT,
        "example": 'attachment; filename="dompet-2021-04.csv"',
    },
    RETRY_AFTER: {
        "required": True,
        "description": "Seconds to wait before it is worth another try",
        "schema": {"type": "integer", "minimum": 1},
        "example": 1,
    },
    CHALLENGE: {
        "required": True,
        "description": "How to authenticate",
        "schema": {"const": "Bearer"},
        "example": "Bearer",
    },
}
"""Headers of answers by name."""
