"""The driver's own events, told to a ``StoreObserver``: nothing above the store knows them."""

from typing import Any

from pymongo import MongoClient
from pymongo.monitoring import (
    ConnectionCheckedInEvent,
    ConnectionCheckedOutEvent,
    ConnectionCheckOutFailedEvent,
    ConnectionClosedEvent,
    ConnectionCreatedEvent,
    ConnectionPoolListener,
    ServerHeartbeatFailedEvent,
    ServerHeartbeatListener,
    ServerHeartbeatStartedEvent,
    ServerHeartbeatSucceededEvent,
    TopologyClosedEvent,
    TopologyDescriptionChangedEvent,
    TopologyListener,
    TopologyOpenedEvent,
)
from pymongo.server_description import ServerDescription

from wallet.store.observer import StoreObserver

Listener = ConnectionPoolListener | ServerHeartbeatListener | TopologyListener

_PRIMARY = "RSPrimary"


class Monitoring:
    """The listeners of one client. Give it ``listeners`` when it is made, and then ``watch`` it."""

    def __init__(self, observer: StoreObserver) -> None:
        pool = _Pool(observer)
        self._heartbeats = _Heartbeats(observer, pool)
        self.listeners: list[Listener] = [pool, self._heartbeats, _Primary(observer)]

    def watch(self, client: MongoClient[Any]) -> None:
        """Learn from ``client`` what its events do not say."""
        self._heartbeats.client = client


class _Pool(ConnectionPoolListener):
    """Keeps who is open and who is in use.

    Every operation checks a connection out and in: sets are cheap, need no lock, and cannot drift as sums do.
    """

    def __init__(self, observer: StoreObserver) -> None:
        self._observer = observer
        self._open: set[tuple[Any, int]] = set()
        self._in_use: set[tuple[Any, int]] = set()

    def tell(self) -> None:
        in_use = len(self._in_use)
        self._observer.connections(in_use, max(0, len(self._open) - in_use))

    def connection_created(self, event: ConnectionCreatedEvent) -> None:
        self._open.add((event.address, event.connection_id))

    def connection_checked_out(self, event: ConnectionCheckedOutEvent) -> None:
        self._in_use.add((event.address, event.connection_id))

    def connection_checked_in(self, event: ConnectionCheckedInEvent) -> None:
        self._in_use.discard((event.address, event.connection_id))

    def connection_closed(self, event: ConnectionClosedEvent) -> None:
        self._open.discard((event.address, event.connection_id))
        self._in_use.discard((event.address, event.connection_id))

    def connection_check_out_failed(self, _event: ConnectionCheckOutFailedEvent) -> None:
        self._observer.checkout_failed()

    def connection_check_out_started(self, _event: Any) -> None: ...

    def connection_ready(self, _event: Any) -> None: ...

    def pool_created(self, _event: Any) -> None: ...

    def pool_ready(self, _event: Any) -> None: ...

    def pool_cleared(self, _event: Any) -> None: ...

    def pool_closed(self, _event: Any) -> None: ...


class _Heartbeats(ServerHeartbeatListener):
    """Takes the round trip of each heartbeat, and lets the pool tell its state as often as a heart beats."""

    def __init__(self, observer: StoreObserver, pool: _Pool) -> None:
        self._observer = observer
        self._pool = pool
        self.client: MongoClient[Any] | None = None

    def started(self, _event: ServerHeartbeatStartedEvent) -> None: ...

    def succeeded(self, event: ServerHeartbeatSucceededEvent) -> None:
        self._pool.tell()
        # An awaited one lasts as long as nothing changes: that is no round trip.
        seconds = self._measured(event.connection_id) if event.awaited else event.duration
        if seconds is not None:
            self._observer.answered(seconds)

    def failed(self, _event: ServerHeartbeatFailedEvent) -> None:
        self._pool.tell()

    def _measured(self, address: tuple[str, int | None]) -> float | None:
        """Return the driver's moving average: it measures round trips beside awaited heartbeats."""
        if self.client is None:
            return None
        server = self.client.topology_description.server_descriptions().get(address)
        return server.round_trip_time if server else None


class _Primary(TopologyListener):
    """Follows who is primary. A primary's term is its address and the id of the election it won."""

    def __init__(self, observer: StoreObserver) -> None:
        self._observer = observer
        self._term: tuple[Any, Any] | None = None

    def opened(self, _event: TopologyOpenedEvent) -> None: ...

    def description_changed(self, event: TopologyDescriptionChangedEvent) -> None:
        primary = _primary(event.new_description.server_descriptions().values())
        self._observer.primary_seen(seen=primary is not None)
        if primary is None:
            return
        term = (primary.address, primary.election_id)
        if self._term not in (None, term):
            self._observer.primary_changed()
        self._term = term

    def closed(self, _event: TopologyClosedEvent) -> None: ...


def _primary(servers: Any) -> ServerDescription | None:
    return next((one for one in servers if one.server_type_name == _PRIMARY), None)
