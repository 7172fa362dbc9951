"""B4: a pod reads a wallet, counts, and writes the new balance, in no transaction."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from bson import Int64
from pymongo import UpdateOne

from tests.chaos.planted.patch import Patch
from wallet.ledger import Outcome
from wallet.models import Posting, Wallet
from wallet.store import books
from wallet.store.faults import renamed
from wallet.store.posting import PostingEngine


def plant(patch: Patch = setattr) -> None:
    def commit(engine: PostingEngine, postings: Sequence[Posting], date: datetime) -> tuple[Outcome, ...]:
        no_session: Any = None
        with renamed():
            return engine._post(postings, date, no_session)

    def update(old: Wallet, new: Wallet) -> UpdateOne:
        change = {"balance": Int64(new.balance), "seq": Int64(new.seq)}
        return UpdateOne({"_id": old.id}, {"$set": change})

    patch(PostingEngine, "_commit", commit)
    patch(books, "_update", update)
