"""Every way in which a ledger can be wrong is found, planted one at a time into one that is right."""

import tracemalloc
from datetime import timedelta
from operator import itemgetter
from uuid import UUID, uuid4

import pytest
from factories import make_entry, make_posting, make_transfer, make_user, make_wallet, top_up, transfer_out
from hypothesis import given
from hypothesis import strategies as st

from wallet import clock, ledger, settlement
from wallet.audit.auditor import Auditor
from wallet.audit.join import full_join
from wallet.audit.report import Promise
from wallet.models import EntryId, Kind, Side, TransferStatus
from wallet.progress import untracked
from wallet.rules.money import LARGEST_CAP
from wallet.store import documents
from wallet.store.snapshot import BY_ID

NOW = clock.now()
SENDER, TARGET, NEWCOMER = (UUID(int=number << 64, version=4) for number in (1, 2, 3))
TOP_UP, PAYMENT, SETTLED, REFUNDED, QUEUED = (UUID(int=number, version=4) for number in range(5))


def in_order_of_bson(value):
    """Compare as MongoDB does: by the type first, then by the value."""
    if isinstance(value, UUID):
        return (3, value.bytes)
    if isinstance(value, dict):
        return (2, [in_order_of_bson(one) for one in value.values()])
    return (1, value) if isinstance(value, int | float) else (4, repr(value))


class Books(dict):
    """A database in memory: documents by collection."""

    def documents(self, collection, order):
        names = [name for name, _ in order]
        return iter(
            sorted(self[collection], key=lambda row: [in_order_of_bson(row.get(name)) for name in names])
        )

    def ids(self, collection):
        return ({"_id": row["_id"]} for row in self.documents(collection, BY_ID))

    def size(self, collection):
        return len(self[collection])

    def user(self, key):
        return next(row for row in self["users"] if row["_id"] == key)

    def wallet(self, key):
        return next(row for row in self["wallets"] if row["_id"] == key)

    def transfer(self, key):
        return next(row for row in self["transfers"] if row["_id"] == key)

    def entry(self, operation, side):
        key = {"operation": operation, "side": side}
        return next(row for row in self["entries"] if row["_id"] == key)

    def audit(self, **options):
        return Auditor(self, **{"cap": LARGEST_CAP, "keep": 100, "track": untracked} | options).run()


@pytest.fixture
def books():
    """A sender who topped up, paid, and has a transfer in each state; a target; and somebody new."""
    rows = [
        make_transfer(id=SETTLED, sender=SENDER, target=TARGET, amount=300, status=TransferStatus.SUCCESS),
        make_transfer(id=REFUNDED, sender=SENDER, target=TARGET, amount=200, status=TransferStatus.FAILED),
        make_transfer(id=QUEUED, sender=SENDER, target=TARGET, amount=100),
    ]
    debits = [transfer_out(SENDER, TARGET, row.amount, operation=row.id) for row in rows]
    refund = make_posting(
        operation=REFUNDED, kind=Kind.REFUND, wallet=SENDER, counterparty=TARGET, amount=200
    )
    sheet = ledger.post(
        [
            top_up(SENDER, 10_000, operation=TOP_UP),
            make_posting(operation=PAYMENT, kind=Kind.PAYMENT, wallet=SENDER, amount=1_000),
            *debits,
            settlement.credit(rows[0]),
            refund,
        ],
        {key: make_wallet(id=key, balance=0, seq=0) for key in (SENDER, TARGET, NEWCOMER)},
        {},
        cap=LARGEST_CAP,
        date=NOW,
    )
    return Books(
        users=[documents.user_document(make_user(id=key)) for key in sheet.wallets],
        wallets=[documents.wallet_document(wallet) for wallet in sheet.wallets.values()],
        entries=[documents.entry_document(entry) for entry in sheet.entries],
        transfers=[documents.transfer_document(row) for row in rows],
    )


def test_a_right_ledger_is_clean_and_counted(books):
    report = books.audit()
    assert report.clean
    assert report.offences == ()
    assert report.counts.users == report.counts.wallets == 3
    assert report.counts.balances == 8_900
    assert report.counts.in_flight == 100
    assert report.counts.entries == {
        Kind.TOP_UP: 1,
        Kind.PAYMENT: 1,
        Kind.TRANSFER_OUT: 3,
        Kind.TRANSFER_IN: 1,
        Kind.REFUND: 1,
    }
    assert report.counts.amounts[Kind.TRANSFER_OUT] == 600
    assert set(report.counts.transfers.values()) == {1}
    assert report.counts.parked == 0


