"""Long histories of one wallet, written at once instead of a commit at a time, and short eventful ones."""

import random
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from bson.int64 import Int64
from factories import (
    Books,
    make_entry,
    open_wallets,
    payment,
    post,
    settle_rows,
    settlement_engine,
    top_up,
    transfer_out,
)
from pymongo.write_concern import WriteConcern

from wallet.models import Entry, EntryId, Kind, Side
from wallet.rules.identity import new_id
from wallet.store import documents
from wallet.store.queue import Queue

_AT_ONCE = 5_000


@dataclass(frozen=True)
class Move:
    """A top-up of ``amount`` rupiah, or with a negative amount a payment."""

    amount: int
    date: datetime
    remarks: str = ""


def top_ups(count: int, start: datetime) -> Iterable[Move]:
    """Yield ``count`` top-ups of one rupiah, a second apart."""
    return (Move(1, start + timedelta(seconds=second)) for second in range(count))


def lengthen(database: Books, wallet: UUID, moves: Iterable[Move]) -> list[Entry]:
    """Let a wallet make ``moves`` after all that it made before; return their entries."""
    row = database["wallets"].find_one({"_id": wallet})
    seq, balance = int(row["seq"]), int(row["balance"])
    entries = []
    for move in moves:
        kind = Kind.TOP_UP if move.amount > 0 else Kind.PAYMENT
        seq, before, balance = seq + 1, balance, balance + move.amount
        entries.append(
            make_entry(
                id=EntryId(new_id(), Side(kind.side)),
                wallet=wallet,
                seq=seq,
                kind=kind,
                amount=abs(move.amount),
                before=before,
                after=balance,
                remarks=move.remarks,
                date=move.date,
            )
        )
    ledger = database["entries"].with_options(write_concern=WriteConcern(w=1))
    for start in range(0, len(entries), _AT_ONCE):
        ledger.insert_many(map(documents.entry_document, entries[start : start + _AT_ONCE]), ordered=False)
    database["wallets"].update_one({"_id": wallet}, {"$set": {"seq": Int64(seq), "balance": Int64(balance)}})
    return entries


@dataclass(frozen=True)
class Eventful:
    """A wallet that did everything that one can do, and the two it had to do with."""

    wallet: UUID
    friend: UUID
    stranger: UUID


REMARKS = ("Kopi", "kopi susu", "KOPI 50%", "a.b (c)", "Été à Bali", "été", "$where", "")


def eventful(database: Books, start: datetime, seed: int = 7, moves: int = 70) -> Eventful:
    """Make entries of every kind, and transfers in each state, dated by clocks that are up to 2 h apart."""
    lot = random.Random(seed)
    people = Eventful(*open_wallets(database, 3))
    post(database, *(top_up(one, 1_000_000) for one in (people.wallet, people.friend)), date=start)
    for number in range(moves):
        date = start + timedelta(hours=number, minutes=lot.randint(-90, 90))
        remarks = lot.choice(REMARKS)
        act = lot.choice(["top up", "pay", "send", "send", "receive", "fail", "wait"])
        if act in ("top up", "pay"):
            make = top_up if act == "top up" else payment
            post(database, make(people.wallet, lot.randint(1, 99), remarks=remarks), date=date)
            continue
        sides = [people.wallet, lot.choice([people.friend, people.stranger])]
        sender, target = (people.friend, people.wallet) if act == "receive" else sides
        wish = transfer_out(sender, target, lot.randint(1, 99), remarks=remarks)
        post(database, wish, date=date)
        if act == "fail":
            settlement_engine(database).give_up({wish.operation: "poison"}, date)
        elif act != "wait":
            settle_rows(settlement_engine(database), Queue(database).named([wish.operation]).transfers, date)
    return people
