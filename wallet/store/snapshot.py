"""One moment of the database, read from end to end in constant memory while writers go on."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from pymongo.client_session import ClientSession
from pymongo.errors import OperationFailure

from wallet.errors import Unavailable
from wallet.store.client import Document
from wallet.store.faults import renamed
from wallet.store.lenient import RAW, decode
from wallet.store.opening import Store

Order = Sequence[tuple[str, int]]

UNSORTED: Order = []
BY_ID: Order = [("_id", 1)]
BY_WALLET: Order = [("wallet", 1), ("seq", 1)]

_BATCH = 2_000

_SNAPSHOT_TOO_OLD = 239
_SNAPSHOT_UNAVAILABLE = 246


class SnapshotTooOld(Unavailable):
    code = "snapshot_too_old"
    message = (
        "Reading took longer than the server keeps history. Let it keep more and run this again: "
        "db.adminCommand({setParameter: 1, minSnapshotHistoryWindowInSeconds: 3600})"
    )


class SnapshotUnavailable(Unavailable):
    code = "snapshot_unavailable"
    message = "A collection or an index changed at this very moment: run this again"


class Snapshot:
    """The database as a majority had it at the first read."""

    def __init__(self, database: Store, session: ClientSession) -> None:
        self._database = database
        self._session = session

    def documents(
        self, collection: str, order: Order = BY_ID, where: Document | None = None
    ) -> Iterator[Document]:
        """Yield every document in ``order``, even one that this program could not have written."""
        return map(decode, self.raw(collection, order, where=where))

    def ids(self, collection: str) -> Iterator[Document]:
        """Yield every document by rising ``_id``, with nothing but that."""
        return map(decode, self.raw(collection, BY_ID, fields=("_id",)))

    def raw(  # noqa: PLR0913
        self,
        collection: str,
        order: Order = BY_ID,
        fields: Sequence[str] = (),
        *,
        where: Document | None = None,
        limit: int = 0,
        batch: int = _BATCH,
    ) -> Iterator[bytes]:
        """Yield every document, or the first ``limit`` of those ``where``, as the bytes in the database."""
        rows = self._database[collection].with_options(codec_options=RAW)
        with (
            _renamed(),
            rows.find(
                where,
                projection=fields or None,
                sort=order or None,
                limit=limit,
                batch_size=batch,
                allow_disk_use=True,
                session=self._session,
            ) as found,
        ):
            for document in found:
                yield bytes(document.raw)

    def groups(self, collection: str, pipeline: Sequence[Document]) -> Iterator[bytes]:
        """Yield what ``pipeline`` makes of a collection, as bytes."""
        rows = self._database[collection].with_options(codec_options=RAW)
        with _renamed(), rows.aggregate(pipeline, session=self._session, batchSize=_BATCH) as found:
            for document in found:
                yield bytes(document.raw)

    def size(self, collection: str) -> int:
        """Return about how many documents there are; for progress only, it is not of the snapshot."""
        with _renamed():
            return self._database[collection].estimated_document_count()


@contextmanager
def snapshot(database: Store) -> Iterator[Snapshot]:
    """Open a snapshot. Its reads raise ``SnapshotTooOld`` when they take longer than history is kept."""
    with database.client.start_session(snapshot=True) as session:
        yield Snapshot(database, session)


@contextmanager
def _renamed() -> Iterator[None]:
    with renamed():
        try:
            yield
        except OperationFailure as fault:
            if fault.code == _SNAPSHOT_TOO_OLD:
                raise SnapshotTooOld from fault
            if fault.code == _SNAPSHOT_UNAVAILABLE:
                raise SnapshotUnavailable from fault
            raise
