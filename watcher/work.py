"""What a loop does, as far as the loop knows: what rings, what comes next, and doing it."""

from collections.abc import Sized
from typing import Protocol, TypeVar

from wallet.store.arrivals import Arrival

Batch = TypeVar("Batch", bound=Sized)


class Work(Protocol[Batch]):
    """One kind of work. The loop calls it from its own thread, but for what says otherwise."""

    @property
    def behind(self) -> bool:
        """Whether ringing is of no use now: there is a backlog, and the sweeps work it off."""

    @property
    def full_batch_waits(self) -> bool:
        """Whether it pays to read the next batch amid the execution of this one."""

    def ring(self, arrival: Arrival) -> bool:
        """Take note of what arrived; say whether it is to be done here. From any thread."""

    def sweep_soon(self) -> None:
        """Look for what may have arrived without a ring. From any thread."""

    def sweep_everything(self) -> None:
        """Look for what may have been left, however long ago it arrived. From any thread."""

    def begin(self) -> None:
        """Do what is due before each batch.

        Raises:
            Unavailable, StoreFault: the store cannot answer.
        """

    def next(self) -> Batch | None:
        """Return what can be executed, or ``None`` when nothing waits. One call at a time, from any thread.

        Raises:
            Unavailable, StoreFault: the store cannot answer. What was taken must be swept for.
        """

    def execute(self, batch: Batch, /) -> None:
        """Bring each part of ``batch`` one step further.

        Raises:
            Unavailable, StoreFault: the store cannot answer; what was not committed still waits.
        """

    def stop(self) -> None:
        """Say that the loop is to end: what takes long is left to others. From any thread."""

    def leave(self) -> None:
        """Say good-bye to the others: the loop has ended.

        Raises:
            Unavailable, StoreFault: they will notice.
        """
