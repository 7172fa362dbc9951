"""C9: what Prometheus was told is what the ledger has, as far as that can be promised.

A process counts what it has committed when it knows so, in its memory. So at no time is more counted than
there is: that holds under every fault. Less may be counted: what a process was killed with, and commits whose
answer got lost. Where no pod died, the lost ones are counted as such, and the counters differ by no more than
these; where none got lost either, they are equal. A watcher that lost the answer to a commit does not know of
how many transfers, only that it paused: where none died or paused, the counters are equal.
"""

from collections import Counter
from collections.abc import Iterable, Iterator

from prometheus_client.parser import text_string_to_metric_families

from tests.chaos.books import Books
from tests.chaos.evidence import Evidence, Scrape, Violation
from wallet.models import Kind

_IN_DOUBT = {"outcome_unknown", "already_exists", "internal_error"}
"""Postings counted as these may be in the ledger."""


def check(evidence: Evidence, books: Books) -> list[Violation]:
    ledger = Counter(entry.kind for entry in books.entries)
    return [*_of_pods(evidence.scrapes, ledger), *_of_watchers(evidence.scrapes, ledger)]


def _of_pods(scrapes: Iterable[Scrape], ledger: Counter[Kind]) -> Iterator[Violation]:
    pods = [one for one in scrapes if one.role == "pod"]
    counted: Counter[Kind] = Counter()
    doubtful: Counter[Kind] = Counter()
    for labels, value in _samples(pods, "wallet_postings_total"):
        kind, outcome = Kind(labels["kind"]), labels["outcome"]
        counted[kind] += value if outcome == "posted" else 0
        doubtful[kind] += value if outcome in _IN_DOUBT else 0
    if not pods:
        return
    for kind in (Kind.TOP_UP, Kind.PAYMENT, Kind.TRANSFER_OUT):
        missed = None if any(one.died for one in pods) else doubtful[kind]
        yield from _compare(f"wallet_postings_total of {kind}", counted[kind], ledger[kind], missed)


def _of_watchers(scrapes: Iterable[Scrape], ledger: Counter[Kind]) -> Iterator[Violation]:
    watchers = [one for one in scrapes if one.role == "watcher"]
    if not watchers:
        return
    counted: Counter[str] = Counter()
    for labels, value in _samples(watchers, "wallet_transfers_total"):
        counted[labels["outcome"]] += value
    paused = sum(value for _, value in _samples(watchers, "wallet_watcher_pauses_total"))
    # A watcher does not know how many were in the batch whose commit it lost.
    missed = None if paused or any(one.died for one in watchers) else 0
    yield from _compare("transfers settled", counted["settled"], ledger[Kind.TRANSFER_IN], missed)
    yield from _compare("transfers refunded", counted["refunded"], ledger[Kind.REFUND], missed)


def _compare(what: str, counted: int, there: int, missed: int | None) -> Iterator[Violation]:
    """Compare, when at most ``missed`` may be uncounted; None for any number."""
    if counted > there:
        yield Violation("C9", f"{counted} were counted, the ledger has {there}", what)
    elif missed is not None and there - counted > missed:
        because = f"; {missed} were in doubt" if missed else ""
        yield Violation("C9", f"only {counted} were counted, the ledger has {there}{because}", what)


def _samples(scrapes: Iterable[Scrape], name: str) -> Iterator[tuple[dict[str, str], int]]:
    for scrape in scrapes:
        for family in text_string_to_metric_families(scrape.text):
            for sample in family.samples:
                if sample.name == name:
                    yield sample.labels, int(sample.value)
