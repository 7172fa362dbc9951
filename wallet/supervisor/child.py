"""A child that is started again whenever it dies, until it keeps dying."""

import time
from collections.abc import Callable

from wallet.supervisor.errors import ChildKeepsDying
from wallet.supervisor.exits import describe
from wallet.supervisor.process import Process, Sink
from wallet.supervisor.restarts import RestartPolicy


class Child:
    """One process after another of the same spec; the first one already runs."""

    def __init__(
        self, process: Process, sink: Sink, policy: RestartPolicy, say: Callable[[str], None]
    ) -> None:
        self.process = process
        self._sink = sink
        self._policy = policy
        self._say = say
        self._started_at = time.monotonic()
        self._deaths = 0
        self._restart_at: float | None = None

    @property
    def name(self) -> str:
        return self.process.spec.name

    def step(self, now: float) -> None:
        """Notice a death, or start the next process when it is due.

        Raises:
            ChildKeepsDying: it died too often without a stable period.
        """
        if self._restart_at is not None:
            self._restart_when_due(now, self._restart_at)
        elif (returncode := self.process.poll()) is not None:
            self._on_death(now, f"{self.name} (pid {self.process.pid}) {describe(returncode)}")

    def _on_death(self, now: float, what: str) -> None:
        self._deaths = self._policy.deaths(self._deaths, now - self._started_at)
        if self._policy.gives_up(self._deaths):
            raise ChildKeepsDying(f"{what}, {self._deaths} times in a row", self.process.last_lines())
        delay = self._policy.delay_seconds(self._deaths)
        self._restart_at = now + delay
        self._say(f"{what}; starting it again in {delay:g} s")

    def _restart_when_due(self, now: float, restart_at: float) -> None:
        if now < restart_at:
            return
        self._restart_at = None
        self._started_at = now
        self.process = Process(self.process.spec, self._sink)
        self._say(f"{self.name} runs again (pid {self.process.pid})")
