"""The rules of the ledger by name, and what must hold for any batch at all."""

from dataclasses import replace
from uuid import uuid4

import pytest
from factories import make_entry, make_posting, make_wallet, payment, top_up, transfer_out
from hypothesis import given
from hypothesis import strategies as st

from wallet import clock, errors, ledger
from wallet.ledger import Declined, Posted, Replayed
from wallet.models import EntryId, Kind, Side, WalletStatus
from wallet.rules.money import LARGEST_CAP

DATE = clock.now()
INACTIVE = [WalletStatus.FROZEN, WalletStatus.CLOSED]


def post(*postings, wallets=(), existing=(), cap=LARGEST_CAP):
    return ledger.post(
        postings,
        {wallet.id: wallet for wallet in wallets},
        {entry.id: entry for entry in existing},
        cap=cap,
        date=DATE,
    )


def declined(sheet):
    """Return the kind of the reason of each refusal; None for what was not refused."""
    return [type(outcome.reason) if isinstance(outcome, Declined) else None for outcome in sheet.outcomes]


def transfer_in(target, amount, **overrides):
    return make_posting(
        kind=Kind.TRANSFER_IN, wallet=target, amount=amount, **{"counterparty": uuid4()} | overrides
    )


def refund(sender, amount, **overrides):
    return make_posting(
        kind=Kind.REFUND, wallet=sender, amount=amount, **{"counterparty": uuid4()} | overrides
    )


class TestAnEntry:
    """P5, P6: an entry is what its posting says, on top of what the wallet was."""

    def test_has_the_fields_of_its_posting(self):
        wallet, target = make_wallet(balance=700, seq=4), make_wallet()
        posting = transfer_out(wallet.id, target.id, 500, remarks="arisan")

        entry = post(posting, wallets=[wallet, target]).entries[0]

        assert entry.id == EntryId(posting.operation, Side.DEBIT)
        assert entry.operation == posting.operation
        assert (entry.wallet, entry.counterparty) == (wallet.id, target.id)
        assert (entry.kind, entry.amount, entry.remarks) == (Kind.TRANSFER_OUT, 500, "arisan")
        assert entry.date == DATE

    def test_takes_the_next_seq_and_goes_from_the_wallets_balance_to_its_new_one(self):
        wallet = make_wallet(balance=700, seq=4)

        sheet = post(payment(wallet.id, 500), wallets=[wallet])

        assert (sheet.entries[0].seq, sheet.entries[0].before, sheet.entries[0].after) == (5, 700, 200)
        assert sheet.wallets[wallet.id] == replace(wallet, balance=200, seq=5)

    @pytest.mark.parametrize(
        ("kind", "side", "change"),
        [
            (Kind.TOP_UP, Side.CREDIT, +10),
            (Kind.PAYMENT, Side.DEBIT, -10),
            (Kind.TRANSFER_OUT, Side.DEBIT, -10),
            (Kind.TRANSFER_IN, Side.CREDIT, +10),
            (Kind.REFUND, Side.CREDIT, +10),
        ],
    )
    def test_of_each_kind_moves_money_its_own_way(self, kind, side, change):
        wallet, other = make_wallet(balance=50), make_wallet()
        posting = make_posting(kind=kind, wallet=wallet.id, counterparty=other.id, amount=10)

        entry = post(posting, wallets=[wallet, other]).entries[0]

        assert entry.id.side is side
        assert entry.after - entry.before == change

    def test_credit_and_refund_of_one_transfer_have_the_same_id(self):
        """P3: the primary key alone allows only one of them."""
        operation = uuid4()

        credit, back = transfer_in(uuid4(), 1, operation=operation), refund(uuid4(), 1, operation=operation)

        assert credit.entry_id == back.entry_id


