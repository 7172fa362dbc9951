"""What would become of a transfer, if it were asked for now."""

from collections.abc import Callable
from uuid import UUID

from wallet.ledger import Outcome
from wallet.models import Posting
from wallet.use_cases.movements import Caller, Receipt, receipt, transfer_posting

Foresee = Callable[[Posting], Outcome]
"""Returns what the ledger would answer, and writes nothing."""


class Previews:
    """Looks only. Whoever moves money meanwhile may change what the look told."""

    def __init__(self, foresee: Foresee, *, cap: int) -> None:
        self._foresee = foresee
        self._cap = cap

    def transfer(self, caller: Caller, target: UUID, amount: int, remarks: str) -> Receipt:
        """Return what the receipt of such a transfer would be: nothing is written, no key is used up.

        Raises:
            As ``Movements.transfer``.
        """
        return receipt(self._foresee(transfer_posting(caller, target, amount, remarks, cap=self._cap)))
