"""What one seed makes happen: how many take part, what goes wrong how often, and for how long."""

import random
from dataclasses import dataclass

from tests.simulation.link import Weather
from tests.simulation.stream import Ringing

CALM = Weather()
"""When the faults have ended."""


@dataclass(frozen=True, slots=True)
class Plan:
    """The dice of a seed, thrown once. Most faults are off in most seeds, so that some meet alone."""

    people: int
    pods: int
    watchers: int
    requests: int
    cap: int
    batch: int
    storm_s: float
    pause_s: float
    lag_s: float
    weather: Weather
    ringing: Ringing
    crowded: bool
    """Whether queues and sweeps have room for a few only, so that a few are a crowd."""
    crashes: int
    deploys: int
    freezes: int
    elections: int
    stale: bool
    statuses: int
    operators: int
    forgeries: int
    poisoned: float
    skew_s: float


def plan(seed: int) -> tuple[Plan, random.Random]:
    """Return the plan of a seed, and the dice for everything that is decided later."""
    rng = random.Random(seed)

    def sometimes(chance: float, *values: float) -> float:
        return rng.choice(values) if rng.random() < chance else 0

    made = Plan(
        people=rng.randint(2, 5),
        pods=rng.randint(1, 2),
        watchers=rng.choice([1, 2, 2, 3]),
        requests=rng.randint(3, 8),
        cap=rng.choice([400, 1_000, 100_000]),
        batch=rng.choice([1, 2, 5, 500]),
        storm_s=rng.uniform(1.0, 5.0),
        pause_s=rng.choice([0.0, 0.02, 0.3]),
        lag_s=rng.choice([0.002, 0.01, 0.3]),
        weather=Weather(
            request_lost=sometimes(0.3, 0.005, 0.03),
            reply_lost=sometimes(0.5, 0.005, 0.03, 0.15),
            refused=sometimes(0.2, 0.005, 0.03),
            slow=sometimes(0.3, 0.01, 0.1),
            latency_s=rng.choice([0.001, 0.004, 0.02]),
        ),
        ringing=Ringing(
            lost=sometimes(0.4, 0.1, 0.5, 1.0),
            doubled=sometimes(0.3, 0.1, 0.5),
            late=sometimes(0.3, 0.1, 0.5),
            dead=sometimes(0.3, 0.02, 0.2),
        ),
        crowded=rng.random() < 0.3,
        crashes=int(sometimes(0.5, 1, 2, 4)),
        deploys=int(sometimes(0.3, 1, 2)),
        freezes=int(sometimes(0.4, 1, 2, 3)),
        elections=int(sometimes(0.4, 1, 2, 3)),
        stale=rng.random() < 0.5,
        statuses=int(sometimes(0.4, 2, 5)),
        operators=int(sometimes(0.3, 2, 5)),
        forgeries=int(sometimes(0.2, 1, 3)),
        poisoned=sometimes(0.2, 0.1, 0.5),
        skew_s=sometimes(0.4, 0.5, 5.0, 3_600.0),
    )
    return made, rng
