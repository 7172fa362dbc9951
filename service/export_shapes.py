"""What replies say of exports, and JSON Schemas of it for the OpenAPI document."""

from datetime import datetime

from service.replies import Json, Replies
from service.result_shapes import DATE, ID, TEXT, one_of, or_null, record
from service.statement_shapes import MONTH
from wallet.export_job import ExportJob, Format, State
from wallet.exports.bucket import LINK_S
from wallet.use_cases.exports import Export

_WISH = {"export_id": ID, "month": MONTH, "format": one_of(*Format)}

QUEUED = record(**_WISH, state=one_of(State.QUEUED), created_date=DATE)
EXPORT = record(
    **_WISH,
    state=one_of(*State),
    attempts={"type": "integer", "minimum": 0},
    failure=or_null(TEXT),
    created_date=DATE,
    started_date=or_null(DATE),
    finished_date=or_null(DATE),
    size=or_null({"type": "integer", "minimum": 0}),
    url=or_null({"type": "string", "pattern": "^https?://"}),
    url_seconds=or_null({"type": "integer", "minimum": 1}),
)


def queued(job: ExportJob, replies: Replies) -> Json:
    """Shape an export as it was accepted: a replay gives the same, whatever became of it since."""
    return {**_wish(job), "state": State.QUEUED, "created_date": replies.date(job.created_at)}


def shown(export: Export, replies: Replies) -> Json:
    job = export.job

    def date(time: datetime | None) -> str | None:
        return replies.date(time) if time else None

    return {
        **_wish(job),
        "state": job.state,
        "attempts": job.attempts,
        "failure": job.failure,
        "created_date": replies.date(job.created_at),
        "started_date": date(job.started_at),
        "finished_date": date(job.finished_at),
        "size": job.size,
        "url": export.link,
        "url_seconds": LINK_S if export.link else None,
    }


def _wish(job: ExportJob) -> Json:
    return {"export_id": str(job.id), "month": job.month, "format": job.format}
