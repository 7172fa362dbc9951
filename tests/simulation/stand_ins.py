"""What the product's modules take from the standard library to wait, to run and to tell the time, on the hub.

The product is not changed for it: while a simulation runs, these stand in its modules under the same names.
"""

import random
import time
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future as RealFuture
from contextlib import ExitStack, contextmanager
from functools import lru_cache, partial
from queue import Empty, Full
from typing import Any
from unittest.mock import patch
from uuid import UUID

from tests.simulation.hub import Hub, Task, Waiters, enter, here, leave, simulated
from watcher.inbox import Inbox


class Event:
    def __init__(self) -> None:
        self._set = False
        self._waiters: Waiters = []

    def is_set(self) -> bool:
        return self._set

    def set(self) -> None:
        self._set = True
        here().wake(self._waiters)

    def clear(self) -> None:
        self._set = False

    def wait(self, timeout: float | None = None) -> bool:
        if not self._set:
            here().wait(self._waiters, timeout)
        return self._set


class Thread:
    def __init__(self, *, target: Callable[[], object], name: str, daemon: bool) -> None:
        assert daemon
        self._target = target
        self._name = name
        self._task: Task | None = None

    def start(self) -> None:
        self._task = here().spawn(here().process, self._name, self._target)


class Queue:
    def __init__(self, room: int) -> None:
        self._room = room
        self._items: deque[Any] = deque()
        self._waiters: Waiters = []

    def put_nowait(self, item: Any) -> None:
        if len(self._items) >= self._room:
            raise Full
        self._items.append(item)
        here().wake(self._waiters)

    def get_nowait(self) -> Any:
        if not self._items:
            raise Empty
        return self._items.popleft()

    def get(self) -> Any:
        while not self._items:
            here().wait(self._waiters, None)
        return self._items.popleft()

    def qsize(self) -> int:
        return len(self._items)


class Future(RealFuture[Any]):
    """The real one with another way to wait for it."""

    def __init__(self) -> None:
        super().__init__()
        self._waiting: Waiters = []
        self.add_done_callback(lambda _: here().wake(self._waiting))

    def result(self, timeout: float | None = None) -> Any:
        if not self.done():
            here().wait(self._waiting, timeout)
        return super().result(0)


class Pool:
    """One more thread, which reads ahead."""

    def __init__(self, workers: int, *, thread_name_prefix: str) -> None:
        assert workers == 1
        self._name = thread_name_prefix

    def submit(self, call: Callable[[], Any]) -> Future:
        future = Future()

        def run() -> None:
            try:
                future.set_result(call())
            except Exception as fault:  # noqa: BLE001 - it belongs to whoever waits
                future.set_exception(fault)

        here().spawn(here().process, self._name, run)
        return future

    def shutdown(self) -> None:
        """Nothing is left to do: whoever reads ahead is waited for."""


class Time:
    """The module ``time``, for those who ask in a simulation."""

    @staticmethod
    def monotonic() -> float:
        return here().now if simulated() else time.monotonic()

    @staticmethod
    def sleep(seconds: float) -> None:
        if simulated():
            here().sleep(seconds)
        else:
            time.sleep(seconds)


class Dice:
    """The module ``random``, for those who ask in a simulation."""

    @staticmethod
    def random() -> float:
        return here().rng.random() if simulated() else random.random()

    @staticmethod
    def uniform(low: float, high: float) -> float:
        return here().rng.uniform(low, high)


def new_id() -> UUID:
    return UUID(int=here().rng.getrandbits(128), version=4)


def _remembered_owned() -> Callable[..., list[int]]:
    """Rendezvous hashing as the product does it; the same question is asked at each heartbeat."""
    from wallet.rules.partition import owned  # noqa: PLC0415 - whatever stands there now, planted bugs included

    asked = lru_cache(maxsize=1_000)(owned)
    return lambda watcher, alive: asked(watcher, tuple(sorted(alive)))


_DRIVER = ("pymongo._csot", "pymongo.client_session_shared", "pymongo.synchronous.client_session")


def _places() -> dict[str, object]:
    return {
        "watcher.loop.Event": Event,
        "watcher.loop.ThreadPoolExecutor": Pool,
        "watcher.loop.random": Dice,
        "watcher.share.owned": _remembered_owned(),
        "watcher.doorbell.Event": Event,
        "watcher.doorbell.random": Dice,
        "watcher.sweeper.Event": Event,
        "wallet.group_commit.Future": Future,
        "wallet.group_commit.Queue": Queue,
        "wallet.group_commit.Thread": Thread,
        "wallet.group_commit.sleep": Time.sleep,
        "wallet.rules.identity.new_id": new_id,
        **{f"{module}.time": Time for module in _DRIVER},
        "pymongo.synchronous.client_session.random": Dice,
    }


@contextmanager
def installed() -> Iterator[None]:
    """Let the product run on hubs, until the end of the block."""
    with ExitStack() as stack:
        for place, stand_in in _places().items():
            stack.enter_context(patch(place, stand_in))
        yield


@contextmanager
def crowded(*, few: bool) -> Iterator[None]:
    """Make a few rings and rows as many as a watcher can bear, until the end of the block."""
    with ExitStack() as stack:
        if few:
            stack.enter_context(patch("watcher.sweeper.SWEEP_ROWS", 3))
            stack.enter_context(patch("watcher.transfers.Inbox", partial(Inbox, 2)))
        yield


@contextmanager
def running(hub: Hub) -> Iterator[None]:
    enter(hub)
    try:
        yield
    finally:
        leave()
