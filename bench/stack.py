"""The real processes: pods of the API and watchers, on free ports of this machine."""

import os
import signal
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass

from bench.books import Books
from bench.errors import CaseFailed
from wallet.embedded.ports import LOOPBACK, free_port
from wallet.local.own_http import succeeds
from wallet.local.root import PROJECT_ROOT
from wallet.supervisor.exits import describe
from wallet.supervisor.process import Process
from wallet.supervisor.spec import ChildSpec
from watcher.share import BEAT_S

_READY_S = 60.0
_STOP_S = 20.0
_POLL_S = 0.05
_AS_BY_DEFAULT: Mapping[str, str] = {}


@dataclass(frozen=True, slots=True)
class Pod:
    """gunicorn's master and the port of its workers."""

    port: int
    metrics_port: int
    process: Process


@contextmanager
def pod(books: Books, **settings: str) -> Iterator[Pod]:
    """Run one pod of the API until the block ends; ``settings`` are what is not as by default."""
    port, metrics_port = free_port(), free_port()
    command = ("gunicorn", "--config", "python:service.gunicorn_conf", "--bind", f"{LOOPBACK}:{port}")
    metrics = books.directory / f"metrics-{port}"
    spec = python_spec(
        (*command, "service.wsgi:app"),
        **books.environment,
        **settings,
        METRICS_PORT=str(metrics_port),
        PROMETHEUS_MULTIPROC_DIR=str(metrics),
    )
    # Nobody waits for an answer when a case is over: it may end at once.
    with running(spec, grace_s=0) as process:
        wait_until(lambda: succeeds(port, "GET", "/readyz"), process)
        yield Pod(port, metrics_port, process)


@contextmanager
def watchers(
    books: Books, count: int = 1, own_port: int = 0, settings: Mapping[str, str] = _AS_BY_DEFAULT
) -> Iterator[Sequence[Process]]:
    """Run watchers until the block ends; they begin idle and know each other.

    Args:
        books: the database.
        count: how many.
        own_port: where the first one serves metrics and console; 0 for one that nobody needs to know.
        settings: what is not as by default.
    """
    with ExitStack() as stack:
        # A watcher adds one, and its index, to the port of the metrics.
        ports = [str(own_port - 1) if own_port and not index else "0" for index in range(count)]
        specs = [
            python_spec(("watcher",), **books.environment, **settings, METRICS_PORT=port) for port in ports
        ]
        processes = [stack.enter_context(running(spec)) for spec in specs]
        beats = books.database["watchers"]
        wait_until(lambda: beats.count_documents({}) == count, *processes)
        if count > 1:
            time.sleep(1.5 * BEAT_S)  # the next beat tells the first one of the last one
        yield processes


@contextmanager
def frozen(processes: Sequence[Process]) -> Iterator[None]:
    """Stop processes where they are, and let them go on when the block ends."""
    try:
        for process in processes:
            os.kill(process.pid, signal.SIGSTOP)
        yield
    finally:
        for process in processes:
            os.kill(process.pid, signal.SIGCONT)


@contextmanager
def running(spec: ChildSpec, grace_s: float = _STOP_S) -> Iterator[Process]:
    process = Process(spec)
    try:
        yield process
    finally:
        process.stop(grace_s)


def python_spec(module_and_arguments: Sequence[str], **env: str) -> ChildSpec:
    argv = (sys.executable, "-m", *module_and_arguments)
    return ChildSpec(module_and_arguments[0], argv, {**os.environ, **env}, cwd=PROJECT_ROOT)


def wait_until(condition: Callable[[], bool], *processes: Process) -> None:
    """Return when ``condition`` holds.

    Raises:
        CaseFailed: a process it depends on has ended, or it took too long.
    """
    deadline = time.monotonic() + _READY_S
    while not condition():
        _check(processes)
        if time.monotonic() > deadline:
            raise CaseFailed(
                f"{', '.join(one.spec.name for one in processes)} is not ready in {_READY_S:g} s"
            )
        time.sleep(_POLL_S)


def _check(processes: Sequence[Process]) -> None:
    for process in processes:
        if (code := process.poll()) is not None:
            said = "\n".join(process.last_lines())
            raise CaseFailed(f"{process.spec.name} {describe(code)}:\n{said}")
