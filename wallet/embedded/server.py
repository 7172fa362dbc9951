"""The embedded server: start mongod, make it a primary, stop it."""

from collections.abc import Callable
from pathlib import Path
from typing import Self

from wallet.embedded import replica_set
from wallet.embedded.binary import find_mongod
from wallet.embedded.errors import EmbeddedServerError
from wallet.embedded.options import MongodOptions
from wallet.embedded.ports import free_port
from wallet.embedded.startup import Startup, pause_briefly
from wallet.supervisor.process import Process
from wallet.supervisor.spec import ChildSpec

STOP_SECONDS = 15.0


class EmbeddedServer:
    """A one-node replica set on loopback, whose data outlives it.

    Args:
        data_dir: where its data and its log are kept.
        port: where it listens; None for a free port.
        test_commands: whether failpoints can be set.
        cache_gb: memory for the storage engine's cache.
    """

    def __init__(
        self, data_dir: Path, *, port: int | None = None, test_commands: bool = False, cache_gb: float = 0.5
    ) -> None:
        self._options = MongodOptions(data_dir.resolve(), port or free_port(), test_commands, cache_gb)
        self._process: Process | None = None

    @property
    def uri(self) -> str:
        return f"mongodb://{self._options.host}/?replicaSet={replica_set.NAME}"

    @property
    def process(self) -> Process:
        if self._process is None:
            raise EmbeddedServerError("The embedded server was not started")
        return self._process

    @property
    def pid(self) -> int:
        return self.process.pid

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_exception: object) -> None:
        self.stop()

    def start(self, pause: Callable[[], None] = pause_briefly) -> None:
        """Return when it takes writes; whatever `pause` raises ends the wait.

        Raises:
            EmbeddedServerError: it cannot start; the message says how to mend it.
        """
        self.stop()
        make_directory(self._options.db_path)
        startup = Startup(self._options, self._spec())
        self._process = startup.process
        try:
            startup.wait(pause)
        except BaseException:
            self.stop()
            raise

    def stop(self) -> None:
        if self._process is not None:
            self._process.stop(STOP_SECONDS)

    def _spec(self) -> ChildSpec:
        return ChildSpec("mongodb", self._options.argv(find_mongod()), log=self._options.log)


def make_directory(path: Path) -> None:
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise EmbeddedServerError(
            f"{path} cannot be made ({error.strerror}). Choose another data directory with DATA_DIR."
        ) from error
