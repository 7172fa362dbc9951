"""P14, P16: after a fault it goes on in time: the next acknowledged movement, the next settled transfer."""

from collections.abc import Iterator

from tests.chaos.books import Books
from tests.chaos.bounds import HEARING_S, SECOND_NS, bound_of, counts_from_ns
from tests.chaos.evidence import Evidence, Violation
from tests.chaos.recoveries import Recovery, recoveries


def check(evidence: Evidence, books: Books) -> list[Violation]:  # noqa: ARG001
    return [offence for one in recoveries(evidence) for offence in _late(one, evidence)]


def _late(recovery: Recovery, evidence: Evidence) -> Iterator[Violation]:
    bound = bound_of(recovery.fault)
    settle_s = bound.settle_s + HEARING_S
    for what, took_s, within_s in (
        ("acknowledged", recovery.ack_s, bound.ack_s),
        ("settled", recovery.settle_s, settle_s),
    ):
        allowed_s = within_s + recovery.allowance_s
        if not _asked_for(recovery, allowed_s, evidence):
            continue
        if took_s is None or took_s > allowed_s:
            taken = "never" if took_s is None else f"after {took_s:.1f} s"
            yield Violation(
                _promise(recovery),
                f"the next was {what} {taken}, allowed are {allowed_s:.1f} s",
                _where(recovery),
            )


def _asked_for(recovery: Recovery, allowed_s: float, evidence: Evidence) -> bool:
    """Whether clients went on asking for as long as the bound."""
    ended_ns = evidence.load_ended_ns
    start_ns = counts_from_ns(recovery.fault)
    return start_ns is not None and ended_ns is not None and start_ns + allowed_s * SECOND_NS < ended_ns


def _promise(recovery: Recovery) -> str:
    return "P16" if recovery.fault.name.startswith("poison") else "P14"


def _where(recovery: Recovery) -> str:
    return f"{recovery.fault.name} {recovery.fault.target}"
