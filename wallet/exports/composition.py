"""The composition root of the process that makes one export.

What it is told in the environment is what its watcher was told.
"""

import traceback
from uuid import UUID
from zoneinfo import ZoneInfo

from wallet.errors import MalformedDocument, WalletError
from wallet.export_job import ExportJob, Failure
from wallet.exports.attempt import attempt
from wallet.exports.bucket import Bucket
from wallet.exports.outcome import Outcome
from wallet.exports.settings import ExportSettings
from wallet.store.calendar import Calendar
from wallet.store.client import connect, open_database
from wallet.store.jobs import Jobs
from wallet.store.opening import Store
from wallet.store.statements import StatementStore
from wallet.use_cases.statements import Statements


def run(job: str) -> None:
    """Make the export ``job`` and print what came of it, for the watcher to read."""
    try:
        outcome = main(UUID(job))
    except Exception as fault:  # noqa: BLE001 - whatever it is, the watcher is told
        traceback.print_exc()
        outcome = Outcome(failure=Failure.INTERNAL_ERROR, detail=repr(fault))
    print(outcome.line, flush=True)  # noqa: T201 - the watcher reads it


def main(job_id: UUID) -> Outcome:
    settings = ExportSettings()
    with connect(settings.mongodb_uri, application="dompet-export", pool_size=2) as client:
        return _made(job_id, open_database(client, settings.mongodb_database), settings)


def _made(job_id: UUID, database: Store, settings: ExportSettings) -> Outcome:
    try:
        job = Jobs(database).by_id(job_id)
    except MalformedDocument as fault:
        return Outcome(failure=Failure.MALFORMED, detail=str(fault))
    except WalletError as fault:
        return Outcome(failure=Failure.UNAVAILABLE, detail=str(fault))
    if job is None:
        return Outcome(failure=Failure.MALFORMED, detail="the job is gone")
    zone = ZoneInfo(settings.timezone)
    return attempt(job, _statements(database, job, zone), Bucket(settings), zone)


def _statements(database: Store, job: ExportJob, zone: ZoneInfo) -> Statements:
    """Statements as of the moment when the export was asked for: each attempt tells the same."""
    return Statements(StatementStore(database), Calendar(database), lambda: job.created_at, zone)
