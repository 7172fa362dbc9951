"""The limits of an installation, as its environment writes them: a JSON object for each kind."""

from datetime import tzinfo
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from wallet.models import Kind
from wallet.rules.limits import Limit, Limits
from wallet.rules.money import LARGEST_CAP

_Rupiah = Annotated[int, Field(ge=0, le=LARGEST_CAP)]
_Times = Annotated[int, Field(ge=0, le=LARGEST_CAP)]


class LimitSettings(BaseModel):
    """The most of one kind; what is left out has no limit."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    operation_amount: _Rupiah | None = None
    day_amount: _Rupiah | None = None
    day_count: _Times | None = None
    month_amount: _Rupiah | None = None
    month_count: _Times | None = None


def limits(
    top_up: LimitSettings, payment: LimitSettings, transfer: LimitSettings, zone: tzinfo
) -> Limits | None:
    """Return the limits; ``None`` where nothing is limited, so that nothing is counted."""
    told = {Kind.TOP_UP: top_up, Kind.PAYMENT: payment, Kind.TRANSFER_OUT: transfer}
    by_kind = {kind: Limit(**one.model_dump()) for kind, one in told.items() if one != LimitSettings()}
    return Limits(by_kind, zone) if by_kind else None
