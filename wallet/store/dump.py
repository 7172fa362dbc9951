"""Writes a database as mongodump does, so that mongorestore and ``dompet seed`` can both load it.

The format is that of MongoDB's own tools: documents one after the other as BSON, and beside them the options
and indexes of the collection in canonical extended JSON.
https://github.com/mongodb/mongo-tools/blob/master/mongodump/metadata_dump.go
"""

from pathlib import Path
from tempfile import TemporaryDirectory

from bson import json_util

from wallet.progress import Track, untracked
from wallet.store.client import Document
from wallet.store.dump_folder import BadDump, DumpFolder
from wallet.store.faults import renamed
from wallet.store.opening import Store
from wallet.store.snapshot import Snapshot, snapshot

_WITH_DOCUMENTS = ("users", "wallets", "entries", "transfers", "migrations")
# A watcher's heartbeat is of the process that beats; a restored database needs the index only. What the check
# for drift remembers is not there at all: a restored ledger is proven from its start. Nobody is logged in
# to a restored database.
_WITHOUT_DOCUMENTS = ("watchers", "sessions")


def dump(database: Store, folder: Path, *, track: Track = untracked) -> dict[str, int]:
    """Write ``database`` as it is at one moment to ``folder/<its name>/``, whole or not at all.

    Returns:
        How many documents of each collection were written.

    Raises:
        BadDump: there is something of that name already, or the database was never migrated.
        SnapshotTooOld: reading took longer than the server keeps history.
    """
    target = folder / database.name
    if target.exists():
        raise BadDump(f"{target} exists already: remove it, or choose another folder")
    folder.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(dir=folder, prefix=".dompet-dump-") as drafts:
        draft = DumpFolder(Path(drafts, database.name))
        draft.path.mkdir()
        counts = _write(database, draft, track)
        draft.path.rename(target)
    return counts


def _write(database: Store, draft: DumpFolder, track: Track) -> dict[str, int]:
    for name in (*_WITH_DOCUMENTS, *_WITHOUT_DOCUMENTS):
        draft.metadata(name).write_text(_canonical_json(_metadata(database, name)))
    for name in _WITHOUT_DOCUMENTS:
        draft.bson(name).touch()
    with snapshot(database) as moment:
        return {name: _write_documents(moment, name, draft, track) for name in _WITH_DOCUMENTS}


def _write_documents(moment: Snapshot, name: str, draft: DumpFolder, track: Track) -> int:
    count = 0
    with draft.bson(name).open("wb") as file:
        for document in track(moment.raw(name), name, moment.size(name)):
            file.write(document)
            count += 1
    return count


def _metadata(database: Store, name: str) -> Document:
    with renamed():
        found = next(database.list_collections(filter={"name": name}), None)
        indexes = list(database[name].list_indexes())
    if found is None:
        raise BadDump(f"The database {database.name} has no collection {name}: `dompet migrate` makes it")
    return {
        "options": found["options"],
        "indexes": indexes,
        "uuid": found["info"]["uuid"].hex(),
        "collectionName": name,
        "type": found["type"],
    }


def _canonical_json(document: Document) -> str:
    return json_util.dumps(
        document, json_options=json_util.CANONICAL_JSON_OPTIONS, separators=(",", ":"), ensure_ascii=False
    )
