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
_LOOK_S = 0.05


class Listener(Protocol):
    """Who opens the door."""

    @property
    def behind(self) -> bool: ...

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
                self._wait_while_behind()
            except WalletError as fault:
                self._observer.stream_lost(fault)
                self._stopping.wait(pause_s * random.uniform(0.5, 1.0))  # noqa: S311 - jitter  # nosec B311
                pause_s = min(pause_s * 2, _LONGEST_PAUSE_S)

    def stop(self) -> None:
        """Stop listening; return when the stream is closed."""
        self._stopping.set()
        self.join()

    def _ring_on(self, stream: ArrivalStream) -> None:
        self._observer.stream_opened()
        # What arrived before the stream was open does not ring.
        self._listener.sweep_soon()
        while not self._stopping.is_set() and not self._listener.behind:
            arrival = stream.next()
            if arrival is not None:
                self._listener.ring(arrival)
            self._observer.stream_answered(arrival)

    def _wait_while_behind(self) -> None:
        """A backlog is swept. To hear of each transfer in it as well would only cost time."""
        if not self._listener.behind:
            return
        self._observer.stream_left()
        while self._listener.behind and not self._stopping.wait(_LOOK_S):
            pass
