"""What every case can use."""

from collections.abc import Iterator
from concurrent.futures import Executor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

from bench.books import Books
from bench.population import populate, sample_people
from bench.proof import prove
from bench.scale import Scale
from bench.yardstick import Yardstick
from wallet.store.migrate import migrate
from wallet.store.opening import opened


@dataclass(frozen=True, slots=True)
class Bench:
    """The replica set at ``uri`` and a directory for files; ``secret`` signs the tokens."""

    uri: str
    mongod_pid: int
    scale: Scale
    directory: Path
    secret: str
    writers: Executor
    yardstick: Yardstick

    @contextmanager
    def books(self, wallets: int) -> Iterator[Books]:
        """Fill a database of its own, audit it when the case went well, and drop it.

        Raises:
            CaseFailed: the audit found something.
        """
        name = f"bench_{uuid4().hex[:12]}"
        directory = self.directory / name
        directory.mkdir()
        with opened(self.uri, name, application="bench") as database:
            try:
                migrate(database)
                populate(self.writers, self.uri, database, wallets)
                people = sample_people(database, wallets)
                yield Books(self.uri, database, people, self.secret, directory)
                prove(database)
            finally:
                database.client.drop_database(name)
