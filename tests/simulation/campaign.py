"""Many seeds, on all cores, as long as one likes."""

import time
from collections.abc import Callable, Iterator
from concurrent.futures import FIRST_COMPLETED, ProcessPoolExecutor, wait
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
    chunks = (list(range(start, start + CHUNK)) for start in count(first, CHUNK))
    with ProcessPoolExecutor(jobs, get_context("spawn"), initializer=collect_seldom) as pool:
        running = {pool.submit(_chunk, chunk) for chunk in islice(chunks, 2 * jobs)}
        while running:
            done, running = wait(running, return_when=FIRST_COMPLETED)
            for outcome in (outcome for future in done for outcome in future.result()):
                tally.add(outcome)
            now = time.monotonic()
            if not tally.failures and now - began < seconds:
                running |= {pool.submit(_chunk, chunk) for chunk in islice(chunks, len(done))}
            if now - told >= 1.0:
                told = now
                tell(tally, now - began)
    return tally


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
