"""What requests for transactions look like."""

from datetime import tzinfo
from enum import StrEnum
from typing import Annotated, Any
from uuid import UUID

from pydantic import BeforeValidator, Field, StrictStr, WithJsonSchema

from service.replies import Json
from service.schemas import Body, Limit, plain_uuid
from wallet.models import Kind, Side, TransferStatus
from wallet.rules import dates, text
from wallet.rules.filters import Filter


def _told(description: str, **schema: Any) -> WithJsonSchema:
    return WithJsonSchema({"type": "string", **schema, "description": description})


def _among(words: type[StrEnum], description: str) -> WithJsonSchema:
    return _told(description, enum=list(words))


KindName = Annotated[Kind, _among(Kind, "Only this kind")]
SideName = Annotated[Side, _among(Side, "Only what came in, CREDIT, or what went out, DEBIT")]
StatusName = Annotated[TransferStatus, _among(TransferStatus, "Only what is in this state")]
Start = Annotated[
    StrictStr,
    _told("From this day on, or this second; in the zone of the dates shown", pattern=f"^{dates.PATTERN}$"),
]
End = Annotated[StrictStr, _told("To the end of this day, or this second", pattern=f"^{dates.PATTERN}$")]
OtherUser = Annotated[
    UUID,
    BeforeValidator(plain_uuid),
    _told("Only what came from this user, went to them, or came back from them", format="uuid"),
]
Words = Annotated[
    StrictStr,
    _told("Only with this in the remarks, in capitals or not", minLength=1, maxLength=text.REMARKS_LENGTH),
]
Place = Annotated[StrictStr, _told("Where the page starts: from the Link header of the page before")]
TransferId = Annotated[
    UUID,
    BeforeValidator(plain_uuid),
    _told("First waits until this transfer is settled, 7 seconds at most", format="uuid"),
]


class TransactionsQuery(Body):
    limit: Limit | None = None
    cursor: Place | None = None
    kind: KindName | None = None
    type: SideName | None = None
    status: StatusName | None = None
    from_: Start | None = Field(None, alias="from")
    to: End | None = None
    counterparty: OtherUser | None = None
    text: Words | None = None
    after_transfer: TransferId | None = None

    def filter(self, zone: tzinfo) -> Filter:
        """Return what is wanted, with the dates in ``zone``.

        Raises:
            InvalidInput: a date is none, or the text has characters that remarks cannot have.
        """
        return Filter(
            kind=self.kind,
            side=self.type,
            status=self.status,
            since=dates.start("from", self.from_, zone) if self.from_ is not None else None,
            until=dates.end("to", self.to, zone) if self.to is not None else None,
            counterparty=self.counterparty,
            text=_words(self.text) if self.text is not None else "",
        )

    def kept(self) -> Json:
        """Return what the pages of one list have in common, as it stands in an address."""
        return self.model_dump(
            mode="json", by_alias=True, exclude_none=True, exclude={"cursor", "after_transfer"}
        )


def _words(given: str) -> str:
    return text.clean("text", given, longest=text.REMARKS_LENGTH, shortest=1)
