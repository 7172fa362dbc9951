"""Listens to the change stream and rings. What it misses, the sweep finds: it decides nothing."""

import random
from collections.abc import Callable
from contextlib import AbstractContextManager
from threading import Event, Thread
from typing import Protocol

from wallet.errors import WalletError
from wallet.store.arrivals import Arrival, ArrivalStream
from watcher.observer import Observer

_FIRST_PAUSE_S = 0.1
_LONGEST_PAUSE_S = 5.0


class Listener(Protocol):
    """Who opens the door."""

    def ring(self, arrival: Arrival) -> None: ...

    def sweep_soon(self) -> None: ...


class Doorbell(Thread):
    """A thread that rings for every arrival, and asks for a sweep whenever it begins to listen."""

    def __init__(
        self,
        listen: Callable[[], AbstractContextManager[ArrivalStream]],
        listener: Listener,
        observer: Observer,
    ) -> None:
        super().__init__(name="doorbell", daemon=True)
        self._listen = listen
        self._listener = listener
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
        # What arrived before the stream was open does not ring.
        self._listener.sweep_soon()
        while not self._stopping.is_set():
            arrival = stream.next()
            if arrival is not None:
                self._listener.ring(arrival)
            self._observer.stream_answered(arrival)
