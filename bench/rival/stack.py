"""Redis as the broker, without persistence, and Celery's prefork worker."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from uuid import UUID

from bench.books import Books
from bench.progress import tracked
from bench.rival.worker import app, settle
from bench.stack import python_spec, running, wait_until
from wallet.embedded.ports import LOOPBACK, free_port, is_listening
from wallet.supervisor.process import Process
from wallet.supervisor.spec import ChildSpec

_PING_S = 0.5


@contextmanager
def broker(books: Books) -> Iterator[str]:
    """Run Redis and yield its URL, which tasks are sent to from now on."""
    port = free_port()
    argv = (
        *("redis-server", "--bind", LOOPBACK, "--port", str(port), "--dir", str(books.directory)),
        *("--save", "", "--appendonly", "no"),
    )
    with running(ChildSpec("redis-server", argv)) as process:
        wait_until(lambda: is_listening(port), process)
        url = f"redis://{LOOPBACK}:{port}/0"
        app.conf.broker_url = url
        yield url
        app.close()


@contextmanager
def worker(books: Books, broker_url: str, processes: int) -> Iterator[Process]:
    """Run a worker with so many processes; it begins idle."""
    command = (
        *("celery", "--app", "bench.rival.worker", "worker", "--loglevel", "WARNING"),
        *("--pool", "prefork", "--concurrency", str(processes)),
        # One worker has nobody to talk to.
        *("--without-gossip", "--without-mingle", "--without-heartbeat"),
    )
    with running(python_spec(command, **books.environment, CELERY_BROKER_URL=broker_url)) as process:
        wait_until(lambda: bool(app.control.ping(timeout=_PING_S)), process)
        yield process


def send(transfers: Sequence[UUID]) -> None:
    for transfer in tracked(transfers, "tasks", len(transfers)):
        settle.delay(str(transfer))
