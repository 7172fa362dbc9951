"""N itself, first and last in every run."""

from statistics import median

from bench.case import Case
from bench.context import Bench
from bench.figure import Figure, Unit

_ROUNDS = 3


def measure(bench: Bench) -> list[Figure]:
    return [Figure("N: one transaction a transfer, bare PyMongo", _median_rate(bench), Unit.RATE)]


def measure_again(bench: Bench) -> list[Figure]:
    """Measure N at the end: if it differs from the first one, something else used the machine."""
    return [Figure("N again", _median_rate(bench), Unit.RATE)]


def _median_rate(bench: Bench) -> float:
    with bench.books(bench.scale.wallets) as books:
        return median(bench.yardstick.rate(books) for _ in range(_ROUNDS))


CASE = Case("yardstick", "one multi-document transaction a transfer, 8 processes", measure)
DRIFT = Case("drift", "the yardstick once more: how steady the machine was", measure_again)