class TestBounds:
    """P2: a balance stays in 0..cap."""

    def test_the_whole_balance_can_be_spent(self):
        wallet = make_wallet(balance=500)

        assert post(payment(wallet.id, 500), wallets=[wallet]).wallets[wallet.id].balance == 0

    @pytest.mark.parametrize("make", [payment, lambda wallet, amount: transfer_out(wallet, wallet, amount)])
    def test_one_rupiah_more_is_refused(self, make):
        wallet = make_wallet(balance=500)

        assert declined(post(make(wallet.id, 501), wallets=[wallet])) == [errors.InsufficientBalance]

    def test_the_cap_can_be_reached(self):
        wallet = make_wallet(balance=400)

        assert post(top_up(wallet.id, 600), wallets=[wallet], cap=1_000).wallets[wallet.id].balance == 1_000

    @pytest.mark.parametrize("make", [top_up, transfer_in, refund])
    def test_one_rupiah_over_the_cap_is_refused(self, make):
        wallet = make_wallet(balance=400)

        sheet = post(make(wallet.id, 601), wallets=[wallet], cap=1_000)

        assert declined(sheet) == [errors.BalanceCapExceeded]
        assert sheet.wallets[wallet.id] == wallet

    def test_amounts_are_exact_up_to_the_largest_cap(self):
        """At 2^53-1, where a double stops counting in ones."""
        wallet = make_wallet(balance=0)

        sheet = post(
            top_up(wallet.id, LARGEST_CAP),
            top_up(wallet.id, 1),
            payment(wallet.id, LARGEST_CAP - 1),
            payment(wallet.id, 2),
            payment(wallet.id, 1),
            wallets=[wallet],
        )

        assert [entry.after for entry in sheet.entries] == [LARGEST_CAP, 1, 0]
        assert declined(sheet) == [None, errors.BalanceCapExceeded, None, errors.InsufficientBalance, None]


class TestWhoMayMoveMoney:
    @pytest.mark.parametrize("kind", [Kind.TOP_UP, Kind.PAYMENT, Kind.TRANSFER_OUT, Kind.REFUND])
    def test_nobody_without_a_wallet(self, kind):
        assert declined(post(make_posting(kind=kind))) == [errors.Unauthenticated]

    def test_a_receiver_without_a_wallet_is_not_found(self):
        assert declined(post(transfer_in(uuid4(), 10))) == [errors.ReceiverNotFound]

    @pytest.mark.parametrize("status", INACTIVE)
    @pytest.mark.parametrize("kind", [Kind.TOP_UP, Kind.PAYMENT, Kind.TRANSFER_OUT])
    def test_nobody_whose_wallet_is_frozen_or_closed(self, kind, status):
        wallet, target = make_wallet(status=status), make_wallet()
        posting = make_posting(kind=kind, wallet=wallet.id, counterparty=target.id)

        (reason,) = declined(post(posting, wallets=[wallet, target]))
        assert reason.code == f"wallet_{status.lower()}", "the owner is told which of the two it is"
        assert issubclass(reason, errors.WalletNotActive)

    @pytest.mark.parametrize("status", INACTIVE)
    def test_a_frozen_or_closed_receiver_gets_nothing(self, status):
        wallet = make_wallet(status=status)

        assert declined(post(transfer_in(wallet.id, 10), wallets=[wallet])) == [errors.ReceiverNotActive]

    @pytest.mark.parametrize("status", WalletStatus)
    def test_a_refund_goes_home_whatever_became_of_the_wallet(self, status):
        wallet = make_wallet(balance=5, status=status)

        assert post(refund(wallet.id, 10), wallets=[wallet]).wallets[wallet.id].balance == 15

    @pytest.mark.parametrize("status", INACTIVE)
    def test_nothing_is_taken_for_a_receiver_who_cannot_receive(self, status):
        wallet, target = make_wallet(), make_wallet(status=status)

        sheet = post(transfer_out(wallet.id, target.id, 10), wallets=[wallet, target])

        assert declined(sheet) == [errors.ReceiverNotActive]
        assert sheet.wallets[wallet.id] == wallet

    def test_nothing_is_taken_for_a_receiver_who_does_not_exist(self):
        wallet = make_wallet()

        assert declined(post(transfer_out(wallet.id, uuid4(), 10), wallets=[wallet])) == [
            errors.ReceiverNotFound
        ]

    def test_nothing_is_taken_for_no_receiver(self):
        wallet = make_wallet()
        posting = make_posting(kind=Kind.TRANSFER_OUT, wallet=wallet.id, counterparty=None)

        assert declined(post(posting, wallets=[wallet])) == [errors.ReceiverNotFound]

    def test_a_receiver_at_the_cap_does_not_keep_a_sender_from_sending(self):
        """The credit is refused later, with a refund: a sender is not told what others have."""
        wallet, target = make_wallet(balance=10), make_wallet(balance=1_000)

        assert declined(
            post(transfer_out(wallet.id, target.id, 10), wallets=[wallet, target], cap=1_000)
        ) == [None]


