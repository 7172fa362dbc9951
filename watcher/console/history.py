"""The last hour, a sample every few seconds, in the memory of this process."""

from collections import deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import chain
from threading import Lock

MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
_SPANS = (timedelta(minutes=5), timedelta(minutes=15), HOUR)
_POINTS = 120
"""Of a chart, at most."""


@dataclass(frozen=True, slots=True)
class Sample:
    """What was so at ``at``, and what happened in the seconds before it; ``None`` is not known."""

    at: datetime
    seconds: float
    depth: float | None = None
    oldest_s: float | None = None
    rupiah: float | None = None
    arrived: int | None = None
    done: Mapping[str, int] | None = None
    """Over all watchers, by outcome."""
    median_s: float | None = None
    slowest_s: float | None = None
    """Accepted to settled, of this watcher: half were faster, and 99 of 100."""


Count = Callable[[Sample], int | None]
"""How often something happened; ``None`` is not known."""

Pick = Callable[[Sequence[Sample]], float | None]
"""One number for the samples of one point."""


class History:
    """Filled by the sampler's thread, read by those of the pages."""

    def __init__(self, every_s: float) -> None:
        self._every = timedelta(seconds=every_s)
        self._samples: deque[Sample] = deque(maxlen=int(HOUR / self._every))
        self._lock = Lock()

    def add(self, sample: Sample) -> None:
        with self._lock:
            self._samples.append(sample)

    def window(self) -> "Window":
        """Return what there is, over the shortest span that holds it."""
        with self._lock:
            samples = list(self._samples)
        age = samples[-1].at - samples[0].at if samples else timedelta()
        span = next((one for one in _SPANS if age <= one), HOUR)
        return Window(samples, span, max(self._every, span / _POINTS))


@dataclass(frozen=True, slots=True)
class Window:
    """Samples of a span that ends at the last one, to be seen a point of ``step`` at a time."""

    samples: Sequence[Sample]
    span: timedelta
    step: timedelta

    def points(self, pick: Pick, reach: int = 1) -> list[float | None]:
        """Return a number for each step, oldest first; ``None`` where nothing is known.

        With ``reach``, each looks at so many steps up to its own: watchers publish their tallies each in
        their own time, so that the sum over one step sees some of them twice and others not at all.
        """
        slots: list[list[Sample]] = [[] for _ in range(round(self.span / self.step))]
        for sample in self.samples:
            # To the nearest: samples are never exactly a step apart.
            back = round((self.samples[-1].at - sample.at) / self.step)
            if back < len(slots):
                slots[-1 - back].append(sample)
        reached = (list(chain(*slots[max(0, index - reach + 1) : index + 1])) for index in range(len(slots)))
        return [pick(seen) if slot else None for slot, seen in zip(slots, reached, strict=True)]

    def latest(self, span: timedelta) -> list[Sample]:
        return [one for one in self.samples if self.samples[-1].at - one.at < span]


def highest(name: str) -> Pick:
    """Pick the highest of a field."""
    return lambda samples: max(_known(getattr(one, name) for one in samples), default=None)


def rate(count: Count, per_s: float = 1.0) -> Pick:
    """Pick how often something happened in ``per_s`` seconds."""

    def pick(samples: Sequence[Sample]) -> float | None:
        known = [one for one in samples if count(one) is not None]
        seconds = sum(one.seconds for one in known)
        return sum(count(one) or 0 for one in known) / seconds * per_s if seconds else None

    return pick


def arrived(sample: Sample) -> int | None:
    return sample.arrived


def done(outcome: str) -> Count:
    return lambda sample: None if sample.done is None else sample.done.get(outcome, 0)


def _known(values: Iterable[float | None]) -> list[float]:
    return [value for value in values if value is not None]
