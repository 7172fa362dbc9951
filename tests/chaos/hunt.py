"""Checks a run while it goes on, again and again, until something is wrong. For bugs that were planted.

It is not for measuring: it reads everything each time.
"""

import time
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from threading import Event, Thread

from pymongo.errors import PyMongoError

from tests.chaos.books import Sampler, read_books
from tests.chaos.checkers import ANYTIME, ONLINE, name_of
from tests.chaos.evidence import Evidence, Move, Sample, Violation
from tests.chaos.history import around, read
from wallet.store.opening import Store

_REST_S = 1.0


@dataclass(frozen=True, slots=True)
class Found:
    """The first checker that fired, what it says, and after how many seconds of load."""

    checker: str
    promise: str
    what: str
    where: str
    seconds: float


class Hunt(Thread):
    """A thread that looks until it has found something.

    Args:
        database: the books.
        histories: returns the files of what clients ask and of what the nemesis does.
        moves: returns what was heard of statuses so far.
        leave_out: promises that are not looked at.
    """

    def __init__(
        self,
        database: Store,
        histories: Callable[[], Iterable[Path]],
        moves: Callable[[], Sequence[Move]],
        leave_out: Collection[str] = (),
    ) -> None:
        super().__init__(name="hunt", daemon=True)
        self._database = database
        self._histories = histories
        self._moves = moves
        self._leave_out = leave_out
        self._sampler = Sampler(database)
        self._samples: list[Sample] = []
        self._stopping = Event()
        self.found: Found | None = None

    def run(self) -> None:
        began = time.monotonic()
        while not self._stopping.is_set() and not self.found:
            try:
                looked = self._look()
                broken = next((one for one in looked if one[1].promise not in self._leave_out), None)
            except PyMongoError:
                broken = None  # nobody answers: the next look tells
            if broken:
                self.found = _found(*broken, time.monotonic() - began)
            self._stopping.wait(_REST_S)

    def stop(self) -> None:
        self._stopping.set()
        if self.is_alive():
            self.join()

    def _look(self) -> list[tuple[str, Violation]]:
        before, _ = read(self._histories())
        moves = list(self._moves())
        self._samples.append(self._sampler.take())
        books = read_books(self._database)
        after, faults = read(self._histories())
        evidence = Evidence(around(before, after), faults, self._samples, moves)
        totals = [(name_of(one), broken) for one in ONLINE for broken in one(self._samples[-1], evidence)]
        return totals + [(name_of(one), broken) for one in ANYTIME for broken in one(evidence, books)]


def _found(checker: str, violation: Violation, seconds: float) -> Found:
    return Found(checker, violation.promise, violation.what, violation.where, round(seconds, 1))
