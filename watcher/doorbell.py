"""Listens to the change stream and rings. What it misses, the sweep finds: it decides nothing."""

import random
from collections.abc import Callable
from contextlib import AbstractContextManager
from threading import Event, Thread

from wallet.errors import WalletError
from wallet.store.arrivals import ArrivalStream
from watcher.observer import Observer

_FIRST_PAUSE_S = 0.1
_LONGEST_PAUSE_S = 5.0


class Doorbell(Thread):
    """A thread that sets ``rung`` whenever a transfer arrives, and when it begins to listen."""

    def __init__(
        self, listen: Callable[[], AbstractContextManager[ArrivalStream]], rung: Event, observer: Observer
    ) -> None:
        super().__init__(name="doorbell", daemon=True)
        self._listen = listen
        self._rung = rung
        self._observer = observer
        self._stopping = Event()

    def run(self) -> None:
        pause_s = _FIRST_PAUSE_S
        while not self._stopping.is_set():
            try:
                with self._listen() as stream:
                    pause_s = _FIRST_PAUSE_S
                    self._ring_on(stream)
            except WalletError as fault:
                self._observer.stream_lost(fault)
                self._stopping.wait(pause_s * random.uniform(0.5, 1.0))  # noqa: S311 - jitter, no secret
                pause_s = min(pause_s * 2, _LONGEST_PAUSE_S)

    def stop(self) -> None:
        """Stop listening; return when the stream is closed."""
        self._stopping.set()
        self.join()

    def _ring_on(self, stream: ArrivalStream) -> None:
        self._observer.stream_opened()
        # What arrived before the stream was open does not ring: look once.
        self._rung.set()
        while not self._stopping.is_set():
            if stream.next():
                self._rung.set()