class TestReplay:
    """P8: the same request again is the same answer again; another one under its key is refused."""

    def test_a_request_that_made_an_entry_gets_that_entry_again(self):
        wallet = make_wallet(balance=10)
        posting = payment(wallet.id, 500, keyed=True)
        made = make_entry(id=posting.entry_id, kind=Kind.PAYMENT, wallet=wallet.id, amount=500)

        sheet = post(posting, wallets=[wallet], existing=[made])

        assert sheet.outcomes == (Replayed(made),)
        assert sheet.entries == []
        assert sheet.wallets[wallet.id] == wallet

    @pytest.mark.parametrize("status", INACTIVE)
    def test_even_when_the_wallet_has_been_frozen_or_closed_since(self, status):
        wallet = make_wallet(status=status)
        posting = payment(wallet.id, 500, keyed=True)
        made = make_entry(id=posting.entry_id, kind=Kind.PAYMENT, wallet=wallet.id, amount=500)

        assert post(posting, wallets=[wallet], existing=[made]).outcomes == (Replayed(made),)

    def test_a_replay_within_one_batch_makes_one_entry(self):
        wallet = make_wallet(balance=700)
        posting = payment(wallet.id, 500, keyed=True)

        sheet = post(posting, posting, wallets=[wallet])

        assert sheet.outcomes == (Posted(sheet.entries[0]), Replayed(sheet.entries[0]))
        assert sheet.wallets[wallet.id].balance == 200

    @pytest.mark.parametrize(
        ("change", "named"),
        [
            ({"amount": 501}, {"amount"}),
            ({"remarks": "other"}, {"remarks"}),
            ({"counterparty": uuid4()}, {"target_user"}),
            ({"amount": 1, "remarks": "x", "counterparty": uuid4()}, {"amount", "remarks", "target_user"}),
        ],
    )
    def test_a_key_reused_names_the_fields_that_differ(self, change, named):
        wallet, target = make_wallet(balance=700), make_wallet()
        first = transfer_out(wallet.id, target.id, 500, keyed=True)

        sheet = post(first, replace(first, **change), wallets=[wallet, target])

        assert declined(sheet) == [None, errors.KeyReused]
        assert set(sheet.outcomes[1].reason.fields) == named
        assert sheet.wallets[wallet.id].balance == 200

    def test_and_says_what_the_first_request_was(self):
        wallet = make_wallet(balance=700)
        first = payment(wallet.id, 500, keyed=True)

        reason = post(first, replace(first, amount=5), wallets=[wallet]).outcomes[1].reason

        assert reason.fields == {"amount": "differs from the first request with this key: 500"}

    def test_what_is_no_money_does_not_make_a_request_another_one(self):
        wallet = make_wallet(balance=700)
        first = payment(wallet.id, 500, keyed=True, request_id="first")

        sheet = post(first, replace(first, request_id="second"), wallets=[wallet])

        assert isinstance(sheet.outcomes[1], Replayed)

    def test_a_refusal_burns_no_key(self):
        wallet = make_wallet(balance=100)
        dear = payment(wallet.id, 500, keyed=True)

        sheet = post(dear, top_up(wallet.id, 400), dear, wallets=[wallet])

        assert declined(sheet) == [errors.InsufficientBalance, None, None]
        assert sheet.wallets[wallet.id].balance == 0


