"""The report of everything a user did."""

from collections.abc import Iterator
from http import HTTPStatus
from time import perf_counter

import orjson
from apiflask import APIBlueprint
from flask import Response, g, make_response, request, url_for

from service import cursor
from service.context import context
from service.replies import Json, Replies, success
from service.tokens import SCHEME, signed_in, signed_in_user
from service.transaction_schemas import TransactionsQuery
from wallet.models import Line
from wallet.rules.filters import Filter

bp = APIBlueprint("transactions", __name__, tag="Reports")

WAIT_S = 7.0
"""From the start of the request: what it asks of the store has two more (REQUEST_S of the app)."""

TRANSFER_STATUS = "Transfer-Status"


@bp.get("/transactions")
@signed_in
@bp.input(TransactionsQuery, location="query", arg_name="query")
@bp.doc(security=SCHEME)
def transactions(query: TransactionsQuery) -> Response:
    """List one's transactions, newest first: all of them, or pages with ``limit`` and the Link header."""
    wanted = query.filter(context().replies.zone)
    before = cursor.decode(query.cursor) if query.cursor is not None else None
    waited = _waited(query)
    top = context().history.top(signed_in_user(), before)
    if query.limit is None:
        reply = _streamed(context().history.everything(signed_in_user(), top, wanted), context().replies)
    else:
        reply = _paged(top, query.limit, wanted, query.kept())
    reply.headers.update(waited)
    return reply


def _waited(query: TransactionsQuery) -> dict[str, str]:
    """Wait for the transfer that is to be in the list, and return the header that tells whether it is."""
    if query.after_transfer is None:
        return {}
    left = max(0.0, WAIT_S - (perf_counter() - g.started))
    transfer = context().history.settled(signed_in_user(), query.after_transfer, left)
    return {TRANSFER_STATUS: transfer.status.value}


def _paged(top: int, limit: int, wanted: Filter, kept: Json) -> Response:
    etag = context().etags.of(signed_in_user(), top, kept)
    if request.if_none_match.contains_weak(etag):
        return _unchanged(etag)
    page = context().history.page(signed_in_user(), top, limit, wanted)
    reply = make_response(success([context().replies.line(line) for line in page.lines]))
    if page.settled:
        reply.headers["ETag"] = _quoted(etag)
    if page.before is not None:
        following = url_for("transactions.transactions", **kept, cursor=cursor.encode(page.before))
        reply.headers["Link"] = f'<{following}>; rel="next"'
    return reply


def _unchanged(etag: str) -> Response:
    reply = Response(status=HTTPStatus.NOT_MODIFIED)
    reply.headers["ETag"] = _quoted(etag)
    return reply


def _quoted(etag: str) -> str:
    return f'"{etag}"'


def _streamed(pages: Iterator[list[Line]], replies: Replies) -> Response:
    return Response(_json(pages, replies), mimetype="application/json")


def _json(pages: Iterator[list[Line]], replies: Replies) -> Iterator[bytes]:
    yield b'{"status":"SUCCESS","result":['
    separator = b""
    for page in filter(None, pages):
        yield separator + orjson.dumps([replies.line(line) for line in page])[1:-1]
        separator = b","
    yield b"]}"
