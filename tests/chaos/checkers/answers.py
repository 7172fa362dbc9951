"""P17: in trouble clients are told 409, 429 or 503, never 500, and never later than in ten seconds."""

from collections.abc import Iterator

from tests.chaos.books import Books
from tests.chaos.bounds import ANSWER_S, HEARING_S, SECOND_NS, first_word
from tests.chaos.evidence import Evidence, Violation
from tests.chaos.history import Exchange, Fault

_OF_PODS = {"pod", "worker"}
_SERVER_ERRORS = range(500, 600)
_UNAVAILABLE = 503


def check(evidence: Evidence, books: Books) -> list[Violation]:  # noqa: ARG001
    frozen = [fault for fault in evidence.faults if first_word(fault) in _OF_PODS]
    return [offence for one in evidence.exchanges for offence in _offences(one, frozen)]


def _offences(exchange: Exchange, frozen: list[Fault]) -> Iterator[Violation]:
    asked, told = exchange.asked, exchange.told
    if told is None or told.status is None:
        return
    where = f"call {asked.call}, a {asked.kind}"
    if told.status in _SERVER_ERRORS and told.status != _UNAVAILABLE:
        yield Violation("P17", f"it was told {told.status} {told.code}", where)
    took_s = (told.at_ns - asked.at_ns) / SECOND_NS
    if took_s > ANSWER_S + HEARING_S and not any(_meets(fault, exchange) for fault in frozen):
        yield Violation("P17", f"the answer took {took_s:.1f} s", where)


def _meets(fault: Fault, exchange: Exchange) -> bool:
    told = exchange.told
    over = fault.ended_ns is not None and fault.ended_ns < exchange.asked.at_ns
    return told is not None and fault.began_ns < told.at_ns and not over
