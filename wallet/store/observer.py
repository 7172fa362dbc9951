"""What the store tells those who watch it. Metrics hang here; the store knows none."""


class StoreObserver:
    """Hears how this process gets on with MongoDB, and does nothing; observers override what they need.

    It is called from the driver's threads as well as from those that use the store.
    """

    def conflicted(self, times: int) -> None:
        """A transaction had to be run again, so many times; it may have got through in the end."""

    def connections(self, in_use: int, idle: int) -> None:
        """So many connections are in use and idle now; told every few seconds."""

    def checkout_failed(self) -> None:
        """Somebody wanted a connection and got none."""

    def answered(self, seconds: float) -> None:
        """A member of the replica set answered within one round trip of ``seconds``."""

    def primary_seen(self, *, seen: bool) -> None:
        """Whether this process knows a primary changed, or was learned."""

    def primary_changed(self) -> None:
        """An election: there is another primary, or the same one in another term."""