class TestABatch:
    def test_sees_what_the_postings_before_did(self):
        """P7: in order, each on top of the one before."""
        wallet = make_wallet(balance=0, seq=0)

        sheet = post(payment(wallet.id, 1), top_up(wallet.id, 1), payment(wallet.id, 1), wallets=[wallet])

        assert declined(sheet) == [errors.InsufficientBalance, None, None]
        assert [entry.seq for entry in sheet.entries] == [1, 2]

    def test_a_refusal_leaves_its_neighbours_alone(self):
        wallet, other = make_wallet(balance=10, seq=1), make_wallet(balance=10, seq=1)
        good = [payment(wallet.id, 1), payment(other.id, 2), payment(wallet.id, 3)]
        bad = [payment(wallet.id, 99), payment(uuid4(), 1), top_up(wallet.id, LARGEST_CAP)]

        with_bad = post(bad[0], good[0], bad[1], good[1], bad[2], good[2], wallets=[wallet, other])

        assert with_bad.entries == post(*good, wallets=[wallet, other]).entries
        assert with_bad.wallets == post(*good, wallets=[wallet, other]).wallets

    def test_of_nothing_does_nothing(self):
        wallet = make_wallet()

        sheet = post(wallets=[wallet])

        assert (sheet.outcomes, sheet.entries, sheet.wallets) == ((), [], {wallet.id: wallet})

    def test_touches_neither_the_wallets_nor_the_entries_it_is_given(self):
        wallet = make_wallet(balance=10)
        wallets, existing = {wallet.id: wallet}, {}

        ledger.post([payment(wallet.id, 1)], wallets, existing, cap=100, date=DATE)

        assert wallets == {wallet.id: wallet}
        assert existing == {}

    def test_only_wallets_that_moved_are_changed(self):
        wallet, other, idle = (make_wallet(balance=10) for _ in range(3))
        before = {one.id: one for one in (wallet, other, idle)}

        sheet = post(payment(wallet.id, 1), payment(other.id, 99), wallets=before.values())

        assert list(ledger.changed(before, sheet.wallets)) == [(wallet, sheet.wallets[wallet.id])]

    def test_a_wallet_that_ends_where_it_began_is_changed_too(self):
        """Its seq moved: two entries stand behind the same balance."""
        wallet = make_wallet(balance=10)
        before = {wallet.id: wallet}

        sheet = post(payment(wallet.id, 5), top_up(wallet.id, 5), wallets=[wallet])

        assert list(ledger.changed(before, sheet.wallets)) == [(wallet, replace(wallet, seq=wallet.seq + 2))]


CAP = 50
WALLETS = [
    make_wallet(balance=0, seq=0),
    make_wallet(balance=CAP, seq=7),
    make_wallet(balance=20, seq=3),
    make_wallet(balance=20, seq=1, status=WalletStatus.FROZEN),
]
SOMEBODY = [*(wallet.id for wallet in WALLETS), uuid4()]
postings = st.builds(
    make_posting,
    operation=st.sampled_from([uuid4() for _ in range(6)]),
    kind=st.sampled_from(Kind),
    wallet=st.sampled_from(SOMEBODY),
    amount=st.integers(1, CAP + 1),
    remarks=st.sampled_from(["", "x"]),
    counterparty=st.sampled_from([*SOMEBODY, None]),
)
batches = st.lists(postings, max_size=20)


