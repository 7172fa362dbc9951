"""Models to documents and back: the one mapping. Integers lie in MongoDB as int64."""

from datetime import datetime
from uuid import UUID

from bson.binary import UUID_SUBTYPE, Binary
from bson.int64 import Int64

from wallet.errors import MalformedDocument
from wallet.export_job import ExportJob, Format, State
from wallet.models import (
    Entry,
    EntryId,
    Kind,
    Session,
    Side,
    Tally,
    Transfer,
    TransferStatus,
    Used,
    User,
    Wallet,
    WalletStatus,
)
from wallet.settlement import Debit
from wallet.store.client import Document


def user_document(user: User) -> Document:
    return {
        "_id": user.id,
        "first_name": user.first_name,
        "last_name": user.last_name,
        "phone_number": user.phone_number,
        "address": user.address,
        "pin_hash": user.pin_hash,
        "created_at": user.created_at,
        "updated_at": user.updated_at,
    }


def user(document: Document) -> User:
    return User(
        id=document["_id"],
        first_name=document["first_name"],
        last_name=document["last_name"],
        phone_number=document["phone_number"],
        address=document["address"],
        pin_hash=document["pin_hash"],
        created_at=document["created_at"],
        updated_at=document["updated_at"],
    )


def session_document(session: Session) -> Document:
    return {
        "_id": session.id,
        "user": session.user,
        "token": session.token,
        "repeats": Int64(0),
        "created_at": session.created_at,
        "expires_at": session.expires_at,
    }


def session(document: Document) -> Session:
    return Session(
        id=document["_id"],
        user=document["user"],
        token=bytes(document["token"]),
        created_at=document["created_at"],
        expires_at=document["expires_at"],
    )


def wallet_document(wallet: Wallet) -> Document:
    used = {"used": used_document(wallet.used)} if wallet.used else {}
    return {
        "_id": wallet.id,
        "balance": Int64(wallet.balance),
        "seq": Int64(wallet.seq),
        "status": wallet.status.value,
        **used,
    }


def wallet(document: Document) -> Wallet:
    used = document.get("used")
    # By position, which is a good deal faster: nothing but debits is read more often.
    return Wallet(
        document["_id"],
        int(document["balance"]),
        int(document["seq"]),
        WalletStatus(document["status"]),
        _used(used) if used else None,
    )


def used_document(used: Used) -> Document:
    tallies = {
        kind.value: {name: Int64(value) for name, value in tally._asdict().items()}
        for kind, tally in used.tallies.items()
    }
    return {"day": Int64(used.day), **tallies}


def _used(document: Document) -> Used:
    tallies = {Kind(name): _tally(value) for name, value in document.items() if name != "day"}
    return Used(int(document["day"]), tallies)


def _tally(document: Document) -> Tally:
    return Tally(*(int(document[field]) for field in Tally._fields))


def entry_key(key: EntryId) -> Document:
    return {"operation": key.operation, "side": key.side.value}


DEBIT_FIELDS: Document = {"kind": True, "wallet": True, "counterparty": True, "amount": True}


def debit_key(operation: UUID) -> Document:
    """Return the key of a debit for a collection whose ids stay as they came."""
    return {"operation": Binary(operation.bytes, UUID_SUBTYPE), "side": Side.DEBIT.value}


def debit(document: Document) -> Debit:
    """Read an entry, with ``DEBIT_FIELDS`` and ids as they came, as what vouches for a transfer."""
    counterparty = document["counterparty"]
    return Debit(
        kind=document["kind"],
        wallet=bytes(document["wallet"]),
        counterparty=bytes(counterparty) if counterparty is not None else b"",
        amount=document["amount"],
    )


def entry_document(entry: Entry) -> Document:
    return {
        "_id": entry_key(entry.id),
        "wallet": entry.wallet,
        "seq": Int64(entry.seq),
        "kind": entry.kind.value,
        "amount": Int64(entry.amount),
        "before": Int64(entry.before),
        "after": Int64(entry.after),
        "remarks": entry.remarks,
        "counterparty": entry.counterparty,
        "date": entry.date,
    }


