"""Top up, pay, transfer: each is one posting and the entry it made."""

from collections.abc import Callable
from dataclasses import dataclass
from uuid import UUID

from wallet.errors import InvalidInput, ReceiverNotFound, Unauthenticated
from wallet.ledger import Declined, Outcome, Replayed
from wallet.models import Entry, Kind, Posting
from wallet.rules import money, text
from wallet.rules.identity import operation_id

_PROVIDER = "provider"

Submit = Callable[[Posting], Outcome]
"""Commits one posting, alone or in company."""


@dataclass(frozen=True, slots=True)
class Receipt:
    """The entry that a request made, now or the first time it was sent."""

    entry: Entry
    replayed: bool


@dataclass(frozen=True, slots=True)
class Caller:
    """Who asks, the idempotency key of the request, and the id that its log lines carry."""

    user: UUID
    key: str | None = None
    request_id: str = ""


class Movements:
    """What a user does with money."""

    def __init__(self, submit: Submit, *, cap: int) -> None:
        self._submit = submit
        self._cap = cap

    def top_up(self, caller: Caller, amount: int) -> Receipt:
        """Bring ``amount`` rupiah into the caller's wallet.

        Raises:
            InvalidInput: no amount, or no key.
            BalanceCapExceeded, WalletNotActive, KeyReused: nothing was written.
        """
        return self._submitted(_posting(caller, Kind.TOP_UP, amount))

    def paid_in(self, user: UUID, amount: int, message: str, request_id: str) -> Receipt:
        """Bring in what the payment provider says in ``message``, an id that is its own for ever.

        Raises:
            InvalidInput: the id or the amount cannot be one.
            ReceiverNotFound: nobody has this id.
            BalanceCapExceeded, WalletNotActive, LimitExceeded, KeyReused: nothing was written.
        """
        # Apart from the keys that users choose: nobody can use up a message before it comes.
        posting = _posting(Caller(user, message, request_id), Kind.TOP_UP, amount, scope=_PROVIDER)
        try:
            return self._submitted(posting)
        except Unauthenticated:
            raise ReceiverNotFound from None

    def pay(self, caller: Caller, amount: int, remarks: str) -> Receipt:
        """Take ``amount`` rupiah out of the caller's wallet.

        Raises:
            InvalidInput: a field is wrong.
            InsufficientBalance, WalletNotActive, KeyReused: nothing was written.
        """
        return self._submitted(_posting(caller, Kind.PAYMENT, amount, remarks))

    def transfer(self, caller: Caller, target: UUID, amount: int, remarks: str) -> Receipt:
        """Take ``amount`` rupiah out of the caller's wallet and queue it for ``target``.

        Raises:
            InvalidInput: a field is wrong, or the target is the caller.
            ReceiverNotFound, ReceiverNotActive: nobody can receive it.
            InsufficientBalance, WalletNotActive, KeyReused: nothing was written.
        """
        return receipt(self._submit(transfer_posting(caller, target, amount, remarks, cap=self._cap)))

    def _submitted(self, posting: Posting) -> Receipt:
        money.check_amount(posting.amount, cap=self._cap)
        return receipt(self._submit(posting))


def transfer_posting(caller: Caller, target: UUID, amount: int, remarks: str, *, cap: int) -> Posting:
    """Return the posting that takes ``amount`` rupiah out of the caller's wallet for ``target``.

    Raises:
        InvalidInput: a field is wrong, or the target is the caller.
    """
    if target == caller.user:
        raise InvalidInput({"target_user": "must be somebody else"})
    posting = _posting(caller, Kind.TRANSFER_OUT, amount, remarks, target)
    money.check_amount(amount, cap=cap)
    return posting


def _posting(  # noqa: PLR0913
    caller: Caller,
    kind: Kind,
    amount: int,
    remarks: str = "",
    counterparty: UUID | None = None,
    *,
    scope: str = "",
) -> Posting:
    return Posting(
        operation=operation_id(caller.user, kind, caller.key, scope),
        kind=kind,
        wallet=caller.user,
        amount=amount,
        remarks=text.remarks(remarks),
        counterparty=counterparty,
        keyed=caller.key is not None,
        request_id=caller.request_id,
    )


def receipt(outcome: Outcome) -> Receipt:
    """Return what the ledger made, or raise why it made nothing."""
    if isinstance(outcome, Declined):
        raise outcome.reason
    return Receipt(outcome.entry, replayed=isinstance(outcome, Replayed))
