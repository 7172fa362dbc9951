"""How long it took after each fault until movements were acknowledged and transfers settled again."""

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass

from tests.chaos.bounds import SECOND_NS, bound_of, counts_from_ns, first_word
from tests.chaos.calls import accepted, movements, operation_of
from tests.chaos.evidence import Evidence, Move
from tests.chaos.history import Fault
from wallet.models import TransferStatus


@dataclass(frozen=True, slots=True)
class Recovery:
    """After one fault; None where nothing came any more. Seconds."""

    fault: Fault
    ack_s: float | None
    settle_s: float | None
    allowance_s: float
    """How much later it may be because other faults were on meanwhile."""


@dataclass(frozen=True, slots=True)
class Wait:
    """A transfer's way from accepted to settled, as it was heard."""

    accepted_ns: int
    settled_ns: int

    @property
    def seconds(self) -> float:
        return (self.settled_ns - self.accepted_ns) / SECOND_NS


def recoveries(evidence: Evidence) -> list[Recovery]:
    """Return the recoveries of all faults whose bound has begun to count."""
    acked = sorted(
        (one.asked.at_ns, one.told.at_ns)
        for one in movements(evidence.exchanges)
        if accepted(one) and one.told
    )
    settled = sorted(one.at_ns for one in evidence.moves if one.status is not TransferStatus.PENDING)
    soonest = _soonest_from(acked)
    sent = [asked_ns for asked_ns, _ in acked]
    found = []
    for fault in evidence.faults:
        start = counts_from_ns(fault)
        if start is not None:
            ack_ns = soonest[bisect_left(sent, start)]
            settle_ns = next(iter(settled[bisect_left(settled, start) :][:1]), None)
            allowance_s = _allowance_s(fault, start, evidence.faults)
            found.append(Recovery(fault, _since_s(start, ack_ns), _since_s(start, settle_ns), allowance_s))
    return found


def _soonest_from(acked: Sequence[tuple[int, int]]) -> list[int | None]:
    """Return, for each call and for after the last, when the first of it and the later ones was answered."""
    soonest: list[int | None] = [None]
    for _, told_ns in reversed(acked):
        soonest.append(told_ns if soonest[-1] is None else min(told_ns, soonest[-1]))
    return soonest[::-1]


def _since_s(start_ns: int, at_ns: int | None) -> float | None:
    return None if at_ns is None else (at_ns - start_ns) / SECOND_NS


def _allowance_s(fault: Fault, start_ns: int, faults: Sequence[Fault]) -> float:
    """Return how much later another fault lets the bound of this one begin to count.

    Faults that meet postpone each other; what comes after the bound has passed does not.
    """
    bound = bound_of(fault)
    reach_ns = int(max(bound.ack_s, bound.settle_s) * SECOND_NS)
    calm_ns = start_ns
    for other in sorted(faults, key=lambda one: one.began_ns):
        if other is fault or other.began_ns > calm_ns + reach_ns:
            continue
        own = bound_of(other)
        healed_ns = other.ended_ns if other.ended_ns is not None else start_ns + 10 * reach_ns
        trouble_ns = int(max(own.ack_s, own.settle_s) * SECOND_NS)
        over_ns = (healed_ns if own.from_its_end else max(other.began_ns, healed_ns)) + trouble_ns
        if over_ns > start_ns:
            calm_ns = max(calm_ns, over_ns)
    return (calm_ns - start_ns) / SECOND_NS


def waits(moves: Sequence[Move]) -> list[Wait]:
    """Return the ways of all transfers that were heard to be accepted and settled."""
    began: dict[object, int] = {}
    found = []
    for move in moves:
        if move.status is TransferStatus.PENDING:
            began[move.transfer] = move.at_ns
        elif move.transfer in began:
            found.append(Wait(began.pop(move.transfer), move.at_ns))
    return found


def _all_waits(evidence: Evidence) -> list[Wait]:
    """Return also the ways that have not ended, of what was acknowledged: forged rows never end."""
    if not evidence.moves:
        return []
    now_ns = max(evidence.moves[-1].at_ns, evidence.samples[-1].at_ns if evidence.samples else 0)
    left = {one.transfer: one for one in evidence.moves if one.status is TransferStatus.PENDING}
    for move in evidence.moves:
        if move.status is not TransferStatus.PENDING:
            left.pop(move.transfer, None)
    acknowledged = {operation_of(one) for one in movements(evidence.exchanges) if accepted(one)}
    lying = [Wait(one.at_ns, now_ns) for one in left.values() if one.transfer in acknowledged]
    return waits(evidence.moves) + lying


def takeovers(evidence: Evidence) -> list[tuple[Fault, float]]:
    """Return, for each watcher that was killed or frozen, the longest that its work can have lain; seconds.

    Nobody knows whose a transfer was. But whoever lives settles at once, so it is the longest wait of those
    that waited when it died, or came in the time in which it must be taken over. What has not been settled
    has waited up to now.
    """
    every = sorted(_all_waits(evidence), key=lambda wait: wait.accepted_ns)
    starts = [wait.accepted_ns for wait in every]
    found = []
    for fault in evidence.faults:
        if first_word(fault) != "watcher":
            continue
        reach_ns = int(bound_of(fault).settle_s * SECOND_NS)
        near = every[
            bisect_left(starts, fault.began_ns - reach_ns) : bisect_left(starts, fault.began_ns + reach_ns)
        ]
        lain = [
            (one.settled_ns - max(one.accepted_ns, fault.began_ns)) / SECOND_NS
            for one in near
            if one.settled_ns > fault.began_ns
        ]
        found.append((fault, max(lain, default=0.0)))
    return found
