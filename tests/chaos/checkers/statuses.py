"""P10: a transfer moves from PENDING to SUCCESS or to FAILED, once, whoever looks."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from uuid import UUID

from tests.chaos.books import Books
from tests.chaos.evidence import Evidence, Violation
from tests.chaos.history import Exchange
from wallet.models import TransferStatus

PENDING = TransferStatus.PENDING
_ALLOWED = ([PENDING], [PENDING, TransferStatus.SUCCESS], [PENDING, TransferStatus.FAILED])


def check(evidence: Evidence, books: Books) -> list[Violation]:
    ended = {row.id: row.status for row in books.transfers}
    return [*_moves(evidence, ended), *_reads(evidence.exchanges, ended)]


def _moves(evidence: Evidence, ended: dict[UUID, TransferStatus]) -> Iterator[Violation]:
    steps: dict[UUID, list[TransferStatus]] = defaultdict(list)
    for move in evidence.moves:
        steps[move.transfer].append(move.status)
    for transfer, statuses in steps.items():
        # The recorder may have begun, or stopped, amid a transfer's life.
        whole = statuses if statuses[0] is PENDING else [PENDING, *statuses]
        if whole not in _ALLOWED:
            yield Violation("P10", f"it moved {' -> '.join(whole)}", f"transfer {transfer}")
        elif whole[-1] is not PENDING and ended.get(transfer, whole[-1]) is not whole[-1]:
            what = f"it became {whole[-1]} and is {ended[transfer]} in the end"
            yield Violation("P10", what, f"transfer {transfer}")


def _reads(exchanges: Iterable[Exchange], ended: dict[UUID, TransferStatus]) -> Iterator[Violation]:
    """Yield reads that saw another end than the books, or PENDING after somebody was told the end."""
    reads = sorted(_seen(exchanges), key=lambda read: read[0])
    tellings = sorted((told_ns, transfer) for _, told_ns, transfer, status in reads if status is not PENDING)
    over: set[UUID] = set()
    at = 0
    for asked_ns, _, transfer, status in reads:
        while at < len(tellings) and tellings[at][0] < asked_ns:
            over.add(tellings[at][1])
            at += 1
        if status is PENDING and transfer in over:
            yield Violation("P11", "a read said PENDING after one that said the end", f"transfer {transfer}")
        elif status is not PENDING and ended.get(transfer) is not status:
            what = f"a read said {status}, the books say {ended.get(transfer)}"
            yield Violation("P10", what, f"transfer {transfer}")


def _seen(exchanges: Iterable[Exchange]) -> Iterator[tuple[int, int, UUID, TransferStatus]]:
    for one in exchanges:
        asked, told = one.asked, one.told
        if asked.kind == "read" and asked.target and told and told.status == 200 and told.result:
            yield asked.at_ns, told.at_ns, asked.target, TransferStatus(told.result["status"])