def test_an_empty_database_is_clean():
    assert Books(users=[], wallets=[], entries=[], transfers=[]).audit().clean


PLANTED = [
    # P6, users and wallets
    (lambda b: b["wallets"].remove(b.wallet(NEWCOMER)), "P6", "has no wallet"),
    (lambda b: b["users"].remove(b.user(NEWCOMER)), "P6", "belongs to no user"),
    (lambda b: b["wallets"].remove(b.wallet(TARGET)), "P6", "has entries but does not exist"),
    # P6, the chain of a wallet's entries
    (lambda b: b.wallet(NEWCOMER).update(balance=5), "P6", "its balance is 5, its entries end at 0"),
    (lambda b: b.wallet(NEWCOMER).update(seq=1), "P6", "its seq is 1, that of its last entry is 0"),
    (lambda b: b.wallet(SENDER).update(balance=1), "P6", "its balance is 1, its entries end at 8600"),
    (lambda b: b.wallet(SENDER).update(seq=7), "P6", "its seq is 7, that of its last entry is 6"),
    (lambda b: b["entries"].remove(b.entry(TOP_UP, "CREDIT")), "P6", "its seq is 2, the one before it has 0"),
    (lambda b: b["entries"].remove(b.entry(PAYMENT, "DEBIT")), "P6", "starts from 9000, the one before it"),
    (lambda b: b.entry(PAYMENT, "DEBIT").update(seq=1), "P6", "its seq is 1, the one before it has 1"),
    (lambda b: b.entry(PAYMENT, "DEBIT").update(seq=0), "P6", "its seq is 0"),
    (lambda b: b.entry(PAYMENT, "DEBIT").update(before=9_999), "P6", "starts from 9999"),
    (lambda b: b.entry(PAYMENT, "DEBIT").update(after=9_001), "P6", "goes from 10000 to 9001 by -1000"),
    (lambda b: b.entry(TOP_UP, "CREDIT").update(after=9), "P6", "goes from 0 to 9 by 10000"),
    (lambda b: b.entry(TOP_UP, "CREDIT").update(kind="PAYMENT"), "P6", "a PAYMENT is no CREDIT"),
    (lambda b: b.entry(PAYMENT, "DEBIT").update(kind="REFUND"), "P6", "a REFUND is no DEBIT"),
    (lambda b: b.entry(TOP_UP, "CREDIT").update(counterparty=TARGET), "P6", "a TOP_UP whose counterparty"),
    (lambda b: b.entry(QUEUED, "DEBIT").update(counterparty=None), "P6", "counterparty is None"),
    # P2, the bounds
    (lambda b: b.wallet(NEWCOMER).update(balance=-5), "P2", "its balance -5 is not in 0.."),
    (lambda b: b.wallet(NEWCOMER).update(balance=LARGEST_CAP + 1), "P2", "is not in 0.."),
    (lambda b: b.entry(TOP_UP, "CREDIT").update(amount=0), "P2", "its amount 0 is not in 1.."),
    (lambda b: b.entry(TOP_UP, "CREDIT").update(amount=-1), "P2", "its amount -1 is not in 1.."),
    (lambda b: b.entry(TOP_UP, "CREDIT").update(amount=LARGEST_CAP + 1), "P2", "is not in 1.."),
    (lambda b: b.entry(TOP_UP, "CREDIT").update(before=-1), "P2", "the balance before, -1, is not in 0.."),
    (lambda b: b.entry(TOP_UP, "CREDIT").update(after=-1), "P2", "the balance after, -1, is not in 0.."),
    (lambda b: b.entry(TOP_UP, "CREDIT").update(after=LARGEST_CAP + 1), "P2", "the balance after, 90071992"),
    # P2, whole numbers
    (lambda b: b.entry(TOP_UP, "CREDIT").update(amount=10_000.0), "P2", "amount is 10000.0, not a whole"),
    (lambda b: b.entry(TOP_UP, "CREDIT").update(amount=True), "P2", "amount is True, not a whole"),
    (lambda b: b.entry(TOP_UP, "CREDIT").update(amount="10000"), "P2", "amount is '10000', not a whole"),
    (lambda b: b.entry(TOP_UP, "CREDIT").pop("amount"), "P2", "amount is missing"),
    (lambda b: b.entry(TOP_UP, "CREDIT").update(after=1e4), "P2", "after is 10000.0"),
    (lambda b: b.wallet(SENDER).update(balance=8_600.0), "P2", "balance is 8600.0"),
    (lambda b: b.transfer(QUEUED).update(amount=100.0), "P2", "amount is 100.0"),
    # P3, a transfer's entries
    (lambda b: b["entries"].remove(b.entry(QUEUED, "DEBIT")), "P3", "is PENDING and has no TRANSFER_OUT"),
    (
        lambda b: b.transfer(SETTLED).update(status="PENDING"),
        "P3",
        "is PENDING and has a TRANSFER_IN already",
    ),
    (lambda b: b.transfer(REFUNDED).update(status="PENDING"), "P3", "is PENDING and has a REFUND already"),
    (lambda b: b.transfer(QUEUED).update(status="SUCCESS"), "P3", "is SUCCESS and has no TRANSFER_IN"),
    (lambda b: b.transfer(QUEUED).update(status="FAILED"), "P3", "is FAILED and has no REFUND"),
    (lambda b: b.transfer(SETTLED).update(status="FAILED"), "P3", "kind is TRANSFER_IN, not REFUND"),
    (lambda b: b.transfer(REFUNDED).update(status="SUCCESS"), "P3", "kind is REFUND, not TRANSFER_IN"),
    (lambda b: b.entry(QUEUED, "DEBIT").update(kind="PAYMENT"), "P3", "kind is PAYMENT, not TRANSFER_OUT"),
    (lambda b: b.transfer(SETTLED).update(sender=NEWCOMER), "P3", "credit's counterparty is"),
    (lambda b: b.transfer(SETTLED).update(target=NEWCOMER), "P3", "credit's wallet is"),
    (lambda b: b.transfer(SETTLED).update(amount=301), "P3", "debit's amount is 300, not 301"),
    (lambda b: b.transfer(REFUNDED).update(remarks="?"), "P3", "credit's remarks is , not ?"),
    (lambda b: b.entry(SETTLED, "CREDIT").update(amount=299), "P3", "credit's amount is 299, not 300"),
    (lambda b: b.entry(REFUNDED, "CREDIT").update(wallet=TARGET), "P3", "credit's wallet is"),
    # P3, an entry's transfer
    (lambda b: b["transfers"].remove(b.transfer(QUEUED)), "P3", "a TRANSFER_OUT without its transfer"),
    (lambda b: b["transfers"].remove(b.transfer(SETTLED)), "P3", "a TRANSFER_IN without its transfer"),
    (lambda b: b["transfers"].remove(b.transfer(REFUNDED)), "P3", "a REFUND without its transfer"),
    (
        lambda b: b.entry(REFUNDED, "CREDIT").update(_id={"operation": uuid4(), "side": "CREDIT"}),
        "P3",
        "a REFUND without its transfer",
    ),
    # documents that the program cannot have written
    (lambda b: b["users"].append({"_id": "somebody"}), "P6", "user 'somebody': _id is"),
    (lambda b: b["wallets"].append({"_id": 7}), "P6", "wallet 7: _id is 7, not a uuid"),
    (lambda b: b.wallet(NEWCOMER).update(status="OPEN"), "P6", "status is 'OPEN', not one of ACTIVE"),
    (lambda b: b.wallet(NEWCOMER).update(seq=0.0), "P6", "seq is 0.0"),
    (lambda b: b["entries"].append({"_id": None}), "P6", "_id is None, not an operation and a side"),
    (lambda b: b.entry(PAYMENT, "DEBIT").update(kind=["PAYMENT"]), "P6", "kind is ['PAYMENT']"),
    (lambda b: b.entry(PAYMENT, "DEBIT").update(wallet=str(SENDER)), "P6", "not a uuid"),
    (lambda b: b.entry(PAYMENT, "DEBIT").update(seq="2"), "P6", "seq is '2'"),
    (lambda b: b.entry(PAYMENT, "DEBIT").pop("counterparty"), "P6", "counterparty is missing"),
    (lambda b: b.entry(PAYMENT, "DEBIT").update(date="today"), "P6", "date is 'today', not a date"),
    (
        lambda b: b["entries"].append(
            b.entry(PAYMENT, "DEBIT") | {"_id": {"side": "DEBIT", "operation": PAYMENT}}
        ),
        "P6",
        "not an operation and a side",
    ),
    (lambda b: b["transfers"].append({"_id": "forged"}), "P3", "transfer 'forged': sender is missing"),
    (lambda b: b.transfer(QUEUED).update(status="DONE"), "P3", "status is 'DONE'"),
    (lambda b: b.transfer(QUEUED).update(status={"$ne": 1}), "P3", "status is {'$ne': 1}"),
    (lambda b: b.transfer(QUEUED).update(parked="yes"), "P3", "parked is 'yes', not true or false"),
    (lambda b: b.transfer(QUEUED).update(target=None), "P3", "target is None, not a uuid"),
    (lambda b: b.transfer(QUEUED).update(remarks="x" * 10**6), "P3", "debit's remarks is"),
]


