"""Who was turned away at a door."""

from prometheus_client import CollectorRegistry, Counter

DOORS = ("login", "register", "lookup")
SCOPES = ("address", "everybody")
GUESSES = ("lookup",)
"""Doors with a limit for each user as well."""


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
        for door in GUESSES:
            self._refusals.labels(door, "user")

    def refused(self, door: str, scope: str) -> None:
        self._refusals.labels(door, scope).inc()
