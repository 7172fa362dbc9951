"""How much of everything a run takes."""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Scale:
    """Sizes of the cases; those that end in ``_s`` are seconds."""

    name: str
    wallets: int
    many_wallets: int
    long_history: int
    backlog: int
    rounds: int
    """Drains and comparisons are repeated so often; medians count."""
    yardstick_transfers: int
    """By each of its processes, in each round."""
    warm_up_s: int
    accept_s: int
    sustained_s: int
    lone_samples: int
    open_loop_s: int
    page_samples: int
    celery_tasks: int
    celery_processes: Sequence[int]
    """It is measured with each of these."""


FULL = Scale(
    name="full",
    wallets=10_000,
    many_wallets=1_000_000,
    long_history=1_000_000,
    backlog=20_000,
    rounds=3,
    yardstick_transfers=300,
    warm_up_s=3,
    accept_s=10,
    sustained_s=30,
    lone_samples=200,
    open_loop_s=10,
    page_samples=1_000,
    celery_tasks=3_000,
    celery_processes=(2, 4, 8),
)

QUICK = Scale(
    name="quick",
    wallets=2_000,
    many_wallets=20_000,
    long_history=20_000,
    backlog=4_000,
    rounds=1,
    yardstick_transfers=50,
    warm_up_s=1,
    accept_s=1,
    sustained_s=2,
    lone_samples=50,
    open_loop_s=2,
    page_samples=200,
    celery_tasks=300,
    celery_processes=(4,),
)
