"""P13: the work of a watcher that is dead or frozen is taken over in five seconds."""

from tests.chaos.books import Books
from tests.chaos.bounds import HEARING_S, SECOND_NS, TAKEOVER_S, first_word
from tests.chaos.evidence import Evidence, Violation
from tests.chaos.history import Fault
from tests.chaos.recoveries import takeovers


def check(evidence: Evidence, books: Books) -> list[Violation]:  # noqa: ARG001
    allowed_s = TAKEOVER_S + HEARING_S
    return [
        Violation("P13", f"a transfer lay for {lain_s:.1f} s", f"{fault.name} {fault.target}")
        for fault, lain_s in takeovers(evidence)
        if lain_s > allowed_s and alone(fault, evidence)
    ]


def alone(fault: Fault, evidence: Evidence) -> bool:
    """Whether only watchers were in trouble: other faults keep transfers waiting for their own reasons."""
    reach_ns = int(3 * TAKEOVER_S * SECOND_NS)
    return not any(
        other.began_ns < fault.began_ns + reach_ns
        and (other.ended_ns is None or other.ended_ns > fault.began_ns - reach_ns)
        for other in evidence.faults
        if first_word(other) != "watcher"
    )
