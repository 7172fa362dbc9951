"""The report of everything a user did."""

from collections.abc import Iterator

import orjson
from apiflask import APIBlueprint
from flask import Response, make_response, url_for

from service import cursor
from service.context import context
from service.replies import Replies, success
from service.schemas import TransactionsQuery
from service.tokens import SCHEME, signed_in, signed_in_user
from wallet.models import Line
from wallet.use_cases.history import Page

bp = APIBlueprint("transactions", __name__, tag="Reports")


@bp.get("/transactions")
@signed_in
@bp.input(TransactionsQuery, location="query", arg_name="query")
@bp.doc(security=SCHEME)
def transactions(query: TransactionsQuery) -> Response:
    """List one's transactions, newest first: all of them, or pages with ``limit`` and the Link header."""
    before = cursor.decode(query.cursor) if query.cursor is not None else None
    if query.limit is None:
        return _streamed(context().history.everything(signed_in_user(), before), context().replies)
    return _paged(context().history.page(signed_in_user(), query.limit, before), query.limit)


def _paged(page: Page, limit: int) -> Response:
    reply = make_response(success([context().replies.line(line) for line in page.lines]))
    if page.before is not None:
        following = url_for("transactions.transactions", limit=limit, cursor=cursor.encode(page.before))
        reply.headers["Link"] = f'<{following}>; rel="next"'
    return reply


def _streamed(pages: Iterator[list[Line]], replies: Replies) -> Response:
    return Response(_json(pages, replies), mimetype="application/json")


def _json(pages: Iterator[list[Line]], replies: Replies) -> Iterator[bytes]:
    yield b'{"status":"SUCCESS","result":['
    separator = b""
    for page in filter(None, pages):
        yield separator + orjson.dumps([replies.line(line) for line in page])[1:-1]
        separator = b","
    yield b"]}"
