"""Rows of the queue as operators see them: nothing about a row, however odd, keeps it from being shown."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from wallet.cases import FailedAttempt, Note, Row
from wallet.errors import MalformedDocument
from wallet.models import Transfer
from wallet.store import documents
from wallet.store.client import Document

NOTES = "operations"
"""The field that holds what operators did; absent until one does something."""


def row(document: Document) -> Row:
    transfer, fault = _read(document)
    return Row(
        id=document["_id"],
        sender=document.get("sender"),
        target=document.get("target"),
        amount=document.get("amount"),
        status=document.get("status"),
        date=document.get("date"),
        partition=document.get("partition"),
        request_id=document.get("request_id"),
        attempts=document.get("attempts"),
        retry_at=document.get("retry_at"),
        failure=document.get("failure"),
        settled_at=document.get("settled_at"),
        parked=document.get("parked") is True,
        notes=tuple(_notes(document.get(NOTES))),
        transfer=transfer,
        fault=fault,
        picked_up_at=document.get("picked_up_at"),
        parked_at=document.get("parked_at"),
        failed_attempts=tuple(_failed_attempts(document.get("faults"))),
    )


def note_document(note: Note) -> Document:
    return {"action": note.action, "by": note.by, "reason": note.reason, "at": note.at}


def _read(document: Document) -> tuple[Transfer | None, str]:
    try:
        return documents.transfer(document), ""
    except MalformedDocument as fault:
        return None, str(fault)


def _notes(found: Any) -> Iterator[Note]:
    for one in _dated(found):
        yield Note(str(one.get("action")), str(one.get("by")), str(one.get("reason")), one["at"])


def _failed_attempts(found: Any) -> Iterator[FailedAttempt]:
    for one in _dated(found):
        yield FailedAttempt(one["at"], str(one.get("reason")))


def _dated(found: Any) -> Iterator[Document]:
    for one in found if isinstance(found, list) else ():
        if isinstance(one, dict) and isinstance(one.get("at"), datetime):
            yield one
