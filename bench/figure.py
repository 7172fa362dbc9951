"""A measured number, its ratio to the yardstick, and the goal that it is held to."""

from dataclasses import dataclass
from enum import StrEnum


class Unit(StrEnum):
    """What a figure counts."""

    RATE = "transfers/s"
    SECONDS = "s"
    MILLISECONDS = "ms"
    MICROSECONDS = "us"
    MEGABYTES = "MB"
    TIMES = "x"


@dataclass(frozen=True, slots=True)
class AtLeast:
    """The figure, or its ratio to N, must not be below ``bound``."""

    bound: float
    of_n: bool = False

    def met(self, measured: float) -> bool:
        return measured >= self.bound

    def __str__(self) -> str:
        return f">= {self.bound:g}{' N' if self.of_n else ''}"


@dataclass(frozen=True, slots=True)
class AtMost:
    """The figure must not be above ``bound``."""

    bound: float
    of_n: bool = False

    def met(self, measured: float) -> bool:
        return measured <= self.bound

    def __str__(self) -> str:
        return f"<= {self.bound:g}{' N' if self.of_n else ''}"


Goal = AtLeast | AtMost


@dataclass(frozen=True, slots=True)
class Figure:
    name: str
    value: float
    unit: Unit
    goal: Goal | None = None
    beside: float | None = None
    """N as it was measured right before and after the figure; without it, the N of the run counts."""

    def ratio_to(self, yardstick: float | None) -> float | None:
        """Return the figure in yardsticks.

        A rate is divided by N. A time is given in times that one transfer takes at rate N. What is neither
        has no ratio.
        """
        yardstick = self.beside or yardstick
        if yardstick is None:
            return None
        match self.unit:
            case Unit.RATE:
                return self.value / yardstick
            case Unit.SECONDS:
                return self.value * yardstick
            case Unit.MILLISECONDS:
                return self.value / 1_000 * yardstick
            case _:
                return None

    def meets_goal(self, yardstick: float | None) -> bool | None:
        """Return whether the goal is met; ``None`` without a goal, or without the N that it is told in."""
        if self.goal is None:
            return None
        measured = self.ratio_to(yardstick) if self.goal.of_n else self.value
        return None if measured is None else self.goal.met(measured)
