"""P17: in trouble clients are told 409, 429 or 503, never 500, and never later than in ten seconds.

And only in trouble: in quiet times nobody is told that the store cannot answer.
"""

from bisect import bisect_right
from collections.abc import Iterator, Sequence

from tests.chaos.books import Books
from tests.chaos.bounds import ANSWER_S, HEARING_S, SECOND_NS, STARTING_S, first_word
from tests.chaos.evidence import Evidence, Violation
from tests.chaos.history import Exchange, Fault
from tests.chaos.quiet import quiet_times

_OF_PODS = {"pod", "worker"}
_STARTS_PODS = "rolling-restart"
_NO_EXCUSE = {"watcher", "stream", "arrivals", "poison", "oplog"}
"""What is done to watchers keeps no pod from answering."""
_SERVER_ERRORS = range(500, 600)
_UNAVAILABLE = 503
_ONLY_IN_TROUBLE = {"unavailable", "outcome_unknown"}


def check(evidence: Evidence, books: Books) -> list[Violation]:  # noqa: ARG001
    frozen = [fault for fault in evidence.faults if first_word(fault) in _OF_PODS]
    starting = [*frozen, *(fault for fault in evidence.faults if fault.name == _STARTS_PODS)]
    quiet = quiet_times(evidence, [fault for fault in evidence.faults if first_word(fault) not in _NO_EXCUSE])
    return [
        Violation("P17", what, f"call {one.asked.call}, a {one.asked.kind}")
        for one in evidence.exchanges
        for what in (*_wrong(one, quiet), *_late(one, frozen, starting))
    ]


def _wrong(exchange: Exchange, quiet: Sequence[tuple[int, int]]) -> Iterator[str]:
    told = exchange.told
    if told is None or told.status is None:
        return
    if told.status in _SERVER_ERRORS and told.status != _UNAVAILABLE:
        yield f"it was told {told.status} {told.code}"
    if told.code in _ONLY_IN_TROUBLE and _within(exchange, quiet):
        yield f"it was told {told.code}, and nothing was wrong"


def _late(exchange: Exchange, frozen: Sequence[Fault], starting: Sequence[Fault]) -> Iterator[str]:
    told = exchange.told
    if told is None or told.status is None or any(_meets(fault, exchange) for fault in frozen):
        return
    took_s = (told.at_ns - exchange.asked.at_ns) / SECOND_NS
    start_s = STARTING_S if any(_meets(fault, exchange, STARTING_S) for fault in starting) else 0.0
    if took_s > ANSWER_S + HEARING_S + start_s:
        yield f"the answer took {took_s:.1f} s"


def _within(exchange: Exchange, quiet: Sequence[tuple[int, int]]) -> bool:
    """Whether all of the call was in one quiet time."""
    at = bisect_right(quiet, (exchange.asked.at_ns, float("inf"))) - 1
    return at >= 0 and exchange.told is not None and exchange.told.at_ns < quiet[at][1]


def _meets(fault: Fault, exchange: Exchange, and_after_s: float = 0.0) -> bool:
    told = exchange.told
    asked_ns = exchange.asked.at_ns - int(and_after_s * SECOND_NS)
    over = fault.ended_ns is not None and fault.ended_ns < asked_ns
    return told is not None and fault.began_ns < told.at_ns and not over
