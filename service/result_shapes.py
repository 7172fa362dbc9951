"""JSON Schemas of what ``service.replies`` shapes, for the OpenAPI document."""

from service.replies import Json
from wallet.models import Kind, TransferStatus, WalletStatus
from wallet.rules.money import LARGEST_CAP

ID: Json = {"type": "string", "format": "uuid"}
TEXT: Json = {"type": "string"}
DATE: Json = {"type": "string", "pattern": r"^\d{4}-\d{2}-\d{2} \d{2}:\d{2}:\d{2}$"}
AMOUNT: Json = {"type": "integer", "minimum": 1, "maximum": LARGEST_CAP}
BALANCE: Json = {"type": "integer", "minimum": 0, "maximum": LARGEST_CAP}


def record(**fields: Json) -> Json:
    """Return the schema of an object that has all of ``fields``."""
    return {"type": "object", "required": list(fields), "properties": fields}


def or_null(schema: Json) -> Json:
    return {"anyOf": [schema, {"type": "null"}]}


def one_of(*words: str) -> Json:
    return {"type": "string", "enum": list(words)}


_NAMES = {"first_name": TEXT, "last_name": TEXT, "address": TEXT}
_BALANCES = {"balance_before": BALANCE, "balance_after": BALANCE, "created_date": DATE}
_USER = {"user_id": ID, **_NAMES, "phone_number": TEXT, "created_date": DATE}
_STATUS = one_of(*TransferStatus)

REGISTERED = record(**_USER)
UPDATED = record(user_id=ID, **_NAMES, updated_date=DATE)
PROFILE = record(**_USER, updated_date=DATE, balance=BALANCE, wallet_status=one_of(*WalletStatus))
PAYEE = record(user_id=ID, name=TEXT)
TOKENS = record(access_token=TEXT, refresh_token=TEXT)
TOP_UP = record(top_up_id=ID, amount_top_up=AMOUNT, **_BALANCES)
PAYMENT = record(payment_id=ID, amount=AMOUNT, remarks=TEXT, **_BALANCES)
ACCEPTED = record(transfer_id=ID, status=_STATUS, target_user=ID, amount=AMOUNT, remarks=TEXT, **_BALANCES)
PREVIEW = record(
    dry_run={"const": True},
    target_user=ID,
    amount=AMOUNT,
    remarks=TEXT,
    balance_before=BALANCE,
    balance_after=BALANCE,
)
_END: Json = {
    "failure": or_null(TEXT),
    "settled_date": or_null(DATE),
    "refunded": {"type": "boolean"},
}
SETTLED = record(
    transfer_id=ID, status=_STATUS, target_user=ID, amount=AMOUNT, remarks=TEXT, **_BALANCES, **_END
)
TRANSFER = record(
    transfer_id=ID,
    status=_STATUS,
    user_id=ID,
    target_user=ID,
    amount=AMOUNT,
    remarks=TEXT,
    created_date=DATE,
    **_END,
)
STEPS: Json = {
    "type": "array",
    "items": record(
        step=one_of("accepted", "picked_up", "attempt_failed", "delayed", "settled", "refunded"),
        at={"type": "string", "format": "date-time"},
        after_ms=or_null({"type": "integer"}),
        reason=or_null(TEXT),
    ),
}
LINE: Json = {
    **record(
        status=_STATUS,
        user_id=ID,
        transaction_type=one_of("CREDIT", "DEBIT"),
        kind=one_of(*Kind),
        amount=AMOUNT,
        remarks=TEXT,
        counterparty=or_null(ID),
        **_BALANCES,
    ),
    "oneOf": [{"required": [name]} for name in ("top_up_id", "payment_id", "transfer_id")],
}