@pytest.mark.parametrize(("plant", "promise", "fault"), PLANTED, ids=map(itemgetter(2), PLANTED))
def test_an_offence_is_found_and_named(books, plant, promise, fault):
    plant(books)
    report = books.audit()
    assert not report.clean
    found = [str(offence) for offence in report.offences if offence.promise == promise]
    assert any(fault in one for one in found), found


def test_money_that_appears_is_missed_by_no_sum(books):
    """Even when the chain of the wallet that got it is unbroken."""
    books.entry(SETTLED, "CREDIT").update(amount=305, after=305)
    books.wallet(TARGET).update(balance=305)
    offences = [one for one in books.audit().offences if one.promise is Promise.CONSERVATION]
    assert [str(one) for one in offences] == [
        "P1 the ledger: balances 8905 + in flight 100 = 9005, but top-ups - payments = 9000: +5"
    ]


def test_a_row_without_a_debit_puts_no_money_in_flight(books):
    forged = make_transfer(sender=TARGET, target=SENDER, amount=10**9)
    books["transfers"].append(documents.transfer_document(forged))
    report = books.audit()
    assert report.counts.in_flight == 100
    assert {offence.promise for offence in report.offences} == {Promise.EXACTLY_ONCE}


def test_a_balance_over_a_lower_cap_is_an_offence(books):
    assert {offence.promise for offence in books.audit(cap=9_999).offences} == {Promise.BOUNDS}


