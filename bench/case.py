"""A case: something to measure, and what came of it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from bench.context import Bench
from bench.figure import Figure
from bench.needs import Need


class Status(StrEnum):
    OK = "ok"
    FAILED = "FAILED"
    SKIPPED = "skipped"


@dataclass(frozen=True, slots=True)
class Case:
    """``measure`` raises ``CaseFailed`` when its figures would mean nothing."""

    name: str
    title: str
    measure: Callable[[Bench], list[Figure]]
    needs: Sequence[Need] = ()


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of a case; ``message`` says why there are no figures."""

    case: Case
    status: Status
    seconds: float
    figures: Sequence[Figure] = ()
    message: str = ""
