"""The statement of a month."""

from apiflask import APIBlueprint
from flask import Response, request

from service import statement_json
from service.context import context
from service.statement_schemas import Format, StatementQuery
from service.tokens import SCHEME, signed_in, signed_in_user
from wallet import statement_csv
from wallet.rules import month as months

bp = APIBlueprint("statements", __name__, tag="Reports")


@bp.get("/statements/<month>")
@signed_in
@bp.input(StatementQuery, location="query", arg_name="query")
@bp.doc(security=SCHEME)
def statement(month: str, query: StatementQuery) -> Response:
    """Take away a month: opening balance, entries oldest first, closing balance and totals; JSON or CSV."""
    statements, replies = context().statements, context().replies
    found = statements.of(signed_in_user(), months.parse(month))
    pages = statements.pages(found)
    if (query.format or _accepted()) is Format.JSON:
        return Response(statement_json.chunks(found, pages, replies), mimetype=Format.JSON.mimetype)
    reply = Response(statement_csv.chunks(found, pages, replies.zone), mimetype=Format.CSV.mimetype)
    reply.headers["Content-Disposition"] = f'attachment; filename="dompet-{found.month}.csv"'
    return reply


def _accepted() -> Format:
    """Return what the header Accept would rather have: JSON as well as anything, and where it has neither."""
    best = request.accept_mimetypes.best_match([one.mimetype for one in Format])
    return Format.CSV if best == Format.CSV.mimetype else Format.JSON
