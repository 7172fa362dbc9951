"""How soon it must go on after each fault: the bounds of P12 to P17, by the name of the fault."""

from dataclasses import dataclass

from tests.chaos.history import Fault

SECOND_NS = 10**9

QUIET_P99_S = 1.0
"""P12: from accepted to settled while nothing is wrong."""

TAKEOVER_S = 5.0
"""P13: the work of a watcher that is dead or frozen."""

STUCK_S = 30.0
"""P15: no transfer waits longer while the store answers, whatever became of streams and watchers."""

ANSWER_S = 10.0
"""P17: the longest a request may take."""

STARTING_S = 5.0
"""So long a pod that starts takes connections and cannot answer: routers wait for it, our clients do not."""

HEARING_S = 0.5
"""What is heard through a change stream, on a machine that is busy, is heard so much later at most."""


@dataclass(frozen=True, slots=True)
class Bound:
    """Seconds until the next acknowledged movement, and until the next settled transfer."""

    ack_s: float
    settle_s: float
    from_its_end: bool = False
    """Counted from when it is healed: while it lasts there may be nobody who could answer."""
    store: bool = False
    """Whether it keeps the store from answering, so that transfers may wait meanwhile."""


_PRIMARY = Bound(12, 15, store=True)
_HEALED = Bound(12, 15, from_its_end=True, store=True)

BOUNDS = {
    "watcher": Bound(5, TAKEOVER_S),
    "arrivals": Bound(5, TAKEOVER_S),
    "pod": Bound(5, 5),
    "worker": Bound(5, 5),
    "stream": Bound(5, TAKEOVER_S),
    "poison": Bound(5, 1),
    "primary": _PRIMARY,
    "step": _PRIMARY,
}
"""By the first word of a fault's name. Every other fault is one that must be healed first."""


def first_word(fault: Fault) -> str:
    return fault.name.replace("-", "_").replace(" ", "_").split("_")[0]


def bound_of(fault: Fault) -> Bound:
    return BOUNDS.get(first_word(fault), _HEALED)


def counts_from_ns(fault: Fault) -> int | None:
    """Return from when the bound of a fault counts; None while it is not healed and must be."""
    return fault.ended_ns if bound_of(fault).from_its_end else fault.began_ns
