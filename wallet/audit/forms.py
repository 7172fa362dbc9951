"""What a stored document must look like before its numbers can be believed."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from wallet.audit.report import Offence, Promise
from wallet.models import Kind, Side, TransferStatus, WalletStatus

_MISSING = object()
_SHOWN = 60


@dataclass(frozen=True, slots=True)
class Shape:
    """What one field holds: in words, and as a test that takes anything."""

    wanted: str
    fits: Callable[[Any], bool]


@dataclass(frozen=True, slots=True)
class Form:
    """The fields of a document, and the promise that a wrong one breaks."""

    noun: str
    promise: Promise
    fields: Mapping[str, Shape]


def _whole(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _entry_key(value: Any) -> bool:
    # The order of the fields counts: with the other order it is another key, and could be there twice.
    return (
        isinstance(value, dict)
        and list(value) == ["operation", "side"]
        and _ID.fits(value["operation"])
        and _SIDE.fits(value["side"])
    )


def _instance(kind: type, wanted: str) -> Shape:
    return Shape(wanted, lambda value: isinstance(value, kind))


def _one_of(names: type[StrEnum]) -> Shape:
    known = frozenset(names)
    return Shape(f"one of {', '.join(names)}", lambda value: isinstance(value, str) and value in known)


def _optional(shape: Shape) -> Shape:
    return Shape(f"{shape.wanted} or null", lambda value: value is None or shape.fits(value))


_ID = _instance(UUID, "a uuid")
_TEXT = _instance(str, "text")
_DATE = _instance(datetime, "a date")
_FLAG = _instance(bool, "true or false")
_COUNT = Shape("a whole number", _whole)
_RUPIAH = Shape("a whole number of rupiah", _whole)
_SIDE = _one_of(Side)

USER = Form("user", Promise.CHAIN, {"_id": _ID})

WALLET = Form(
    "wallet",
    Promise.CHAIN,
    {"_id": _ID, "balance": _RUPIAH, "seq": _COUNT, "status": _one_of(WalletStatus)},
)

ENTRY = Form(
    "entry",
    Promise.CHAIN,
    {
        "_id": Shape("an operation and a side", _entry_key),
        "wallet": _ID,
        "seq": _COUNT,
        "kind": _one_of(Kind),
        "amount": _RUPIAH,
        "before": _RUPIAH,
        "after": _RUPIAH,
        "remarks": _TEXT,
        "counterparty": _optional(_ID),
        "date": _DATE,
    },
)

TRANSFER = Form(
    "transfer",
    Promise.EXACTLY_ONCE,
    {
        "_id": _ID,
        "sender": _ID,
        "target": _ID,
        "amount": _RUPIAH,
        "remarks": _TEXT,
        "status": _one_of(TransferStatus),
        "date": _DATE,
        "partition": _COUNT,
        "request_id": _TEXT,
        "attempts": _COUNT,
        "failure": _optional(_TEXT),
        "settled_at": _optional(_DATE),
        "parked": _FLAG,
    },
)


def check_form(document: Mapping[str, Any], form: Form) -> Iterator[Offence]:
    """Yield an offence for each field that is missing or is not what the form wants."""
    for name, shape in form.fields.items():
        value = document.get(name, _MISSING)
        if not shape.fits(value):
            promise = Promise.BOUNDS if shape is _RUPIAH else form.promise
            found = "missing" if value is _MISSING else shorten(value)
            yield Offence(promise, _subject(document, form), f"{name} is {found}, not {shape.wanted}")


def _subject(document: Mapping[str, Any], form: Form) -> str:
    key: Any = document.get("_id")
    if form is ENTRY and _entry_key(key):
        return f"entry {key['operation']}/{key['side']}"
    return f"{form.noun} {key if isinstance(key, UUID) else shorten(key)}"


def shorten(value: object) -> str:
    text = repr(value)
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}..."
