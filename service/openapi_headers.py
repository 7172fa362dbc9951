"""The headers in the OpenAPI document: those that clients send, and those that come back."""

from service.replies import Json
from service.request_ids import HEADER as REQUEST_ID
from service.top_up_gate import ID_HEADER, SECRET_HEADER, TIMESTAMP_HEADER

KEY = "Idempotency-Key"
REPLAYED = "Idempotency-Replayed"
LOCATION = "Location"
LINK = "Link"
RETRY_AFTER = "Retry-After"
CHALLENGE = "WWW-Authenticate"

_ID: Json = {"type": "string", "minLength": 1}
_OPTIONAL: dict[str, tuple[str, str, Json]] = {
    REQUEST_ID: (
        "Comes back in the answer and stands in the logs; one that cannot is replaced",
        "order-1234",
        {"type": "string"},
    ),
    KEY: (
        "Sent again with the same key, a request has its first answer and no second effect",
        "order-1234-payment",
        {"type": "string", "pattern": "^[!-~]{1,255}$"},
    ),
    SECRET_HEADER: (
        "The secret of the channel that took the money, where top-ups ask for one",
        "the-secret-of-the-channel-of-top-ups",
        {"type": "string"},
    ),
}
_REQUIRED: dict[str, tuple[str, str, Json]] = {
    ID_HEADER: ("Of the message: one that comes again is answered as the first time", "msg_1", _ID),
    TIMESTAMP_HEADER: ("When it was signed, in seconds since 1970", "1617290481", _ID),
}

SENT: dict[str, Json] = {
    name: {
        "name": name,
        "in": "header",
        "required": name in _REQUIRED,
        "description": description,
        "schema": schema,
        "example": example,
    }
    for name, (description, example, schema) in (_OPTIONAL | _REQUIRED).items()
}
"""Parameters by name."""

_TEXT: Json = {"type": "string", "minLength": 1}

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
