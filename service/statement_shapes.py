"""JSON Schemas of statements, for the OpenAPI document."""

from service.replies import Json
from service.result_shapes import BALANCE, DATE, ID, LINE, record
from wallet.models import Kind
from wallet.rules.month import PATTERN

_COUNT: Json = {"type": "integer", "minimum": 0}
_SUM = record(count=_COUNT, amount=_COUNT)
_FOR_GOOD = {name: schema for name, schema in LINE["properties"].items() if name != "status"}

MONTH: Json = {"type": "string", "pattern": f"^{PATTERN}$"}

STATEMENT = record(
    month=MONTH,
    user_id=ID,
    as_of=DATE,
    complete={"type": "boolean"},
    opening_balance=BALANCE,
    closing_balance=BALANCE,
    totals=record(debits=_SUM, credits=_SUM, by_kind=record(**{kind.value: _SUM for kind in Kind})),
    entries={"type": "array", "items": {**LINE, **record(seq=_COUNT, **_FOR_GOOD)}},
)
