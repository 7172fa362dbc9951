"""Wakes those who wait: one change stream for them all, open only while somebody waits.

The stream is a doorbell and decides nothing. What it missed is looked for when it opens, and once a second
while it cannot be opened: one query for all of them, however many they are.
"""

import time
from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager, suppress
from threading import Event, Thread
from uuid import UUID

from wallet.store.entry_stream import EntryStream, Written
from wallet.store.outcomes import Outcomes
from wallet.use_cases.waiters import Awaited, Waiters, WaitObserver

POLL_S = 1.0
LINGER_S = 2.0
"""How long the stream stays open when nobody waits any more: clients come one after the other."""

_FIRST_PAUSE_S = 1.0
_LONGEST_PAUSE_S = 8.0

Listen = Callable[[], AbstractContextManager[EntryStream]]


class Listener:
    """A thread of its own, which sleeps while nobody waits."""

    def __init__(
        self,
        listen: Listen,
        outcomes: Outcomes,
        waiters: Waiters,
        *,
        observer: WaitObserver | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._listen = listen
        self._outcomes = outcomes
        self._waiters = waiters
        self._observer = observer or WaitObserver()
        self._clock = clock
        self._pause_s = _FIRST_PAUSE_S
        self._doubtful = set[UUID]()
        self._closing = Event()
        self._thread = Thread(target=self._run, name="listener", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def close(self) -> None:
        """Let everybody go, and return when the stream is closed."""
        self._closing.set()
        self._waiters.let_go()
        self._thread.join()

    def attend(self) -> None:
        """Listen until nobody waits or the stream is lost; then look now and then until it may open again."""
        try:
            with self._listen() as stream:
                self._observer.stream_opened()
                self._look()
                self._pause_s = _FIRST_PAUSE_S
                while self._waiters.await_somebody(LINGER_S):
                    self._hear(stream.next())
            self._observer.stream_left()
        except Exception as fault:  # noqa: BLE001 - a thread that ends wakes nobody ever again
            self._observer.stream_lost(fault)
            self._look_until(self._clock() + self._pause_s)
            self._pause_s = min(self._pause_s * 2, _LONGEST_PAUSE_S)

    def _run(self) -> None:
        while self._waiters.await_somebody():
            self.attend()

    def _look_until(self, time: float) -> None:
        while self._clock() < time and not self._closing.is_set():
            with suppress(Exception):  # likewise; when looks are of no use, their time is up some day
                self._look()
            self._closing.wait(POLL_S)

    def _look(self) -> None:
        """Look for all that is waited for."""
        if transfers := self._waiters.keys(Awaited.TRANSFER):
            for transfer in self._outcomes.settled_by_now(transfers):
                self._waiters.tell(transfer)
        if wallets := self._waiters.keys(Awaited.EVENTS):
            for wallet, seq in self._outcomes.seqs_by_now(wallets).items():
                self._waiters.ring(wallet, seq)

    def _hear(self, written: Iterable[Written]) -> None:
        written = list(written)
        for wallet in self._waiters.among(Awaited.EVENTS, (one.wallet for one in written)):
            self._waiters.ring(wallet)
        credited = self._waiters.among(Awaited.TRANSFER, (one.credited for one in written))
        # A new primary may not know yet that a majority has it: what was not found is looked for again.
        awaited = credited | {
            one for one in self._doubtful if self._waiters.among(Awaited.TRANSFER, [one.bytes])
        }
        settled = self._outcomes.settled(awaited) if awaited else []
        for transfer in settled:
            self._waiters.tell(transfer)
        self._doubtful = awaited.difference(one.id for one in settled)