def entry(document: Document) -> Entry:
    key = document["_id"]
    return Entry(
        id=EntryId(key["operation"], Side(key["side"])),
        wallet=document["wallet"],
        seq=int(document["seq"]),
        kind=Kind(document["kind"]),
        amount=int(document["amount"]),
        before=int(document["before"]),
        after=int(document["after"]),
        remarks=document["remarks"],
        counterparty=document["counterparty"],
        date=document["date"],
    )


def transfer_document(transfer: Transfer) -> Document:
    return {
        "_id": transfer.id,
        "sender": transfer.sender,
        "target": transfer.target,
        "amount": Int64(transfer.amount),
        "remarks": transfer.remarks,
        "status": transfer.status.value,
        "date": transfer.date,
        "partition": Int64(transfer.partition),
        "request_id": transfer.request_id,
        "attempts": Int64(transfer.attempts),
        "failure": transfer.failure,
        "settled_at": transfer.settled_at,
        "parked": transfer.parked,
    }


_TRANSFER_TYPES: dict[str, tuple[type, ...]] = {
    "_id": (UUID,),
    "sender": (UUID,),
    "target": (UUID,),
    "amount": (int, Int64),
    "remarks": (str,),
    "status": (str,),
    "date": (datetime,),
    "partition": (int, Int64),
    "request_id": (str,),
    "attempts": (int, Int64),
    "parked": (bool,),
}
"""Exactly these: a bool is an int, and true rupiah are none."""


def transfer(document: Document) -> Transfer:
    """Read a row of the queue. It is the one document that may have been put there by another hand.

    Raises:
        MalformedDocument: a field is missing or is not what the migrations demand.
    """
    _demand_types(document)
    try:
        return _transfer(document)
    except ValueError as fault:
        raise MalformedDocument(f"transfer {document['_id']!r}: {fault}") from fault


def _demand_types(document: Document) -> None:
    for field, wanted in _TRANSFER_TYPES.items():
        if type(document.get(field)) not in wanted:
            raise MalformedDocument(
                f"transfer {document.get('_id')!r}: {field} is not a {wanted[0].__name__}"
            )


def _transfer(document: Document) -> Transfer:
    return Transfer(
        id=document["_id"],
        sender=document["sender"],
        target=document["target"],
        amount=int(document["amount"]),
        remarks=document["remarks"],
        status=TransferStatus(document["status"]),
        date=document["date"],
        partition=int(document["partition"]),
        request_id=document["request_id"],
        attempts=int(document["attempts"]),
        failure=document.get("failure"),
        settled_at=document.get("settled_at"),
        parked=document["parked"],
    )


def export_document(job: ExportJob) -> Document:
    return {
        "_id": job.id,
        "user": job.user,
        "owner": job.owner,
        "phone": job.phone,
        "month": job.month,
        "seq": Int64(job.seq),
        "format": job.format.value,
        "created_at": job.created_at,
        "request_id": job.request_id,
        "state": job.state.value,
        "attempts": Int64(job.attempts),
        "failure": job.failure,
    }


def export(document: Document) -> ExportJob:
    """Read an export that was asked for.

    Raises:
        MalformedDocument: a field is missing or is none of the words that there are.
    """
    try:
        return ExportJob(
            id=document["_id"],
            user=document["user"],
            owner=document["owner"],
            phone=document["phone"],
            month=document["month"],
            seq=document["seq"],
            format=Format(document["format"]),
            created_at=document["created_at"],
            request_id=document["request_id"],
            state=State(document["state"]),
            attempts=document["attempts"],
            failure=document["failure"],
            started_at=document.get("started_at"),
            finished_at=document.get("finished_at"),
            size=document.get("size"),
        )
    except (KeyError, ValueError) as fault:
        raise MalformedDocument(f"the export {document['_id']}: {fault!r}") from fault
