"""Bugs to plant in the program, each a few lines: a simulator that finds none of them proves nothing.

The switches stand here and nowhere in the program. Where two guards hold each other's back, both are taken
away: with only one of them the money is still right, which is what the second is for.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import replace
from typing import Any
from unittest.mock import patch
from uuid import uuid5

from pymongo import UpdateOne
from pymongo.errors import BulkWriteError
from pymongo.write_concern import WriteConcern

from tests.simulation import replica
from tests.simulation.stand_ins import new_id
from wallet import ledger
from wallet.errors import OutcomeUnknown
from wallet.rules import identity
from wallet.store import books, documents, posting, queue, settling
from wallet.store.faults import renamed
from wallet.store.membership import Membership, Roll
from wallet.store.posting import PostingEngine

Patches = Mapping[str, object]

_ENGINE = "wallet.store.settling.SettlementEngine"


def _without_unique_keys() -> Patches:
    """Let a transfer have several credits and refunds, as far as the store is concerned."""
    real = replica.unique_keys

    def several(collection: str, document: Any) -> Any:
        (place, key), *rest = real(collection, document)
        second_half = collection == "entries" and document["kind"] in {"TRANSFER_IN", "REFUND"}
        return [(place, (key, new_id().bytes)) if second_half else (place, key), *rest]

    return {"tests.simulation.replica.unique_keys": several}


def _credit_whatever_the_status() -> Patches:
    def mark(self: Any, ids: Any, end: Any, session: Any) -> None:
        self._transfers.update_many({"_id": {"$in": list(ids)}}, {"$set": end}, session=session)

    return {f"{_ENGINE}._mark_credited": mark} | _without_unique_keys()


def _refund_whatever_the_status() -> Patches:
    return {
        "wallet.store.settling._still_pending": lambda ids: {"_id": {"$in": list(ids)}}
    } | _without_unique_keys()


def _credit_what_is_parked() -> Patches:
    def mark(self: Any, ids: Any, end: Any, session: Any) -> None:
        marked = self._transfers.update_many(settling._still_pending(ids), {"$set": end}, session=session)
        if marked.matched_count != len(ids):
            raise settling.Overtaken

    return {f"{_ENGINE}._mark_credited": mark}


def _reply_from_a_second_read() -> Patches:
    post = PostingEngine.post

    def reread(self: Any, postings: Any, date: Any) -> Any:
        outcomes = post(self, postings, date)
        with renamed():
            found = self._books._wallets.find({"_id": {"$in": [one.wallet for one in postings]}})
        wallets = {one["_id"]: one for one in found}
        return tuple(_told_now(outcome, wallets) for outcome in outcomes)

    return {"wallet.store.posting.PostingEngine.post": reread}


def _told_now(outcome: Any, wallets: Mapping[Any, Any]) -> Any:
    if not isinstance(outcome, ledger.Posted):
        return outcome
    after = int(wallets[outcome.entry.wallet]["balance"])
    before = outcome.entry.before + after - outcome.entry.after
    return ledger.Posted(replace(outcome.entry, before=before, after=after))


def _key_of_nobody() -> Patches:
    real = identity.operation_id

    def shared(user: Any, kind: Any, key: Any) -> Any:
        return real(user, kind, key) if key is None else uuid5(identity._NAMESPACE, f"{kind}\n{key}")

    return {"wallet.use_cases.movements.operation_id": shared}


def _swallow_the_duplicate() -> Patches:
    def post(self: Any, postings: Any, date: Any, session: Any) -> Any:
        wallets = self._books.wallets(posting._touched(postings), session)
        sheet = ledger.post(postings, wallets, {}, cap=self._cap, date=date)
        self._books.write_wallets(wallets, sheet, session)
        with suppress(BulkWriteError):
            self._books.add_entries(sheet, session)
        self._queue(postings, sheet, session)
        return sheet.outcomes

    return {"wallet.store.posting.PostingEngine._post": post}


def _post_again_under_another_id() -> Patches:
    post = PostingEngine.post

    def insist(self: Any, postings: Any, date: Any) -> Any:
        try:
            return post(self, postings, date)
        except OutcomeUnknown:
            return post(self, [replace(one, operation=new_id()) for one in postings], date)

    return {"wallet.store.posting.PostingEngine.post": insist}


def _sweep_what_is_new_only() -> Patches:
    def since(self: Any, server_time: Any, _started: float) -> Any:
        self._began = server_time
        self._asked.clear()
        self._whole_asked.clear()
        return self._ended or server_time

    return {"watcher.sweeper.Sweeper._since": since}


def _owner_only() -> Patches:
    """What is in a partition is its owner's alone, and whoever once was a watcher owns some for ever."""
    beat, within = Membership.beat, queue._within_reach

    def remember(self: Any) -> Roll:
        roll = beat(self)
        return Roll([one["_id"] for one in self._watchers.find({})], roll.at)

    return {
        "wallet.store.membership.Membership.beat": remember,
        "wallet.store.queue._within_reach": lambda partitions, since, _: within(partitions, since, None),
    }


def _acknowledge_before_a_majority() -> Patches:
    return {"wallet.store.transactions.MAJORITY": WriteConcern(1)}


def _believe_the_row() -> Patches:
    return {"wallet.settlement.vouches": lambda *_: True}


def _settle_the_declined() -> Patches:
    return {"wallet.store.settling._posted": lambda *_: True}


def _read_wallets_outside() -> Patches:
    real = books._update

    def outside(self: Any, ids: Any, _session: Any) -> Any:
        found = self._wallets.find({"_id": {"$in": list(ids)}})
        return {one["_id"]: documents.wallet(one) for one in found}

    def update(old: Any, new: Any) -> Any:
        return UpdateOne({"_id": old.id}, real(old, new)._doc)

    return {"wallet.store.books.Books.wallets": outside, "wallet.store.books._update": update}


def _dismiss_the_poisoned() -> Patches:
    def blame(self: Any, transfer_id: Any, _fault: Exception) -> None:
        self._queue.retry_later(transfer_id, 0.2, "other")

    return {"watcher.executor.Executor._blame": blame}


MUTANTS: dict[str, Callable[[], Patches]] = {
    "credit whatever the status says": _credit_whatever_the_status,
    "refund whatever the status says": _refund_whatever_the_status,
    "credit what an operator parked": _credit_what_is_parked,
    "reply from a second read": _reply_from_a_second_read,
    "a key that belongs to all users": _key_of_nobody,
    "a duplicate key swallowed inside": _swallow_the_duplicate,
    "an unknown commit posted again under a new id": _post_again_under_another_id,
    "a sweep that skips what is old": _sweep_what_is_new_only,
    "a partition for its owner only, for ever": _owner_only,
    "an answer before a majority has it": _acknowledge_before_a_majority,
    "a row believed without its debit": _believe_the_row,
    "a declined credit settled": _settle_the_declined,
    "wallets read outside of the transaction": _read_wallets_outside,
    "a poisoned transfer retried for ever": _dismiss_the_poisoned,
}


@contextmanager
def planted(name: str) -> Iterator[None]:
    """Plant a bug until the end of the block. Do it before the stand-ins are installed."""
    with ExitStack() as stack:
        for place, wrong in MUTANTS[name]().items():
            stack.enter_context(patch(place, wrong))
        yield