def test_parked_transfers_are_counted_and_still_in_flight(books):
    books.transfer(QUEUED).update(parked=True, failure="poison")
    report = books.audit()
    assert report.clean
    assert report.counts.parked == 1
    assert report.counts.in_flight == 100


def test_all_offences_are_counted_but_only_the_first_are_kept(books):
    books["users"].extend({"_id": uuid4()} for _ in range(50))
    report = books.audit(keep=3)
    assert report.offence_count == 50
    assert len(report.offences) == 3


class Endless(Books):
    """One wallet whose entries are made while they are read."""

    def __init__(self, length):
        key = uuid4()
        self._length, self._key = length, key
        wallet = make_wallet(id=key, balance=length, seq=length)
        super().__init__(
            users=[{"_id": key}],
            wallets=[documents.wallet_document(wallet)],
            entries=[],
            transfers=[],
        )

    def documents(self, collection, order):
        if collection != "entries":
            yield from super().documents(collection, order)
            return
        for seq in range(1, self._length + 1):
            operation = EntryId(UUID(int=seq), Side.CREDIT)
            entry = make_entry(
                id=operation, wallet=self._key, seq=seq, amount=1, before=seq - 1, after=seq, date=NOW
            )
            yield documents.entry_document(entry)


def test_memory_does_not_grow_with_the_ledger():
    tracemalloc.start()
    try:
        assert Endless(5_000).audit().clean
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 500_000


KEYS = st.lists(st.integers(0, 20).map(lambda number: UUID(int=number)))


@given(KEYS, KEYS)
def test_a_join_yields_each_key_once_with_all_its_rows(lefts, rights):
    joined = [
        (key, list(left), list(right))
        for key, left, right in full_join(sorted(lefts), sorted(rights), lambda one: one, lambda one: one)
    ]
    assert joined == [
        (key, [key] * lefts.count(key), [key] * rights.count(key)) for key in sorted({*lefts, *rights})
    ]


def test_rows_that_nobody_read_are_skipped():
    keys = [UUID(int=number) for number in (1, 1, 2)]
    assert [key for key, _, _ in full_join(keys, keys, lambda one: one, lambda one: one)] == keys[1:]


def test_dates_are_no_business_of_the_audit(books):
    """A watcher's clock may be behind the pod's: order is seq."""
    books.entry(SETTLED, "CREDIT").update(date=NOW - timedelta(days=1))
    assert books.audit().clean
