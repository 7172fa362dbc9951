"""Have a month's statement made as a file, and download it."""

from uuid import UUID

from apiflask import APIBlueprint
from flask import Response
from structlog.contextvars import bind_contextvars

from service import export_shapes
from service.context import caller, context
from service.export_schemas import ExportRequest
from service.rate_limits import Door
from service.receipts import queued
from service.replies import Json, success
from service.tokens import SCHEME, signed_in, signed_in_user

bp = APIBlueprint("exports", __name__, tag="Reports")


@bp.post("/exports")
@signed_in
@bp.input(ExportRequest, arg_name="body")
@bp.doc(security=SCHEME)
def export(body: ExportRequest) -> Response:
    """Queue the statement of a month to be made as a CSV or PDF file."""
    context().rate_limits.admit(Door.EXPORT, str(signed_in_user()), scope="user")
    requested = context().exports.request(caller(), body.month, body.format)
    bind_contextvars(export_id=str(requested.job.id))  # as in the watcher's lines
    shape = export_shapes.queued(requested.job, context().replies)
    return queued(shape, f"/exports/{requested.job.id}", replayed=requested.replayed)


@bp.get("/exports/<uuid:export_id>")
@signed_in
@bp.doc(security=SCHEME)
def read(export_id: UUID) -> Json:
    """See what became of an export of one's own; when it is done, with a link to download it."""
    found = context().exports.read(signed_in_user(), export_id)
    return success(export_shapes.shown(found, context().replies))
