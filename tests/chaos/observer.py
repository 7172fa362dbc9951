"""Looks at the totals once a second while a run goes on."""

import time
from collections.abc import Callable
from threading import Event, Thread
from typing import TYPE_CHECKING

from pymongo.errors import PyMongoError

from tests.chaos.books import Sampler
from wallet.store.opening import Store

if TYPE_CHECKING:
    from tests.chaos.evidence import Sample

EVERY_S = 1.0
_SHARE = 20
"""It rests so many times as long as a look took: it is not what is to be measured."""
_LONGEST_REST_S = 5.0
"""A look that nobody answers takes long."""


class Observer(Thread):
    def __init__(self, database: Store) -> None:
        super().__init__(name="observer", daemon=True)
        self._sampler = Sampler(database)
        self._stopping = Event()
        self.samples: list[Sample] = []

    @property
    def pending(self) -> int:
        return self.samples[-1].pending if self.samples else 0

    def run(self) -> None:
        while not self._stopping.is_set():
            took_s = _timed(self._look)
            self._stopping.wait(min(max(EVERY_S, _SHARE * took_s), _LONGEST_REST_S))

    def stop(self) -> None:
        self._stopping.set()
        self.join()

    def _look(self) -> None:
        try:
            self.samples.append(self._sampler.take())
        except PyMongoError:
            return  # nobody answers: the next look tells


def _timed(what: Callable[[], None]) -> float:
    began = time.monotonic()
    what()
    return time.monotonic() - began
