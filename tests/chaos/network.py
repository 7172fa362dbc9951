"""What connects the nodes: a namespace each on one bridge, or, without those, loopback alone."""

import subprocess
from collections.abc import Iterable, Sequence
from typing import Protocol

from tests.chaos.node import Node
from wallet.embedded.ports import LOOPBACK, free_port

_SUBNET = "10.77.0"
_OURS = f"{_SUBNET}.1"
_FIRST_NODE = 11
_PORT, _METRICS_PORT = 27_017, 9_100
_RULES = (("INPUT", "--source"), ("OUTPUT", "--destination"))


class Network(Protocol):
    partitions: bool
    """Whether nodes can be cut off."""

    def join(self, name: str) -> Node:
        """Add a node."""

    def inside(self, node: Node, argv: Sequence[str]) -> tuple[str, ...]:
        """Return the command that runs ``argv`` at ``node``."""


class Loopback:
    """Every node is a few ports of this machine; nothing can be cut off."""

    partitions = False

    def join(self, name: str) -> Node:
        return Node(name, LOOPBACK, free_port(), free_port())

    def inside(self, _node: Node, argv: Sequence[str]) -> tuple[str, ...]:
        return tuple(argv)


class Namespaces:
    """A network namespace a node. Made inside the namespaces of the run, and gone with them."""

    partitions = True

    def __init__(self) -> None:
        # Names of namespaces and the lock of iptables lie in /run: ours must not be anybody else's.
        _run("mount", "-t", "tmpfs", "tmpfs", "/run")
        _run("ip", "link", "set", "lo", "up")
        _run("ip", "link", "add", "br0", "type", "bridge")
        _run("ip", "address", "add", f"{_OURS}/24", "dev", "br0")
        _run("ip", "link", "set", "br0", "up")
        self._count = 0

    def join(self, name: str) -> Node:
        node = Node(name, f"{_SUBNET}.{_FIRST_NODE + self._count}", _PORT, _METRICS_PORT)
        self._count += 1
        _run("ip", "netns", "add", name)
        _run("ip", "link", "add", f"to-{name}", "type", "veth", "peer", "name", "eth0", "netns", name)
        _run("ip", "link", "set", f"to-{name}", "master", "br0", "up")
        _run("ip", "-netns", name, "address", "add", f"{node.address}/24", "dev", "eth0")
        for device in ("lo", "eth0"):
            _run("ip", "-netns", name, "link", "set", device, "up")
        return node

    def inside(self, node: Node, argv: Sequence[str]) -> tuple[str, ...]:
        return ("nsenter", f"--net=/run/netns/{node.name}", *argv)

    def cut(self, node: Node, others: Iterable[Node]) -> None:
        """Let nothing pass between ``node`` and ``others``, as when a cable is pulled."""
        for other in others:
            for chain, direction in _RULES:
                self._filter(node, chain, direction, other)

    def deafen(self, node: Node, others: Iterable[Node]) -> None:
        """Let ``node`` hear nothing of ``others``, who hear it."""
        for other in others:
            self._filter(node, "INPUT", "--source", other)

    def heal(self, node: Node) -> None:
        _run(*self.inside(node, ("iptables", "--wait", "--flush")))

    def _filter(self, node: Node, chain: str, direction: str, other: Node) -> None:
        rule = ("--append", chain, direction, other.address, "--jump", "DROP")
        _run(*self.inside(node, ("iptables", "--wait", *rule)))


def _run(*argv: str) -> None:
    subprocess.run(argv, check=True, capture_output=True)
