"""What a wallet should do, in a few dicts; and a machine that holds any real one to it, step by step.

The model knows no batches, entries or collections. It is the second opinion: keep it independent and plain.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Protocol
from uuid import UUID, uuid4

import books
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from wallet.ledger import Declined, Outcome, Posted
from wallet.models import Entry, Kind, Posting, Transfer, TransferStatus, Wallet, WalletStatus
from wallet.rules.identity import operation_id

CAP = 100
PEOPLE = 4
STRANGER = uuid4()
"""Somebody without a wallet."""


class Model:
    """Balances, what is in flight, and which keys were used for what."""

    def __init__(self, people: Iterable[UUID]) -> None:
        self.balances = dict.fromkeys(people, 0)
        self.inactive: dict[UUID, str] = {}
        self.everything: dict[UUID, tuple[UUID, UUID, int]] = {}
        self.in_flight: dict[UUID, tuple[UUID, UUID, int]] = {}
        self.done: dict[UUID, TransferStatus] = {}
        self.accepted: dict[UUID, Posting] = {}

    def ask(self, posting: Posting) -> str:
        """Return what must become of a request: ``posted``, ``replayed`` or the code of a refusal."""
        first = self.accepted.get(posting.operation)
        if first is not None:
            same = replace(first, request_id=posting.request_id) == posting
            return "replayed" if same else "idempotency_key_reused"
        refusal = self._refusal(posting)
        if refusal is None:
            self._accept(posting)
        return refusal or "posted"

    def settle(self, transfers: Sequence[UUID]) -> dict[UUID, str] | None:
        """Return what must become of each transfer that is brought to its target: ``credited`` or a code.

        ``None`` when one of them was finished before: then the whole batch must do nothing.
        """
        balances = dict(self.balances)
        words = {one: self._credit(*self.everything[one][1:], balances) for one in transfers}
        credited = [one for one, word in words.items() if word == "credited"]
        if self.done.keys() & credited:
            return None
        self.balances = balances
        for one in credited:
            del self.in_flight[one]
            self.done[one] = TransferStatus.SUCCESS
        return words

    def _credit(self, target: UUID, amount: int, balances: dict[UUID, int]) -> str:
        if target in self.inactive:
            return "receiver_not_active"
        if balances[target] + amount > CAP:
            return "balance_cap_exceeded"
        balances[target] += amount
        return "credited"

    def give_up(self, transfer: UUID) -> str:
        """Return what must become of a transfer that is given up: ``refunded`` or a code."""
        sender, _target, amount = self.in_flight[transfer]
        if self.balances[sender] + amount > CAP:
            return "balance_cap_exceeded"
        self.balances[sender] += amount
        del self.in_flight[transfer]
        self.done[transfer] = TransferStatus.FAILED
        return "refunded"

    def _refusal(self, posting: Posting) -> str | None:
        if posting.wallet in self.inactive:
            return f"wallet_{self.inactive[posting.wallet]}"
        if posting.kind is Kind.TOP_UP:
            over = self.balances[posting.wallet] + posting.amount > CAP
            return "balance_cap_exceeded" if over else None
        if posting.counterparty is not None and posting.counterparty not in self.balances:
            return "receiver_not_found"
        if posting.counterparty in self.inactive:
            return "receiver_not_active"
        return "insufficient_balance" if self.balances[posting.wallet] < posting.amount else None

    def _accept(self, posting: Posting) -> None:
        self.accepted[posting.operation] = posting
        sign = 1 if posting.kind is Kind.TOP_UP else -1
        self.balances[posting.wallet] += sign * posting.amount
        if posting.counterparty is not None:
            transfer = (posting.wallet, posting.counterparty, posting.amount)
            self.in_flight[posting.operation] = self.everything[posting.operation] = transfer


class Subject(Protocol):
    """What is held to the model: the pure ledger, or the store."""

    def open(self, wallets: Sequence[Wallet]) -> None: ...
    def set_status(self, wallet: UUID, status: WalletStatus) -> None: ...
    def post(self, postings: Sequence[Posting]) -> Sequence[Outcome]: ...
    def settle(self, transfers: Sequence[UUID]) -> Mapping[UUID, str] | None: ...
    def give_up(self, transfers: Sequence[UUID]) -> Mapping[UUID, str]: ...
    def wallets(self) -> Mapping[UUID, Wallet]: ...
    def entries(self) -> Collection[Entry]: ...
    def transfers(self) -> Collection[Transfer]: ...
    def pending(self) -> set[UUID]: ...


requests = st.tuples(
    st.sampled_from([Kind.TOP_UP, Kind.TOP_UP, Kind.PAYMENT, Kind.TRANSFER_OUT, Kind.TRANSFER_OUT]),
    st.integers(0, PEOPLE - 1),
    st.integers(0, PEOPLE),
    st.integers(1, 30),
    st.sampled_from(["", "kopi"]),
    st.sampled_from([None, None, "key-1", "key-2"]),
)
STATUSES = [WalletStatus.ACTIVE, *WalletStatus]
"""More often open than not, or nothing would happen."""
subsets = st.lists(st.integers(0, 1_000), min_size=1, max_size=6)


class WalletMachine(RuleBasedStateMachine):
    """Anything anybody may do, in any order; after each step the promises hold and the model agrees."""

    subject: Subject

    @initialize()
    def open_wallets(self) -> None:
        self.people = [uuid4() for _ in range(PEOPLE)]
        self.model = Model(self.people)
        self.subject.open([Wallet(one, 0, 0, WalletStatus.ACTIVE) for one in self.people])
        self._ask([self._posting(Kind.TOP_UP, who, 0, CAP // 2, "", None) for who in range(PEOPLE)])

    @rule(batch=st.lists(requests, min_size=1, max_size=5))
    def top_up_pay_and_transfer(self, batch) -> None:
        """In one commit; P5, P7: each answer is that of its own turn."""
        self._ask([self._posting(*request) for request in batch])

    @precondition(lambda self: any(one.keyed for one in self.model.accepted.values()))
    @rule(which=st.integers(0, 1_000))
    def repeat_a_keyed_request(self, which) -> None:
        """P8: it is replayed, whatever happened since."""
        self._ask([self._keyed(which)])

    @precondition(lambda self: any(one.keyed for one in self.model.accepted.values()))
    @rule(which=st.integers(0, 1_000), more=st.integers(1, 10))
    def use_a_key_for_another_body(self, which, more) -> None:
        """P8: it is refused."""
        first = self._keyed(which)
        self._ask([replace(first, amount=first.amount + more)])

    @precondition(lambda self: self.model.in_flight)
    @rule(which=subsets)
    def settle_some(self, which) -> None:
        self._settle(self._choose(self.model.in_flight, which))

    @precondition(lambda self: self.model.done)
    @rule(which=subsets, pending=subsets)
    def settle_some_again(self, which, pending) -> None:
        """P3: by a watcher that does not know yet that they are finished; they are left alone."""
        self._settle(self._choose(self.model.done, which) + self._choose(self.model.in_flight, pending))

    @precondition(lambda self: self.model.in_flight)
    @rule(which=subsets)
    def give_some_up(self, which) -> None:
        self._give_up(self._choose(self.model.in_flight, which))

    @precondition(lambda self: self.model.done)
    @rule(which=subsets)
    def give_up_what_is_finished(self, which) -> None:
        """P3, P10: a finished transfer is never refunded."""
        assert self.subject.give_up(self._choose(self.model.done, which)) == {}

    @rule(who=st.integers(0, PEOPLE - 1), status=st.sampled_from(STATUSES))
    def freeze_close_or_open(self, who, status) -> None:
        wallet = self.people[who]
        self.subject.set_status(wallet, status)
        self.model.inactive.pop(wallet, None)
        if status is not WalletStatus.ACTIVE:
            self.model.inactive[wallet] = status.lower()

    @invariant()
    def promises_hold(self) -> None:
        """P1, P2, P3, P6."""
        books.recount(self.subject.wallets(), self.subject.entries(), self.subject.transfers(), cap=CAP)

    @invariant()
    def model_agrees(self) -> None:
        assert {key: wallet.balance for key, wallet in self.subject.wallets().items()} == self.model.balances
        in_flight = dict.fromkeys(self.model.in_flight, TransferStatus.PENDING)
        assert {row.id: row.status for row in self.subject.transfers()} == in_flight | self.model.done

    @invariant()
    def nothing_in_flight_is_forgotten(self) -> None:
        assert self.subject.pending() == self.model.in_flight.keys()

    def _ask(self, postings: Sequence[Posting]) -> None:
        outcomes = self.subject.post(postings)
        assert [_word(outcome) for outcome in outcomes] == [self.model.ask(one) for one in postings]

    def _settle(self, transfers: Sequence[UUID]) -> None:
        assert self.subject.settle(transfers) == self.model.settle(transfers)

    def _give_up(self, transfers: Sequence[UUID]) -> None:
        # One of each sender: near the cap the first would win, and who is first is the store's own business.
        ours = {self.model.everything[one][0]: one for one in transfers}.values()
        assert self.subject.give_up(list(ours)) == {one: self.model.give_up(one) for one in ours}

    def _posting(  # noqa: PLR0913, PLR0917
        self, kind: Kind, who: int, target: int, amount: int, remarks: str, key: str | None
    ) -> Posting:
        wallet = self.people[who]
        others = [one for one in self.people if one != wallet]
        return Posting(
            operation=operation_id(wallet, kind, key),
            kind=kind,
            wallet=wallet,
            amount=amount,
            remarks=remarks,
            counterparty=[*others, STRANGER][target % PEOPLE] if kind is Kind.TRANSFER_OUT else None,
            keyed=key is not None,
        )

    def _keyed(self, which: int) -> Posting:
        keyed = [one for one in self.model.accepted.values() if one.keyed]
        return keyed[which % len(keyed)]

    def _choose(self, transfers: Collection[UUID], which: Sequence[int]) -> list[UUID]:
        """Choose some, in the order they were accepted: ids are random, and a machine must be repeatable."""
        ids = list(transfers)
        chosen = {ids[number % len(ids)] for number in which} if ids else set()
        return [one for one in self.model.everything if one in chosen]


def _word(outcome: Outcome) -> str:
    if isinstance(outcome, Declined):
        return outcome.reason.code
    return "posted" if isinstance(outcome, Posted) else "replayed"
