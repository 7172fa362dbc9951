"""The audit at the end of each case: figures of books that do not balance mean nothing."""

from collections.abc import Iterator
from contextlib import contextmanager

from bench.errors import CaseFailed
from bench.progress import say
from wallet.audit import audit
from wallet.cli.progress import progress
from wallet.models import TransferStatus
from wallet.store.opening import Store

_HISTORY = "minSnapshotHistoryWindowInSeconds"
_LONG_S = 3_600


def prove(database: Store) -> None:
    """Return when every promise is kept and no transfer failed.

    Raises:
        CaseFailed: with what is wrong.
    """
    say("  audit")
    with _long_history(database), progress() as track:
        report = audit(database, track=track)
    if not report.clean:
        raise CaseFailed(f"the audit found {report.offence_count} offences, first: {report.offences[0]}")
    if failed := report.counts.transfers[TransferStatus.FAILED] + report.counts.parked:
        raise CaseFailed(f"{failed} transfers failed or were parked")


@contextmanager
def _long_history(database: Store) -> Iterator[None]:
    """Let a snapshot live long enough for millions of documents; not during the case, it costs writers."""
    admin = database.client.admin
    usual = admin.command({"getParameter": 1, _HISTORY: 1})[_HISTORY]
    admin.command({"setParameter": 1, _HISTORY: _LONG_S})
    try:
        yield
    finally:
        admin.command({"setParameter": 1, _HISTORY: usual})
