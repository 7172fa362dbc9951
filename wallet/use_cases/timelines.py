"""How one's own transfers went, step by step."""

from uuid import UUID

from wallet.errors import NotFound
from wallet.store.cases import CaseStore
from wallet.timeline import Event, told


class Timelines:
    """Reads everything there is about a transfer, and tells what its two sides may know."""

    def __init__(self, cases: CaseStore) -> None:
        self._cases = cases

    def of(self, user: UUID, transfer_id: UUID) -> list[Event]:
        """Return the steps of a transfer that ``user`` sent or is to receive, oldest first.

        Raises:
            NotFound: there is none, or it is between others.
            Unavailable: the store cannot answer now.
        """
        case = self._cases.case(transfer_id)
        if case is None or user not in case.owners:
            raise NotFound
        return told(case)
