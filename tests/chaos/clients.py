"""A process full of clients: python -m tests.chaos.clients PLAN

PLAN is a file of JSON: who there is, where the pods are, how many clients, and the seed. Once a second a line
says how many calls were acknowledged. SIGTERM ends it when the calls that are under way have ended.
"""

import json
import random
import signal
import sys
import time
from pathlib import Path
from threading import Event, Lock, Thread
from types import FrameType
from typing import Any
from uuid import UUID

from tests.chaos.caller import Caller, NobodyThere
from tests.chaos.history import History, Told
from tests.chaos.people import Person
from tests.chaos.wish import Wish, Wishes

ATTEMPTS = 4
"""Then what became of a call is found out when all is quiet again."""
_AGAIN = frozenset({429, 500, 502, 503, 504})
_PAUSE_S = 0.3
_TWICE = 0.01
"""How often a client has a second one ask for the same, at the same moment and under the same key."""
_LOOKS = 0.03
"""How often a client looks what became of a transfer."""
_OK = range(200, 300)
_ACCEPTED = 202


class SharedHistory(History):
    """Written by many threads, a whole line at a time."""

    def __init__(self, path: Path) -> None:
        super().__init__(path)
        self._lock = Lock()

    def _line(self, *what: Any) -> None:
        with self._lock:
            super()._line(*what)


class Clients:
    def __init__(self, plan: dict[str, Any]) -> None:
        self._people = [Person(UUID(one["id"]), one["token"]) for one in plan["people"]]
        self._pods = [tuple(pod) for pod in plan["pods"]]
        self._history = SharedHistory(Path(plan["history"]))
        self._think_s = plan["think_s"]
        self._seed = plan["seed"]
        self._stop = Event()
        self.acknowledged = [0] * plan["clients"]
        self.accepted = [0] * plan["clients"]

    def run(self) -> None:
        signal.signal(signal.SIGTERM, self._stopped)
        threads = [Thread(target=self._live, args=(i,)) for i in range(len(self.acknowledged))]
        for thread in threads:
            thread.start()
        while not self._stop.wait(1):
            self._tell()
        for thread in threads:
            thread.join()

    def _tell(self) -> None:
        counts = {"acks": sum(self.acknowledged), "accepted": sum(self.accepted)}
        sys.stdout.write(json.dumps(counts) + "\n")
        sys.stdout.flush()

    def _stopped(self, _number: int, _frame: FrameType | None) -> None:
        self._stop.set()

    def _live(self, number: int) -> None:
        seed = f"{self._seed}-{number}"
        caller = Caller(seed, self._pods, self._history, seed)
        twin = Caller(f"{seed}-twin", self._pods, self._history, f"{seed}-twin")
        wishes = Wishes(self._people, seed)
        pauses = random.Random(seed)
        while not self._stop.is_set():
            wish = wishes.next()
            if pauses.random() < _TWICE:
                self._both(caller, twin, wish, number)
                continue
            told = self._insist(caller, wish, number)
            if pauses.random() < _LOOKS and told and told.status == _ACCEPTED:
                self._ask(caller, Wish("read", wish.person, None, target=UUID(told.result["transfer_id"])))
            self._stop.wait(pauses.expovariate(1 / self._think_s))
        caller.close()
        twin.close()

    def _both(self, caller: Caller, twin: Caller, wish: Wish, number: int) -> None:
        second = Thread(target=self._insist, args=(twin, wish, number))
        second.start()
        self._insist(caller, wish, number)
        second.join()

    def _insist(self, caller: Caller, wish: Wish, number: int) -> Told | None:
        """Ask, and again under the same key for as long as the answer is not definite, but not for ever."""
        for _ in range(ATTEMPTS):
            told = self._ask(caller, wish)
            if told and told.status in _OK:
                self.acknowledged[number] += 1
                self.accepted[number] += wish.kind == "transfer" and not told.replayed
            if self._stop.is_set() or (told and told.status is not None and told.status not in _AGAIN):
                return told
            self._stop.wait(_PAUSE_S * random.uniform(0.5, 1.5))
        return None

    def _ask(self, caller: Caller, wish: Wish) -> Told | None:
        while not self._stop.is_set():
            try:
                return caller.call(wish)
            except NobodyThere:
                time.sleep(_PAUSE_S)
        return None


if __name__ == "__main__":
    Clients(json.loads(Path(sys.argv[1]).read_text())).run()
