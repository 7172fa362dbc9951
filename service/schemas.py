"""What requests look like. Unknown fields are refused, and nothing is converted."""

import re
from typing import Annotated, Any
from uuid import UUID

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, StrictStr, WithJsonSchema
from pydantic_core import PydanticCustomError

from service.patience import LONGEST_WAIT_S
from wallet.rules.money import LARGEST_CAP
from wallet.rules.text import ADDRESS_LENGTH, NAME_LENGTH, REMARKS_LENGTH

_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
_COUNT = re.compile(r"[0-9]{1,9}")


def plain_uuid(text: object) -> UUID:
    """Accept the one spelling of a UUID; Python's own parser takes braces, urn: and stray hyphens too."""
    if not isinstance(text, str) or _UUID.fullmatch(text) is None:
        raise PydanticCustomError("uuid", "must be a uuid")
    return UUID(text)


def _count(text: object) -> int:
    """Accept ASCII digits; pydantic's own parser takes 1.0, 1_0, +1 and spaces too."""
    if not isinstance(text, str) or _COUNT.fullmatch(text) is None:
        raise PydanticCustomError("count", "must be a whole number")
    return int(text)


def _flag(text: object) -> bool:
    """Accept two words; pydantic's own parser takes yes, on, 1 and T too."""
    if text not in ("true", "false"):
        raise PydanticCustomError("flag", "must be true or false")
    return text == "true"


Amount = Annotated[int, Field(strict=True, ge=1, le=LARGEST_CAP, description="Whole rupiah")]
UserId = Annotated[UUID, BeforeValidator(plain_uuid), WithJsonSchema({"type": "string", "format": "uuid"})]

# For those who read the OpenAPI document: what holds is in wallet.rules.
PhoneNumber = Annotated[StrictStr, Field(json_schema_extra={"pattern": r"^(\+?62|0)8[0-9]{7,11}$"})]
Pin = Annotated[StrictStr, Field(json_schema_extra={"pattern": "^[0-9]{6}$"})]
Name = Annotated[StrictStr, Field(json_schema_extra={"minLength": 1, "maxLength": NAME_LENGTH})]
Address = Annotated[StrictStr, Field(json_schema_extra={"maxLength": ADDRESS_LENGTH})]
Remarks = Annotated[StrictStr, Field(json_schema_extra={"maxLength": REMARKS_LENGTH})]

Limit = Annotated[
    int,
    BeforeValidator(_count),
    Field(ge=1, le=1_000),
    WithJsonSchema(
        {
            "type": "integer",
            "minimum": 1,
            "maximum": 1_000,
            "description": "Lines to a page; all lines without it",
        }
    ),
]

Flag = Annotated[
    bool,
    BeforeValidator(_flag),
    WithJsonSchema({"type": "boolean", "description": "Only say what would happen"}),
]


WaitSeconds = Annotated[
    int,
    BeforeValidator(_count),
    Field(ge=1, le=LONGEST_WAIT_S),
    WithJsonSchema(
        {
            "type": "integer",
            "minimum": 1,
            "maximum": LONGEST_WAIT_S,
            "description": "Seconds to wait for the end of the transfer, at most",
        }
    ),
]


class Body(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


def example(**fields: Any) -> ConfigDict:
    return ConfigDict(json_schema_extra={"examples": [fields]})


class RegisterRequest(Body):
    model_config = example(
        first_name="Guntur",
        last_name="Saputro",
        phone_number="0811255501",
        address="Jl. Kebon Sirih No. 1",
        pin="123456",
    )

    first_name: Name
    last_name: Name
    phone_number: PhoneNumber
    address: Address
    pin: Pin


class LoginRequest(Body):
    model_config = example(phone_number="0811255501", pin="123456")

    phone_number: PhoneNumber
    pin: Pin


class PinRequest(Body):
    model_config = example(pin="123456", new_pin="864209")

    pin: Pin
    new_pin: Pin


class LookupRequest(Body):
    model_config = example(phone_number="0811255501")

    phone_number: PhoneNumber


class TopUpRequest(Body):
    model_config = example(amount=500_000)

    amount: Amount


class PaidInRequest(Body):
    model_config = example(user_id="b7342e8e-e8e7-4a5d-873e-b1b1bfcdeddb", amount=500_000)

    user_id: UserId
    amount: Amount


class PayRequest(Body):
    model_config = example(amount=100_000, remarks="Pulsa Telkomsel 100k")

    amount: Amount
    remarks: Remarks = ""


class TransferRequest(Body):
    model_config = example(
        target_user="b7342e8e-e8e7-4a5d-873e-b1b1bfcdeddb", amount=30_000, remarks="Hadiah Ultah"
    )

    target_user: UserId
    amount: Amount
    remarks: Remarks = ""


class TransferQuery(Body):
    dry_run: Flag | None = None


class ProfileRequest(Body):
    """Any of the three; the phone number is the key and stays."""

    model_config = example(first_name="Tom", last_name="Araya", address="Jl. Diponegoro No. 215")

    # Made, not written down: the document would tell a default that the first two refuse.
    first_name: Name = Field(default_factory=str)
    last_name: Name = Field(default_factory=str)
    address: Address = Field(default_factory=str)

    def given(self) -> dict[str, str]:
        return self.model_dump(exclude_unset=True)


class WaitQuery(Body):
    wait: WaitSeconds | None = None
