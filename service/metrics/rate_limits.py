"""Who was turned away at a door."""

from prometheus_client import CollectorRegistry, Counter

DOORS = ("login", "register")
SCOPES = ("address", "everybody")


class RateLimitMetrics:
    def __init__(self, registry: CollectorRegistry) -> None:
        self._refusals = Counter(
            "wallet_requests_limited",
            "Requests that a limit turned away, by door and by whose limit it was",
            ["door", "scope"],
            registry=registry,
        )
        for door in DOORS:
            for scope in SCOPES:
                self._refusals.labels(door, scope)

    def refused(self, door: str, scope: str) -> None:
        self._refusals.labels(door, scope).inc()
