"""Whether the change stream is open, and how far behind what is known from it."""

from prometheus_client import CollectorRegistry, Counter, Gauge

from wallet.clock import Clock
from wallet.store.arrivals import Arrival
from watcher.metrics.known import KnownGauge
from watcher.observer import Observer


class StreamMetrics(Observer):
    """Hears what the stream says.

    The lag is now less the later of two times: when the stream last said that there is nothing, and that of
    its last event. The age of the resume token is no measure: it grows on an idle stream that is quite well.
    """

    def __init__(self, registry: CollectorRegistry, clock: Clock) -> None:
        self._clock = clock
        self._caught_up: float | None = None
        self._event: float | None = None
        self._resting = False
        self._up = Gauge("wallet_watcher_stream_up", "Whether the change stream is open", registry=registry)
        self._losses = Counter(
            "wallet_watcher_stream_losses", "Times the change stream was lost", registry=registry
        )
        KnownGauge(
            "wallet_watcher_stream_lag_seconds",
            "How old what this watcher knows from the change stream is; absent until it has said anything",
            self.lag_s,
            registry,
        )
        known = Gauge(
            "wallet_watcher_stream_lag_known",
            "Whether the lag is known, or the stream rests while a backlog is swept",
            registry=registry,
        )
        known.set_function(lambda: self._resting or self.lag_s() is not None)
        resting = Gauge(
            "wallet_watcher_stream_resting",
            "Whether the stream is closed on purpose, while a backlog is swept",
            registry=registry,
        )
        resting.set_function(lambda: self._resting)

    def stream_opened(self) -> None:
        self._up.set(1)
        self._resting = False

    def stream_left(self) -> None:
        self._resting = True

    def stream_answered(self, arrival: Arrival | None) -> None:
        if arrival is None:
            self._caught_up = self._clock().timestamp()
        elif arrival.at is not None:
            self._event = arrival.at

    def stream_lost(self, fault: Exception) -> None:  # noqa: ARG002
        self._up.set(0)
        self._losses.inc()

    def lag_s(self) -> float | None:
        """Return the lag in seconds, or None while nothing has been heard or the stream rests."""
        if self._resting:
            return None
        heard = [at for at in (self._caught_up, self._event) if at is not None]
        # The event's time is the server's: it may be ahead of our clock.
        return max(0.0, self._clock().timestamp() - max(heard)) if heard else None
