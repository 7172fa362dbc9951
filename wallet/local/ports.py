"""The ports that must be free before anything is started."""

from dataclasses import dataclass
from itertools import chain

from wallet.embedded.ports import ANY_ADDRESS, is_free
from wallet.local.errors import LocalError
from wallet.local.port_holder import holder_of
from wallet.local.settings import LocalSettings

UNPRIVILEGED_PORTS = range(1024, 65_536)


@dataclass(frozen=True)
class PortRange:
    """Neighbouring ports that one variable chooses."""

    variable: str
    purpose: str
    ports: range

    def moved_to(self, first: int) -> range:
        return range(first, first + len(self.ports))


def require_free_ports(settings: LocalSettings) -> None:
    """Check before anything runs, so that nothing has to be taken down again.

    Raises:
        LocalError: a port is taken, or wanted twice.
    """
    api = PortRange("PORT", "the API", range(settings.port, settings.port + 1))
    metrics = PortRange(
        "METRICS_PORT", "metrics", range(settings.metrics_port, settings.watcher_port(settings.watchers))
    )
    if settings.port in metrics.ports:
        raise LocalError(
            f"Port {settings.port} is wanted for the API and for metrics. {advice(api, metrics)}"
        )
    require_free(api, metrics)
    require_free(metrics, api)


def require_free(wanted: PortRange, other: PortRange) -> None:
    taken = next((port for port in wanted.ports if not is_free(port, ANY_ADDRESS)), None)
    if taken is not None:
        raise LocalError(
            f"Port {taken} ({wanted.purpose}) is taken by {holder_of(taken)}. {advice(wanted, other)}"
        )


def advice(wanted: PortRange, other: PortRange) -> str:
    firsts = chain(range(wanted.ports.stop, UNPRIVILEGED_PORTS.stop), UNPRIVILEGED_PORTS)
    first = next(first for first in firsts if fits(wanted.moved_to(first), other))
    return f"Choose another port, for example {wanted.variable}={first} make up"


def fits(ports: range, other: PortRange) -> bool:
    return all(
        port in UNPRIVILEGED_PORTS and port not in other.ports and is_free(port, ANY_ADDRESS)
        for port in ports
    )
