"""Many seeds, on all cores, as long as one likes."""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import count, islice
from multiprocessing import get_context

from tests.simulation.mutants import MUTANTS, planted
from tests.simulation.promises import PromiseBroken
from tests.simulation.run import Result, run
from tests.simulation.stand_ins import installed
from wallet.garbage import collect_seldom

CHUNK = 20
"""Seeds that a process takes at once."""


@dataclass(frozen=True, slots=True)
class Failure:
    seed: int
    why: str


@dataclass(slots=True)
class Tally:
    """What a campaign has come to so far."""

    seeds: int = 0
    steps: int = 0
    commits: int = 0
    rolled_back: int = 0
    simulated_s: float = 0.0
    slowest: tuple[float, int] = (0.0, 0)
    """The longest calm that a seed needed, in simulated seconds, and the seed."""
    failures: list[Failure] = field(default_factory=list)

    def add(self, outcome: Result | Failure) -> None:
        self.seeds += 1
        if isinstance(outcome, Failure):
            self.failures.append(outcome)
            return
        self.steps += outcome.steps
        self.commits += outcome.commits
        self.rolled_back += outcome.rolled_back
        self.simulated_s += outcome.simulated_s
        self.slowest = max(self.slowest, (outcome.calm_s, outcome.seed))


def outcome_of(seed: int) -> Result | Failure:
    """Run one seed; the stand-ins must be installed."""
    try:
        return run(seed)
    except PromiseBroken as broken:
        return Failure(seed, str(broken))


def hunt(first: int, seconds: float, jobs: int, tell: Callable[[Tally, float], None]) -> Tally:
    """Run seeds from ``first`` on for ``seconds``, or until some fail; tell of it about once a second."""
    began = told = time.monotonic()
    tally = Tally()
    with get_context("spawn").Pool(jobs, initializer=collect_seldom) as pool:
        for outcomes in pool.imap_unordered(_chunk, _chunks(first, began + seconds, jobs)):
            for outcome in outcomes:
                tally.add(outcome)
            now = time.monotonic()
            if now - told >= 1.0 or tally.failures:
                told = now
                tell(tally, now - began)
            if tally.failures or now - began >= seconds:
                break
    return tally


def _chunks(first: int, until: float, jobs: int) -> Iterator[list[int]]:
    """Yield chunks of seeds. A pool takes them as fast as it can: give no more than it can work off."""
    for number in count():
        if time.monotonic() >= until or number > jobs * 200_000:
            return
        start = first + number * CHUNK
        yield list(range(start, start + CHUNK))


def _chunk(seeds: list[int]) -> list[Result | Failure]:
    with installed():
        return [outcome_of(seed) for seed in seeds]


@dataclass(frozen=True, slots=True)
class Found:
    """How soon a planted bug was found, if it was."""

    bug: str
    seeds: int
    seconds: float
    failure: Failure | None


def find(bug: str, *, first: int = 0, most: int = 3_000) -> Found:
    """Plant a bug and run seeds until one fails, ``most`` at most."""
    began = time.monotonic()
    with planted(bug), installed():
        outcomes = ((number, outcome_of(first + number)) for number in count())
        for number, outcome in islice(outcomes, most):
            if isinstance(outcome, Failure):
                return Found(bug, number + 1, time.monotonic() - began, outcome)
    return Found(bug, most, time.monotonic() - began, None)


def find_all() -> Iterator[Found]:
    for bug in MUTANTS:
        yield find(bug)
