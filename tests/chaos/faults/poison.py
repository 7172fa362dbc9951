"""Requests that cannot be executed."""

from tests.chaos.faults.disturbance import Disturbance
from tests.chaos.faults.forgery import forged


class Poison(Disturbance):
    """Rows of every wrong shape are put into the queue: those behind them must not notice."""

    name = "poison"
    lasts_s = (5.0, 9.0)

    def choose(self) -> str:
        return "the queue"

    def begin(self) -> None:
        self._forged = forged(self.stage, self.random)
        self._forged.put()

    def end(self) -> None:
        self._forged.withdraw()
