"""JSON Schemas of what ``service.replies`` shapes, for the OpenAPI document."""

from service.replies import Json
from wallet.models import Kind, TransferStatus, WalletStatus
from wallet.rules.money import LARGEST_CAP

_ID: Json = {"type": "string", "format": "uuid"}
_TEXT: Json = {"type": "string"}
_DATE: Json = {"type": "string", "pattern": r"^\d{4}-\d{2}-\d{2} \d{2}:\d{2}:\d{2}$"}
_AMOUNT: Json = {"type": "integer", "minimum": 1, "maximum": LARGEST_CAP}
_BALANCE: Json = {"type": "integer", "minimum": 0, "maximum": LARGEST_CAP}


def _object(**fields: Json) -> Json:
    """Return the schema of an object that has all of ``fields``."""
    return {"type": "object", "required": list(fields), "properties": fields}


def _one_of(*words: str) -> Json:
    return {"type": "string", "enum": list(words)}


_NAMES = {"first_name": _TEXT, "last_name": _TEXT, "address": _TEXT}
_BALANCES = {"balance_before": _BALANCE, "balance_after": _BALANCE, "created_date": _DATE}
_USER = {"user_id": _ID, **_NAMES, "phone_number": _TEXT, "created_date": _DATE}
_STATUS = _one_of(*TransferStatus)

REGISTERED = _object(**_USER)
UPDATED = _object(user_id=_ID, **_NAMES, updated_date=_DATE)
PROFILE = _object(**_USER, updated_date=_DATE, balance=_BALANCE, wallet_status=_one_of(*WalletStatus))
TOKENS = _object(access_token=_TEXT, refresh_token=_TEXT)
TOP_UP = _object(top_up_id=_ID, amount_top_up=_AMOUNT, **_BALANCES)
PAYMENT = _object(payment_id=_ID, amount=_AMOUNT, remarks=_TEXT, **_BALANCES)
ACCEPTED = _object(
    transfer_id=_ID, status=_STATUS, target_user=_ID, amount=_AMOUNT, remarks=_TEXT, **_BALANCES
)
TRANSFER = _object(
    transfer_id=_ID,
    status=_STATUS,
    user_id=_ID,
    target_user=_ID,
    amount=_AMOUNT,
    remarks=_TEXT,
    failure={"type": ["string", "null"]},
    created_date=_DATE,
    settled_date={"anyOf": [_DATE, {"type": "null"}]},
)
LINE: Json = {
    **_object(
        status=_STATUS,
        user_id=_ID,
        transaction_type=_one_of("CREDIT", "DEBIT"),
        kind=_one_of(*Kind),
        amount=_AMOUNT,
        remarks=_TEXT,
        counterparty={"anyOf": [_ID, {"type": "null"}]},
        **_BALANCES,
    ),
    "oneOf": [{"required": [name]} for name in ("top_up_id", "payment_id", "transfer_id")],
}
