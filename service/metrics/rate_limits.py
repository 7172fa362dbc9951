"""Who was turned away at a door."""

from prometheus_client import CollectorRegistry, Counter

SCOPES = {
    "login": ("address", "everybody"),
    "register": ("address", "everybody"),
    "lookup": ("address", "everybody", "user"),
    "export": ("user", "everybody"),
}
"""By door, whose limits there are."""


class RateLimitMetrics:
    def __init__(self, registry: CollectorRegistry) -> None:
        self._refusals = Counter(
            "wallet_requests_limited",
            "Requests that a limit turned away, by door and by whose limit it was",
            ["door", "scope"],
            registry=registry,
        )
        for door, scopes in SCOPES.items():
            for scope in scopes:
                self._refusals.labels(door, scope)

    def refused(self, door: str, scope: str) -> None:
        self._refusals.labels(door, scope).inc()
