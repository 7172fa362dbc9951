"""Which build a process runs."""

from importlib.metadata import version

from prometheus_client import CollectorRegistry, Gauge


def register(registry: CollectorRegistry, revision: str) -> None:
    """Export the version of the program and the ``revision`` of its source."""
    info = Gauge(
        "wallet_build_info",
        "1, with the version and the source revision that this process runs",
        ["version", "revision"],
        multiprocess_mode="max",
        registry=registry,
    )
    info.labels(version("dompet"), revision).set(1)
