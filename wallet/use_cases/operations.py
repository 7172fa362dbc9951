"""What operators do with transfers, each time with a reason that is written down."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from uuid import UUID

import structlog

from wallet.cases import Action, Case, Note
from wallet.clock import Clock
from wallet.errors import NotFound, Refused
from wallet.foresight import ARRIVED_ALREADY, BY_OPERATOR, CHANGED, EXPLANATIONS, Prospect, foresee
from wallet.rules import text
from wallet.settlement import NO_DEBIT, Refund
from wallet.store.cases import CaseStore
from wallet.store.faults import AlreadyExists
from wallet.store.marking import OperatorMarks
from wallet.store.settling import SettlementEngine

REASON_LENGTH = 200

_log = structlog.get_logger("operations")


class TransferNotFound(NotFound):
    message = "There is no transfer with this id"


class OperationRefused(Refused):
    """The transfer is not in a state for this. Nothing was written; ``reason`` is the code of why."""

    code = "operation_refused"

    def __init__(self, action: Action, reason: str) -> None:
        super().__init__(f"Cannot {action} this transfer: {EXPLANATIONS.get(reason, reason)}")
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Operator:
    """Who does it and why."""

    name: str
    reason: str


def _unheard(_refunds: Sequence[Refund]) -> None:
    """Refunds concern nobody here."""


class Operations:
    """Looks and acts. The looks tell what would happen; only the act decides, whoever races it."""

    def __init__(  # noqa: PLR0913
        self,
        cases: CaseStore,
        marks: OperatorMarks,
        engine: SettlementEngine,
        clock: Clock,
        *,
        cap: int,
        refunded: Callable[[Sequence[Refund]], None] = _unheard,
    ) -> None:
        self._cases = cases
        self._marks = marks
        self._engine = engine
        self._clock = clock
        self._cap = cap
        self._refunded = refunded

    def case(self, transfer_id: UUID) -> Case:
        """Return all there is about a transfer.

        Raises:
            TransferNotFound: there is none.
        """
        case = self._cases.case(transfer_id)
        if case is None:
            raise TransferNotFound
        return case

    def foresee(self, action: Action, case: Case) -> Prospect:
        """Return what ``action`` would come to now."""
        return foresee(action, case, cap=self._cap, date=self._clock())

    def perform(self, action: Action, transfer_id: UUID, operator: Operator) -> Case:
        """Do it, write down who did it and why, and return the transfer as it is afterwards.

        Raises:
            InvalidInput: no reason is given, or it cannot be one.
            TransferNotFound, OperationRefused: nothing was written.
            Unavailable: the store cannot answer now; look at the transfer before trying again.
        """
        reason = text.clean("reason", operator.reason, longest=REASON_LENGTH, shortest=1)
        note = Note(action.value, operator.name, reason, self._clock())
        if not self._done(action, transfer_id, note):
            raise self._refusal(action, transfer_id)
        after = self.case(transfer_id)
        _log.warning(
            "operator_acted",
            action=action.value,
            transfer_id=str(transfer_id),
            request_id=str(after.row.request_id),
            operator=operator.name,
            reason=reason,
        )
        return after

    def _done(self, action: Action, transfer_id: UUID, note: Note) -> bool:
        if action is Action.RETRY:
            return self._marks.unpark(transfer_id, note)
        if action is Action.PARK:
            return self._marks.park(transfer_id, BY_OPERATOR[action], note)
        return self._failed(transfer_id, note)

    def _failed(self, transfer_id: UUID, note: Note) -> bool:
        """Refund through the engine that the watchers use: what is no longer pending is not refunded."""
        why = BY_OPERATOR[Action.FAIL]
        try:
            refunds = self._engine.give_up({transfer_id: why}, self._clock())
        except AlreadyExists:
            raise OperationRefused(Action.FAIL, ARRIVED_ALREADY) from None
        for reason in refunds.stuck.values():
            raise OperationRefused(Action.FAIL, NO_DEBIT if reason == why else reason)
        if refunds.refunded:
            self._refunded(refunds.refunded)
            self._marks.sign(transfer_id, note)
        return bool(refunds.refunded)

    def _refusal(self, action: Action, transfer_id: UUID) -> Refused:
        """Return why it did nothing, by a look right after it."""
        prospect = self.foresee(action, self.case(transfer_id))
        return OperationRefused(action, CHANGED if prospect.possible else prospect.reason)
