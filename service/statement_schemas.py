"""What requests for statements look like."""

from enum import StrEnum
from typing import Annotated

from pydantic import WithJsonSchema

from service.schemas import Body


class Format(StrEnum):
    JSON = "json"
    CSV = "csv"

    @property
    def mimetype(self) -> str:
        return "text/csv" if self is Format.CSV else "application/json"


FormatName = Annotated[
    Format,
    WithJsonSchema(
        {
            "type": "string",
            "enum": list(Format),
            "description": "Before the header Accept; JSON where neither says",
        }
    ),
]


class StatementQuery(Body):
    format: FormatName | None = None