class TestAnyBatchAtAll:
    @given(batches)
    def test_conserves_money(self, batch):
        """P1: what the wallets gained is what the entries say came in, less what they say went out."""
        sheet = post(*batch, wallets=WALLETS, cap=CAP)

        moved = sum(
            entry.amount if entry.kind.side is Side.CREDIT else -entry.amount for entry in sheet.entries
        )
        held = sum(wallet.balance for wallet in sheet.wallets.values())
        assert held - sum(wallet.balance for wallet in WALLETS) == moved

    @given(batches)
    def test_stays_within_bounds(self, batch):
        """P2."""
        sheet = post(*batch, wallets=WALLETS, cap=CAP)

        assert all(0 <= wallet.balance <= CAP for wallet in sheet.wallets.values())
        assert all(1 <= entry.amount <= CAP and 0 <= entry.after <= CAP for entry in sheet.entries)

    @given(batches)
    def test_makes_one_unbroken_chain_per_wallet(self, batch):
        """P6: seq without a gap, each entry from where the one before ended, the last one at the balance."""
        sheet = post(*batch, wallets=WALLETS, cap=CAP)

        state = {wallet.id: (wallet.seq, wallet.balance) for wallet in WALLETS}
        for entry in sheet.entries:
            seq, balance = state[entry.wallet]
            assert (entry.seq, entry.before) == (seq + 1, balance)
            state[entry.wallet] = (entry.seq, entry.after)
        assert state == {wallet.id: (wallet.seq, wallet.balance) for wallet in sheet.wallets.values()}

    @given(batches)
    def test_makes_each_entry_once(self, batch):
        """P3, P8: one entry an id, however often it was asked for."""
        ids = [entry.id for entry in post(*batch, wallets=WALLETS, cap=CAP).entries]

        assert len(ids) == len(set(ids))

    @given(batches)
    def test_answers_each_posting_in_order(self, batch):
        """P5, P7: an outcome for each, and the entry of each is its own."""
        outcomes = post(*batch, wallets=WALLETS, cap=CAP).outcomes

        assert len(outcomes) == len(batch)
        for posting, outcome in zip(batch, outcomes, strict=True):
            if not isinstance(outcome, Declined):
                assert outcome.entry.id == posting.entry_id
                assert outcome.entry.amount == posting.amount
                assert outcome.entry.counterparty == posting.counterparty

    @given(batches)
    def test_can_be_cut_anywhere(self, batch):
        """A batch is only its postings one after the other: one commit or many, the books are the same."""
        together = post(*batch, wallets=WALLETS, cap=CAP)

        wallets, entries, outcomes = {wallet.id: wallet for wallet in WALLETS}, {}, []
        for posting in batch:
            sheet = ledger.post([posting], wallets, entries, cap=CAP, date=DATE)
            wallets = sheet.wallets
            entries |= {entry.id: entry for entry in sheet.entries}
            outcomes += sheet.outcomes

        assert wallets == together.wallets
        assert list(entries.values()) == together.entries
        assert list(map(type, outcomes)) == list(map(type, together.outcomes))

    @given(batches)
    def test_sent_again_changes_nothing(self, batch):
        """P8: whatever had been accepted is replayed, whatever became of the wallets since."""
        first = post(*batch, wallets=WALLETS, cap=CAP)
        accepted = [
            posting
            for posting, outcome in zip(batch, first.outcomes, strict=True)
            if not isinstance(outcome, Declined)
        ]

        again = post(*accepted, wallets=first.wallets.values(), existing=first.entries, cap=CAP)

        assert all(isinstance(outcome, Replayed) for outcome in again.outcomes)
        assert again.wallets == first.wallets

    @given(batches)
    def test_what_is_refused_could_be_left_out(self, batch):
        """P4: a refusal has no effect at all."""
        first = post(*batch, wallets=WALLETS, cap=CAP)
        accepted = [
            posting
            for posting, outcome in zip(batch, first.outcomes, strict=True)
            if not isinstance(outcome, Declined)
        ]

        without = post(*accepted, wallets=WALLETS, cap=CAP)

        assert without.entries == first.entries
        assert without.wallets == first.wallets
