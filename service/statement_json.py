"""A statement as JSON: what it comes to first, then its entries, in pieces."""

from collections.abc import Iterable, Iterator, Sequence

import orjson

from service.replies import Json, Replies
from wallet.models import Entry, Kind, Side
from wallet.statements import Statement, Sum


def chunks(statement: Statement, pages: Iterable[Sequence[Entry]], replies: Replies) -> Iterator[bytes]:
    """Yield the answer. What ``pages`` raise ends it before its last bracket: nobody takes it for whole."""
    head = {"status": "SUCCESS", "result": {**_summary(statement, replies), "entries": []}}
    yield orjson.dumps(head).removesuffix(_CLOSE)
    separator = b""
    for page in filter(None, pages):
        yield separator + orjson.dumps([replies.entry(entry) for entry in page])[1:-1]
        separator = b","
    yield _CLOSE


_CLOSE = b"]}}"


def _summary(statement: Statement, replies: Replies) -> Json:
    return {
        "month": str(statement.month),
        "user_id": str(statement.wallet),
        "as_of": replies.date(statement.as_of),
        "complete": statement.complete,
        "opening_balance": statement.opening,
        "closing_balance": statement.closing,
        "totals": {
            "debits": _sum(statement.moved(Side.DEBIT)),
            "credits": _sum(statement.moved(Side.CREDIT)),
            "by_kind": {kind.value: _sum(statement.total(kind)) for kind in Kind},
        },
    }


def _sum(total: Sum) -> Json:
    return {"count": total.count, "amount": total.amount}
