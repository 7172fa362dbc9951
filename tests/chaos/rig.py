"""Two pods and two watchers in this process, busy clients, and somebody who checks all the while.

It has no faults but those that a test makes. For bugs that a campaign is not needed to find.
"""

import random
import time
from collections.abc import Callable
from contextlib import ExitStack
from functools import partial
from itertools import count
from threading import Event, Thread
from typing import Any

from api import Api, Reply, in_process
from factories import open_wallets
from pymongo.database import Database
from watching import Diary, make_loop

from bench.tokens import access_token
from service.app import create_app
from service.composition import compose
from service.settings import ServiceSettings
from tests.chaos.books import Sampler, read_books
from tests.chaos.checkers import ANYTIME, ONLINE, name_of
from tests.chaos.evidence import Evidence, Sample, Violation
from tests.chaos.history import Asked, CallKind, Exchange, Fault, Told, around
from tests.chaos.moves import MoveRecorder
from wallet.store.arrivals import arrivals
from wallet.store.client import Document
from watcher.doorbell import Doorbell

PEOPLE = 4
CLIENTS = 8
START = 100_000
LOOK_S = 0.25
_AMOUNTS: tuple[Any, ...] = (*range(1, 20), True, 1.5, "1")
_KINDS: tuple[CallKind, ...] = ("transfer", "payment", "top_up", "read")
_WEIGHTS = (80, 8, 8, 4)

Found = tuple[str, float, Violation]
"""The checker that fired, after how many seconds, and what it says."""


class Watcher:
    """The loop and the doorbell, each on its thread."""

    def __init__(self, database: Database[Document], name: str) -> None:
        self.loop = make_loop(database, Diary(), name=name)
        self.doorbell = Doorbell(partial(arrivals, database), self.loop, Diary())
        self._thread = Thread(target=self.loop.run, daemon=True)

    def start(self) -> None:
        self._thread.start()
        self.doorbell.start()

    def stop(self) -> None:
        self.doorbell.stop()
        self.loop.stop()
        self._thread.join()


class Client:
    """Asks for one thing after the other; keys are used again, by others too, and at the same moment."""

    def __init__(self, rig: "Rig", number: int) -> None:
        self._rig = rig
        self._name = f"client-{number}"
        self._random = random.Random(number)
        self._numbers = count()

    def run(self, stopping: Event) -> None:
        while not stopping.is_set():
            self._call(self._wish())

    def _wish(self) -> Asked:
        kind = self._random.choices(_KINDS, _WEIGHTS)[0]
        user, target = self._random.sample(self._rig.people, 2)
        number = next(self._numbers)
        # Every second key is one that the client before this one uses as well.
        shared = f"key-{number}-{int(self._name[-1]) // 2}"
        key = shared if number % 2 else f"key-{number}-{self._name}"
        return Asked(
            call=f"{self._name}-{number}",
            client=self._name,
            kind=kind,
            user=user,
            key=None if kind == "read" else key,
            amount=self._random.choice(_AMOUNTS) if kind != "read" else 0,
            target=target if kind == "transfer" else None,
            remarks="",
            at_ns=time.monotonic_ns(),
        )

    def _call(self, asked: Asked) -> None:
        self._rig.exchanges[asked.call] = Exchange(asked, None)
        api = self._random.choice(self._rig.pods).with_token(self._rig.tokens[asked.user])
        reply = _ask(api, asked)
        replayed = reply.headers.get("Idempotency-Replayed") == "true"
        told = Told(asked.call, time.monotonic_ns(), reply.status, reply.json, replayed)
        self._rig.exchanges[asked.call] = Exchange(asked, told)


def _ask(api: Api, asked: Asked) -> Reply:
    if asked.kind == "read":
        return api.transactions(limit=5)
    if asked.kind == "top_up":
        return api.top_up(asked.amount, key=asked.key)
    if asked.kind == "payment":
        return api.pay(asked.amount, "", key=asked.key)
    return api.transfer(str(asked.target), asked.amount, "", key=asked.key)


class Rig:
    def __init__(self, database: Database[Document], settings: ServiceSettings, stack: ExitStack) -> None:
        self._database = database
        self._sampler = Sampler(database)
        self._stopping = Event()
        self.exchanges: dict[str, Exchange] = {}
        self.faults: list[Fault] = []
        self.samples: list[Sample] = []
        self.people = open_wallets(database, PEOPLE)
        self.tokens = {one: access_token(one, settings.jwt_secret.get_secret_value()) for one in self.people}
        self.pods = [Api(in_process(create_app(settings, compose(settings, stack)))) for _ in range(2)]
        self._recorder = MoveRecorder(database)
        self._recorder.start()
        stack.callback(self._recorder.stop)
        self.watchers = [Watcher(database, f"watcher-{number}") for number in range(2)]
        for watcher in self.watchers:
            watcher.start()
            stack.callback(watcher.stop)
        self._clients = [Client(self, number) for number in range(CLIENTS)]
        self._fill()

    def _fill(self) -> None:
        for number, user in enumerate(self.people):
            asked = Asked(
                f"fill-{number}",
                "setup",
                "top_up",
                user,
                f"fill-{number}",
                START,
                None,
                "",
                time.monotonic_ns(),
            )
            self._clients[0]._call(asked)

    def search(self, seconds: float, trouble: Callable[["Rig"], None] = lambda _rig: None) -> Found | None:
        """Keep everybody busy, make ``trouble``, and look until a checker fires or the time is up."""
        began = time.monotonic()
        threads = [Thread(target=one.run, args=(self._stopping,), daemon=True) for one in self._clients]
        threads.append(Thread(target=trouble, args=(self,), daemon=True))
        for thread in threads:
            thread.start()
        try:
            while time.monotonic() < began + seconds:
                for check, violation in self._look():
                    return check, time.monotonic() - began, violation
                time.sleep(LOOK_S)
            return None
        finally:
            self._stopping.set()
            for thread in threads:
                thread.join()

    @property
    def stopping(self) -> bool:
        return self._stopping.is_set()

    def _look(self) -> list[tuple[str, Violation]]:
        before = list(self.exchanges.values())
        moves = list(self._recorder.moves)
        self.samples.append(self._sampler.take())
        books = read_books(self._database)
        after = sorted(self.exchanges.values(), key=lambda one: one.asked.at_ns)
        exchanges = around(before, after)
        evidence = Evidence(exchanges, tuple(self.faults), self.samples, moves)
        found = [(name_of(one), broken) for one in ONLINE for broken in one(self.samples[-1], evidence)]
        return found + [(name_of(one), broken) for one in ANYTIME for broken in one(evidence, books)]
