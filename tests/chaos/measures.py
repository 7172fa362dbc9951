"""What a run measured: how soon after each fault writes were acknowledged and transfers settled again."""

from bisect import bisect_left
from collections.abc import Sequence
from typing import TypedDict

from tests.chaos.bounds import SECOND_NS
from tests.chaos.calls import accepted, movements
from tests.chaos.checkers.takeover import alone
from tests.chaos.evidence import Evidence
from tests.chaos.history import Fault
from tests.chaos.recoveries import takeovers
from wallet.models import TransferStatus

REACH_S = 25.0
"""Two faults that begin within so much of each other, or while the other is on, measure something else."""


class Measure(TypedDict):
    """One fault. Seconds; None where nothing came any more."""

    fault: str
    target: str
    began_s: float
    """After the first call of the run."""
    lasted_s: float
    alone: bool
    """Whether no other fault was near that could have delayed the same."""
    undisturbed: bool
    """Whether only watchers were in trouble."""
    ack_s: float | None
    settle_s: float | None
    takeover_s: float | None
    """Of a watcher: the longest that a transfer lay."""


def measures(evidence: Evidence) -> list[Measure]:
    acks = sorted(
        (one.asked.at_ns, one.told.at_ns)
        for one in movements(evidence.exchanges)
        if accepted(one) and one.told
    )
    settled = sorted(one.at_ns for one in evidence.moves if one.status is not TransferStatus.PENDING)
    lain = {fault.began_ns: seconds for fault, seconds in takeovers(evidence)}
    start_ns = acks[0][0] if acks else 0
    return [
        Measure(
            fault=fault.name,
            target=fault.target,
            began_s=_s(fault.began_ns - start_ns) or 0.0,
            lasted_s=_s((fault.ended_ns or fault.began_ns) - fault.began_ns) or 0.0,
            alone=_alone(fault, evidence.faults),
            undisturbed=alone(fault, evidence),
            ack_s=_first_ack_s(acks, fault.began_ns),
            settle_s=_first_s(settled, fault.began_ns),
            takeover_s=lain.get(fault.began_ns),
        )
        for fault in evidence.faults
    ]


def _first_ack_s(acks: Sequence[tuple[int, int]], began_ns: int) -> float | None:
    """Count only calls that were asked after the fault began: what was answered already proves nothing."""
    later = acks[bisect_left(acks, (began_ns, 0)) :]
    return _s(min((told for _, told in later), default=began_ns - 1) - began_ns)


def _first_s(moments: Sequence[int], began_ns: int) -> float | None:
    later = moments[bisect_left(moments, began_ns) :][:1]
    return _s(later[0] - began_ns) if later else None


def _s(ns: int) -> float | None:
    return round(ns / SECOND_NS, 3) if ns >= 0 else None


def _alone(fault: Fault, faults: Sequence[Fault]) -> bool:
    reach_ns = int(REACH_S * SECOND_NS)
    return not any(
        other is not fault
        and other.began_ns < fault.began_ns + reach_ns
        and (other.ended_ns or other.began_ns) > fault.began_ns - reach_ns
        for other in faults
    )
