"""JSON Schemas of statements, for the OpenAPI document."""

from service.replies import Json
from service.result_shapes import _BALANCE, _DATE, _ID, LINE, _object
from wallet.models import Kind
from wallet.rules.month import PATTERN

_COUNT: Json = {"type": "integer", "minimum": 0}
_SUM = _object(count=_COUNT, amount=_COUNT)
_FOR_GOOD = {name: schema for name, schema in LINE["properties"].items() if name != "status"}

MONTH: Json = {"type": "string", "pattern": f"^{PATTERN}$"}

STATEMENT = _object(
    month=MONTH,
    user_id=_ID,
    as_of=_DATE,
    complete={"type": "boolean"},
    opening_balance=_BALANCE,
    closing_balance=_BALANCE,
    totals=_object(debits=_SUM, credits=_SUM, by_kind=_object(**{kind.value: _SUM for kind in Kind})),
    entries={"type": "array", "items": {**LINE, **_object(seq=_COUNT, **_FOR_GOOD)}},
)
