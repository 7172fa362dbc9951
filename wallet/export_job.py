"""An export: the statement of a month as a file, asked for by a user and made by a watcher. Pure."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

MOST_UNFINISHED = 5
"""Of one user, at a time."""

ATTEMPTS = 5
"""After so many an export has failed for good."""

FIRST_DELAY_S = 2.0
DELAY_GROWTH = 4
"""Before the second attempt, and how many times longer before each next: all five take three minutes."""

PDF_ENTRIES = 20_000
"""More lines make a document that nobody opens: such a month is told as CSV."""


class Format(StrEnum):
    CSV = "csv"
    PDF = "pdf"


class State(StrEnum):
    QUEUED = "QUEUED"
    RUNNING = "RUNNING"
    DONE = "DONE"
    FAILED = "FAILED"


class Failure(StrEnum):
    """Why an attempt failed, and in the end the export. Clients see it: the words are stable."""

    TOO_LARGE_FOR_PDF = "too_large_for_pdf"
    STORAGE_UNAVAILABLE = "storage_unavailable"
    STORAGE_REFUSED = "storage_refused"
    UNAVAILABLE = "unavailable"
    INCONSISTENT = "inconsistent"
    TOO_SLOW = "too_slow"
    INTERRUPTED = "interrupted"
    MALFORMED = "malformed"
    INTERNAL_ERROR = "internal_error"

    @property
    def final(self) -> bool:
        """Whether another attempt would fail in the same way."""
        return self in (Failure.TOO_LARGE_FOR_PDF, Failure.MALFORMED)


@dataclass(frozen=True, slots=True)
class ExportJob:
    """A row of ``jobs``.

    What a document says of its owner is written down when it is asked for: watchers may not read users.
    """

    id: UUID
    user: UUID
    owner: str
    phone: str
    """Masked."""
    month: str
    """Such as 2026-11."""
    seq: int
    """The owner's last entry when it was asked for: a month that is not over is told up to it."""
    format: Format
    created_at: datetime
    request_id: str = ""
    state: State = State.QUEUED
    attempts: int = 0
    failure: str | None = None
    started_at: datetime | None = None
    finished_at: datetime | None = None
    size: int | None = None
    """Bytes."""

    @property
    def file_name(self) -> str:
        return f"dompet-{self.month}.{self.format}"

    def key(self, prefix: str) -> str:
        """Return where its object lies: always the same, so that made twice it is one."""
        return f"{prefix}{self.user}/{self.month}/{self.id}.{self.format}"


def delay_s(attempts: int) -> float:
    """Return the seconds to wait after so many failed attempts."""
    return float(FIRST_DELAY_S * DELAY_GROWTH ** (attempts - 1))
