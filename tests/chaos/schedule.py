"""Which fault begins when: drawn from the seed alone, before anything runs."""

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from tests.chaos.faults.disturbance import Disturbance

FIRST_S = 4.0
"""What runs must be seen running first."""
QUIET_S = (0.5, 3.0)
"""Between the rest after a fault and the next one of its lane."""
ALL_QUIET = 0.15
"""How often a lane leaves everything alone for as long as a fault would take."""

Kinds = Mapping[str, type[Disturbance]]


@dataclass(frozen=True, slots=True)
class Turn:
    """A fault, when it begins after the load does, how long it is kept up, and the seed of its target."""

    at_s: float
    fault: str
    lasts_s: float
    seed: str


@dataclass(frozen=True, slots=True)
class Lane:
    """Faults of which one at a time is on.

    Attributes:
        often: the fault of every other turn, if one is to come oftener than the others.
        seldom: faults that cost so much time that one of them a run is enough.
    """

    name: str
    faults: Sequence[str]
    often: str | None = None
    seldom: Sequence[str] = ()


def draw(lane: Lane, kinds: Kinds, seed: int, seconds: float) -> list[Turn]:
    """Return the turns of a lane, in order; the last one ends before ``seconds`` have passed."""
    rng = random.Random(f"{seed}-{lane.name}")
    costly = rng.randint(1, 3)
    turns: list[Turn] = []
    at_s = FIRST_S + rng.uniform(*QUIET_S)
    number = 0
    while True:
        fault = _pick(lane, number, costly, rng)
        kind = kinds[fault]
        lasts_s = round(rng.uniform(*kind.lasts_s), 2)
        if at_s + lasts_s + kind.rests_s > seconds:
            return turns
        if number == 0 or fault == lane.often or rng.random() >= ALL_QUIET:
            turns.append(Turn(round(at_s, 2), fault, lasts_s, f"{seed}-{lane.name}-{number}"))
        at_s += lasts_s + kind.rests_s + rng.uniform(*QUIET_S)
        number += 1


def _pick(lane: Lane, number: int, costly: int, rng: random.Random) -> str:
    if lane.often and number % 2 == 0:
        return lane.often
    if lane.seldom and number // 2 == costly:
        return rng.choice(lane.seldom)
    return rng.choice(lane.faults)
