"""When nothing was wrong."""

from collections.abc import Iterable
from itertools import pairwise

from tests.chaos.bounds import SECOND_NS, bound_of
from tests.chaos.evidence import Evidence
from tests.chaos.history import Fault


def quiet_times(evidence: Evidence, faults: Iterable[Fault]) -> list[tuple[int, int]]:
    """Return the times between ``faults``, by rising beginning; nanoseconds.

    Each begins when the fault before it must be over, its recovery included twice, and ends with the next
    fault or with the load.
    """
    if not evidence.exchanges:
        return []
    first = evidence.exchanges[0].asked.at_ns
    last = evidence.load_ended_ns or evidence.exchanges[-1].asked.at_ns
    troubles = [(first, first)]
    for fault in sorted(faults, key=lambda one: one.began_ns):
        bound = bound_of(fault)
        healed = last if fault.ended_ns is None else fault.ended_ns
        over = healed + int(2 * max(bound.ack_s, bound.settle_s) * SECOND_NS)
        troubles.append((fault.began_ns, max(over, troubles[-1][1])))
    gaps = [(before[1], after[0]) for before, after in pairwise([*troubles, (last, last)])]
    return [(begin, end) for begin, end in gaps if end > begin]
