"""The database as the program's store sees it through PyMongo: the methods that it calls, over a link."""

from collections.abc import Iterator, Mapping, Sequence
from itertools import count
from typing import Any, NamedTuple
from uuid import UUID

from bson.binary import UUID_SUBTYPE, Binary, UuidRepresentation

from tests.simulation.link import Link, Session, write_error
from tests.simulation.query import Document, key_of, updated
from tests.simulation.replica import Replica, Stamp, Transaction
from tests.simulation.stream import Ringing, Stream


class Client:
    """Gives out sessions."""

    _numbers = count(1)

    def __init__(self, link: Link) -> None:
        self._link = link
        self._retryable = count(1)
        self._number = next(self._numbers)

    @property
    def primary(self) -> str | None:
        return self._link.primary

    def start_session(self) -> Session:
        return Session(self, self._link, next(self._numbers))

    def stamp(self) -> tuple[Any, int]:
        """Return the stamp of the next retryable write."""
        return ((self._number, "write"), next(self._retryable))

    def _return_server_session(self, session: object) -> None:
        """Sessions are not used again."""


class Database:
    """One process's view."""

    def __init__(self, link: Link, ringing: Ringing | None = None) -> None:
        self.link = link
        self.client = Client(link)
        self.ringing = ringing or Ringing()
        self.name = "simulated"

    def __getitem__(self, name: str) -> "Collection":
        return Collection(self, name)


class Marked(NamedTuple):
    matched_count: int


class Collection:
    """Reads outside of transactions see what a majority has; writes wait until a majority has them."""

    def __init__(self, database: Database, name: str, *, as_it_came: bool = False) -> None:
        self._database = database
        self._link = database.link
        self._name = name
        self._as_it_came = as_it_came

    def with_options(self, *, codec_options: Any) -> "Collection":
        as_it_came = codec_options.uuid_representation == UuidRepresentation.UNSPECIFIED
        return Collection(self._database, self._name, as_it_came=as_it_came)

    def find(  # noqa: PLR0913 - PyMongo's
        self,
        filter: Mapping[str, Any] | None = None,  # noqa: A002 - PyMongo's
        projection: Any = None,  # noqa: ARG002 - more fields do no harm
        *,
        session: Session | None = None,
        limit: int = 0,
        sort: Sequence[tuple[str, int]] = (),
        batch_size: int = 0,  # noqa: ARG002 - it comes in one
        hint: str = "",  # noqa: ARG002 - there is no planner
    ) -> Iterator[Document]:
        where, name = filter or {}, self._name
        if session is None:
            found = self._link.repeated(
                f"find {name}",
                lambda replica: (replica.find(name, where, replica.majority, self._link.hub.now), 0),
            )
        else:
            found = session.statement(f"find {name}", lambda replica, own: self._seen(replica, own, where))
        for field, direction in sort:
            found = sorted(found, key=lambda one: one[field], reverse=direction < 0)
        found = found[:limit] if limit else found
        return iter([_raw(one) for one in found] if self._as_it_came else found)

    def find_one(self, where: Mapping[str, Any], *, session: Session | None = None) -> Document | None:
        return next(self.find(where, session=session), None)

    def insert_many(self, documents: Any, *, session: Session | None = None) -> None:
        batch = list(documents)
        if session is None:
            stamp = self._database.client.stamp()
            self._link.repeated(
                f"insert {self._name}", lambda replica: self._insert_alone(replica, batch, stamp)
            )
            return
        session.statement(
            f"insert {len(batch)} {self._name}", lambda replica, own: self._insert(replica, own, batch)
        )

    def update_many(self, where: Mapping[str, Any], change: Any, *, session: Session) -> Marked:
        return session.statement(
            f"update {self._name}", lambda replica, own: self._change(replica, own, where, change)
        )

    def bulk_write(self, requests: Sequence[Any], *, session: Session, ordered: bool = True) -> Marked:  # noqa: ARG002
        def run(replica: Replica, own: Transaction) -> Marked:
            marked = [self._change(replica, own, one._filter, one._doc) for one in requests]
            return Marked(sum(one.matched_count for one in marked))

        return session.statement(f"update {len(requests)} {self._name}", run)

    def update_one(self, where: Mapping[str, Any], change: Any) -> Marked:
        return Marked(0 if self._one(where, change) is None else 1)

    def find_one_and_update(
        self,
        where: Mapping[str, Any],
        change: Any,
        *,
        projection: Any = None,  # noqa: ARG002 - more fields do no harm
        upsert: bool = False,
        return_document: bool,
    ) -> Document | None:
        assert return_document
        return self._one(where, change, upsert=upsert)

    def delete_one(self, where: Mapping[str, Any]) -> None:
        self._one(where, None)

    def watch(self, pipeline: Any, *, max_await_time_ms: int) -> Stream:  # noqa: ARG002
        return Stream(self._link, self._database.ringing)

    def _seen(self, replica: Replica, own: Transaction, where: Mapping[str, Any]) -> list[Document]:
        return replica.find(self._name, where, own.at, self._link.hub.now, own)

    def _insert(self, replica: Replica, own: Transaction, batch: Sequence[Document]) -> None:
        for document in batch:
            replica.insert(own, self._name, document, self._link.hub.now)

    def _insert_alone(self, replica: Replica, batch: Sequence[Document], stamp: Stamp) -> tuple[None, int]:
        done = replica.done(stamp)
        if done is not None:
            return None, done[0]
        keys = {(self._name, key_of(one["_id"])): one for one in batch}
        if any(replica.get(*key, len(replica.log)) for key in keys):
            raise write_error(11_000)
        return None, replica.write(stamp, keys, None, self._link.hub.now)

    def _change(self, replica: Replica, own: Transaction, where: Mapping[str, Any], change: Any) -> Marked:
        found = self._seen(replica, own, where)
        now = self._link.hub.now
        for document in found:
            new = updated(document, change, replica.time(now))
            if new != document:  # what changes nothing is not written, and is in nobody's way
                replica.change(own, self._name, new, now)
        return Marked(len(found))

    def _one(self, where: Mapping[str, Any], change: Any, *, upsert: bool = False) -> Document | None:
        """Change, add or delete one document, and return it as it is then; a retry finds its own answer."""
        stamp = self._database.client.stamp()

        def run(replica: Replica) -> tuple[Document | None, int]:
            done = replica.done(stamp)
            if done is not None:
                return done[1], done[0]
            now = self._link.hub.now
            found = replica.find(self._name, where, len(replica.log), now)
            if not found and not upsert:
                return None, len(replica.log)
            before = found[0] if found else {"_id": where["_id"]}
            new = None if change is None else updated(before, change, replica.time(now))
            if found and new == before:
                return new, len(replica.log)
            key = (self._name, key_of(before["_id"]))
            return new or before, replica.write(stamp, {key: new}, new or before, now)

        return self._link.repeated(f"update one of {self._name}", run)


def _raw(document: Document) -> Document:
    """Return a debit as it comes when ids are not decoded."""
    return {name: _undecoded(value) for name, value in document.items()}


def _undecoded(value: Any) -> Any:
    if isinstance(value, dict):
        return _raw(value)
    return Binary(value.bytes, UUID_SUBTYPE) if isinstance(value, UUID) else value
