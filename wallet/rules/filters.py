"""Which of their transactions somebody wants to see."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from wallet.models import Kind, Side, TransferStatus


@dataclass(frozen=True, slots=True)
class Filter:
    """What is not said may be anything; all that is said must be so."""

    kind: Kind | None = None
    side: Side | None = None
    status: TransferStatus | None = None
    since: datetime | None = None
    until: datetime | None = None
    """This moment is no longer wanted."""
    counterparty: UUID | None = None
    text: str = ""
    """Somewhere in the remarks, in capitals or not."""

    @property
    def kinds(self) -> frozenset[Kind]:
        """The kinds of entries that can be wanted; it may be that none can."""
        return frozenset(kind for kind in Kind if self._may_be(kind))

    def _may_be(self, kind: Kind) -> bool:
        return (
            self.kind in (None, kind)
            and self.side in (None, kind.side)
            # Only what was sent to somebody can be under way, or have failed.
            and (self.status in (None, TransferStatus.SUCCESS) or kind is Kind.TRANSFER_OUT)
        )


EVERYTHING = Filter()
