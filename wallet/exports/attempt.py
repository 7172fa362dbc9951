"""One attempt at an export: read the statement, render it, store it."""

from collections.abc import Iterable, Iterator, Sequence
from zoneinfo import ZoneInfo

from wallet import statement_csv
from wallet.errors import InvalidInput, MalformedDocument, Unavailable
from wallet.export_job import PDF_ENTRIES, ExportJob, Failure, Format
from wallet.exports.bucket import Bucket, BucketFault
from wallet.exports.outcome import Outcome
from wallet.models import Entry
from wallet.rules import month as months
from wallet.statements import DoesNotAddUp, Statement
from wallet.store.faults import StoreFault
from wallet.use_cases.statements import Statements


class TooLarge(Exception):
    """There are more entries than anybody wants to turn pages of."""


def attempt(job: ExportJob, statements: Statements, bucket: Bucket, zone: ZoneInfo) -> Outcome:
    """Store the object of ``job``. Whatever fails, nothing is half there."""
    try:
        return Outcome(size=bucket.store(job, _content(job, statements, zone)))
    except TooLarge as fault:
        return Outcome(failure=Failure.TOO_LARGE_FOR_PDF, detail=str(fault))
    except BucketFault as fault:
        return Outcome(failure=fault.reason, detail=str(fault))
    except DoesNotAddUp as fault:
        return Outcome(failure=Failure.INCONSISTENT, detail=str(fault))
    except (Unavailable, StoreFault) as fault:
        return Outcome(failure=Failure.UNAVAILABLE, detail=str(fault))
    except (InvalidInput, MalformedDocument) as fault:
        return Outcome(failure=Failure.MALFORMED, detail=str(fault))


def _content(job: ExportJob, statements: Statements, zone: ZoneInfo) -> Iterator[bytes]:
    statement = statements.of(job.user, months.parse(job.month), up_to=job.seq)
    pages = statements.pages(statement)
    if job.format is Format.CSV:
        return statement_csv.chunks(statement, pages, zone)
    return _pdf(job, statement, pages, zone)


def _pdf(
    job: ExportJob, statement: Statement, pages: Iterable[Sequence[Entry]], zone: ZoneInfo
) -> Iterator[bytes]:
    if statement.count > PDF_ENTRIES:
        raise TooLarge(f"{statement.count} entries")
    # Here, because it costs what an export as CSV need not pay.
    from wallet.exports.statement_pdf import render  # noqa: PLC0415

    return iter([render(job, statement, pages, zone)])
