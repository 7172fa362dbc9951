"""What every fault has in common: it chooses a target from a seed, begins, lasts, and ends."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, ClassVar

from tests.chaos.waiting import wait_until

if TYPE_CHECKING:
    import random

    from tests.chaos.program import Program
    from tests.chaos.server import Server
    from tests.chaos.stage import Stage

NAMESPACES = "namespaces of its own, for which root or user namespaces are needed"
FAKETIME = "the program faketime"

_WHOLE_S = 20.0


class NoTarget(Exception):
    """There is nothing to do this to at the moment."""


class Disturbance(ABC):
    """One fault, once. Its first word says to the checkers what it is done to."""

    name: ClassVar[str]
    needs: ClassVar[str] = ""
    """What it cannot be done without; nothing for what runs anywhere."""
    lasts_s: ClassVar[tuple[float, float]] = (1.0, 3.0)
    """The shortest and the longest it is kept up."""
    rests_s: ClassVar[float] = 3.0
    """How long to leave alone what was disturbed, once it has ended."""

    def __init__(self, stage: Stage, rng: random.Random) -> None:
        self.stage = stage
        self.random = rng

    @abstractmethod
    def choose(self) -> str:
        """Return the name of the target.

        Raises:
            NoTarget: there is none.
        """

    @abstractmethod
    def begin(self) -> None: ...

    @abstractmethod
    def end(self) -> None: ...

    @property
    def over(self) -> bool:
        """Whether it has done what it can before its time is up."""
        return False

    def one_of(self, programs: list[Program]) -> Program:
        """Return one that runs and that no other fault holds."""
        free = [program for program in programs if not program.held and program.running]
        if not free:
            raise NoTarget("none runs that is not held")
        return self.random.choice(free)

    def primary(self) -> Server:
        """Return the primary of a set that is whole: two faults at a time would be another one."""
        self.stage.members.wait_whole(_WHOLE_S)
        primary = self.stage.members.primary
        if primary is None:
            raise NoTarget("no primary")
        return primary

    def secondary(self) -> Server:
        primary = self.primary()
        return self.random.choice([server for server in self.stage.members if server is not primary])

    def wait(self, true: object, what: str, within_s: float) -> None:
        wait_until(true, what, within_s=within_s)
