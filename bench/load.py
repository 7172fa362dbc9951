"""Load over HTTP: wrk, which costs a small part of what the server costs."""

import json
import os
import time
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from bench.books import Books
from bench.errors import CaseFailed
from bench.progress import wait
from bench.stack import running
from wallet.embedded.ports import LOOPBACK
from wallet.supervisor.process import Process
from wallet.supervisor.spec import ChildSpec

_SCRIPT = Path(__file__).with_name("transfer.lua")
_GRACE_S = 20.0
_POLL_S = 0.01


@dataclass(frozen=True, slots=True)
class Load:
    """What wrk counted; the percentiles are those of a closed loop."""

    requests: int
    seconds: float
    p50_ms: float
    p99_ms: float
    failures: int

    @property
    def rate(self) -> float:
        return self.requests / self.seconds


def parse(line: str) -> Load:
    """Read the line that ``transfer.lua`` writes at the end."""
    said = json.loads(line)
    return Load(
        requests=said["requests"],
        seconds=said["duration_us"] / 1e6,
        p50_ms=said["p50_us"] / 1e3,
        p99_ms=said["p99_us"] / 1e3,
        failures=said["bad_statuses"] + said["socket_errors"],
    )


def together(loads: Sequence[Load]) -> Load:
    """Return loads that ran side by side as one, with the percentiles of the slowest."""
    return Load(
        requests=sum(load.requests for load in loads),
        seconds=max(load.seconds for load in loads),
        p50_ms=max(load.p50_ms for load in loads),
        p99_ms=max(load.p99_ms for load in loads),
        failures=sum(load.failures for load in loads),
    )


def transfers(
    books: Books, ports: Sequence[int], *, connections: int, seconds: int, senders: int | None = None
) -> Load:
    """Send random transfers over ``connections``, shared out over ``ports``; ``senders`` people send, or all.

    Raises:
        CaseFailed: a request had another answer than a 2xx.
    """
    specs = [
        _spec(books, port, connections // len(ports), seconds, senders or len(books.people)) for port in ports
    ]
    load = together(_run(specs, seconds, f"wrk, connections: {connections}"))
    if load.failures:
        raise CaseFailed(f"{load.failures} of {load.requests} requests were not answered with a 2xx")
    return load


def _run(specs: Sequence[ChildSpec], seconds: int, title: str) -> list[Load]:
    with ExitStack() as stack:
        processes = [stack.enter_context(running(spec)) for spec in specs]
        wait(seconds, title)
        return [_result(process) for process in processes]


def _result(process: Process) -> Load:
    deadline = time.monotonic() + _GRACE_S
    while process.poll() is None:
        if time.monotonic() > deadline:
            raise CaseFailed("wrk does not end")
        time.sleep(_POLL_S)
    said = [line for line in process.output() if line.startswith("{")]
    if not said:
        raise CaseFailed("wrk: " + "\n".join(process.output()))
    return parse(said[-1])


def _spec(books: Books, port: int, connections: int, seconds: int, senders: int) -> ChildSpec:
    argv = (
        *("wrk", "--threads", "1", "--connections", str(connections), "--duration", f"{seconds}s"),
        *("--timeout", "10s", "--script", str(_SCRIPT), f"http://{LOOPBACK}:{port}"),
    )
    env = {**os.environ, "USERS": str(books.tokens()), "SENDERS": str(senders), "SEED": str(port)}
    return ChildSpec("wrk", argv, env)
