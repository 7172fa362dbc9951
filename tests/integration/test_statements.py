"""The statement of a month: every entry in one of them, whatever clocks say, and only what adds up."""

import csv
import random
import tracemalloc
from collections import Counter
from datetime import UTC, datetime, timedelta
from io import StringIO
from itertools import pairwise
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from bson.int64 import Int64
from factories import open_wallet, open_wallets, post, queue_transfer, set_status, top_up
from histories import Move, lengthen, top_ups

from wallet import statement_csv
from wallet.errors import InvalidInput, Unauthenticated
from wallet.models import Kind, Side, WalletStatus
from wallet.rules.month import Month
from wallet.statements import DoesNotAddUp, Sum
from wallet.store.calendar import MARGIN, Calendar
from wallet.store.statements import StatementStore
from wallet.use_cases.statements import PAGE, Statements

ZONE = ZoneInfo("Asia/Jakarta")
NOVEMBER = Month(2026, 11)
LATER = datetime(2027, 2, 1, tzinfo=UTC)
MEBIBYTE = 1 << 20


def at(day, hour=12, minute=0, *, month=11, year=2026):
    """A moment, as people in the zone read the clock."""
    return datetime(year, month, day, hour, minute, tzinfo=ZONE).astimezone(UTC)


@pytest.fixture
def statements(database):
    """Months, as they look long afterwards unless a test says when."""

    def statements(now=LATER):
        return Statements(StatementStore(database), Calendar(database), lambda: now, ZONE)

    return statements


@pytest.fixture
def wallet(database):
    return open_wallet(database)


def seqs(statements, statement):
    return [entry.seq for page in statements.pages(statement) for entry in page]


def test_a_month_has_what_happened_in_it(database, statements, wallet):
    moves = [
        Move(100, at(31, 23, 59, month=10)),
        Move(200, at(1, 0, 0)),
        Move(-50, at(15)),
        Move(300, at(30, 23, 59)),
        Move(1_000, at(1, 0, 0, month=12)),
    ]
    lengthen(database, wallet, moves)

    found = statements().of(wallet, NOVEMBER)

    assert (found.opening, found.closing) == (100, 550)
    assert (found.first, found.last, found.count) == (2, 4, 3)
    assert found.totals == {Kind.TOP_UP: Sum(2, 500), Kind.PAYMENT: Sum(1, 50)}
    assert seqs(statements(), found) == [2, 3, 4]


def test_months_before_after_and_without_entries_are_empty(database, statements, wallet):
    lengthen(database, wallet, [Move(100, at(5)), Move(50, at(5, month=1, year=2027))])

    seen = {
        str(month): (found.opening, found.closing, found.count)
        for month in (Month(1970, 1), Month(2026, 10), Month(2026, 12), Month(2027, 2))
        for found in [statements().of(wallet, month)]
    }

    assert seen == {
        "1970-01": (0, 0, 0),
        "2026-10": (0, 0, 0),
        "2026-12": (100, 100, 0),
        "2027-02": (150, 150, 0),
    }


def test_of_a_wallet_that_never_moved_there_is_an_empty_one(statements, wallet):
    found = statements().of(wallet, NOVEMBER)

    assert (found.opening, found.closing, found.count, found.totals) == (0, 0, 0, {})
    assert seqs(statements(), found) == []


def test_a_month_that_has_not_begun_is_refused(statements, wallet):
    begins = at(1, 0)
    statements(begins).of(wallet, NOVEMBER)

    with pytest.raises(InvalidInput) as refusal:
        statements(begins - timedelta(milliseconds=1)).of(wallet, NOVEMBER)
    assert set(refusal.value.fields) == {"month"}


def test_somebody_who_is_nobody_has_none(statements):
    with pytest.raises(Unauthenticated):
        statements().of(UUID(int=7), NOVEMBER)


def test_the_month_that_runs_is_told_so_far(database, statements, wallet):
    """And what comes while it is read does not get into it."""
    lengthen(database, wallet, [Move(100, at(2)), Move(200, at(3))])
    running = statements(at(4))
    found = running.of(wallet, NOVEMBER)
    lengthen(database, wallet, [Move(400, at(5))])

    assert (found.complete, found.closing, found.as_of) == (False, 300, at(4))
    assert seqs(running, found) == [1, 2]
    assert running.of(wallet, NOVEMBER).closing == 700


def test_it_is_complete_when_the_next_month_has_an_entry_or_clocks_cannot_be_so_late(
    database, statements, wallet
):
    lengthen(database, wallet, [Move(100, at(30))])
    over = at(1, 0, month=12)

    assert not statements(over).of(wallet, NOVEMBER).complete
    assert statements(over + MARGIN).of(wallet, NOVEMBER).complete
    lengthen(database, wallet, [Move(1, over)])
    assert statements(over).of(wallet, NOVEMBER).complete


def ledger_of_skewed_pods(seed):
    """Moves around the turns of four months, dated by pods whose clocks are up to two hours apart."""
    lot = random.Random(seed)
    pods = [timedelta(minutes=lot.randint(-60, 60)) for _ in range(4)]
    turns = [at(1, 0, month=month) for month in (10, 11, 12)]
    times = sorted(
        lot.choice(turns) + timedelta(minutes=lot.randint(-200, 200)) for _ in range(lot.randint(0, 150))
    )
    return [Move(lot.randint(1, 9), time + lot.choice(pods)) for time in times]


@pytest.mark.parametrize("seed", range(12))
def test_neighbouring_statements_tile_the_chain_although_clocks_differ(database, statements, wallet, seed):
    """No entry is in two months or in none, and each month opens with what the one before closed with."""
    moves = ledger_of_skewed_pods(seed)
    lengthen(database, wallet, moves)
    months = [Month(2026, number) for number in range(8, 13)] + [Month(2027, 1)]

    found = [statements().of(wallet, month) for month in months]

    for earlier, later in pairwise(found):
        assert (earlier.last + 1, earlier.closing) == (later.first, later.opening)
    assert [seq for one in found for seq in seqs(statements(), one)] == list(range(1, len(moves) + 1))
    for month, one in zip(months, found, strict=True):
        dated = [seq for seq, move in enumerate(moves, 1) if move.date >= month.begins(ZONE)]
        assert one.first == min(dated, default=len(moves) + 1)


@pytest.mark.parametrize("seed", range(6))
def test_they_tile_the_same_while_the_ledger_grows(database, statements, wallet, seed):
    """What a month was once it is complete, it stays."""
    moves, months = ledger_of_skewed_pods(seed), [Month(2026, number) for number in (9, 10, 11)]
    complete = {}
    for start in range(0, len(moves), 7):
        some = moves[start : start + 7]
        lengthen(database, wallet, some)
        now = some[-1].date
        for month in (one for one in months if one.begins(ZONE) <= now):
            one = statements(now).of(wallet, month)
            span = (one.first, one.last, one.opening, one.closing)
            assert complete.get(month, span) == span
            if one.complete:
                complete[month] = span


def test_the_margin_is_looked_through_and_no_more(database, statements, wallet):
    """A pod that is two hours ahead dates one entry into the next month; the rest of the day follows it."""
    turn = at(1, 0, month=12)
    early = [Move(1, turn - timedelta(hours=9) + timedelta(minutes=10 * number)) for number in range(40)]
    ahead = Move(1, turn + timedelta(minutes=1))
    late = [Move(1, turn - MARGIN + timedelta(minutes=2 + number)) for number in range(90)]
    lengthen(database, wallet, [*early, ahead, *late])

    november, december = (statements().of(wallet, month) for month in (NOVEMBER, Month(2026, 12)))

    assert (november.last, december.first, december.last) == (40, 41, 131)


def test_totals_are_by_kind_and_by_side(database, statements, settle):
    guntur, tom = open_wallets(database, 2, 10_000)
    queue_transfer(database, guntur, tom, 100)
    queue_transfer(database, tom, guntur, 7)
    settle()
    set_status(database, tom, WalletStatus.FROZEN)
    post(database, top_up(guntur, 3))
    set_status(database, tom, WalletStatus.ACTIVE)
    queue_transfer(database, guntur, tom, 40)
    set_status(database, tom, WalletStatus.FROZEN)
    settle()
    now = datetime.now(UTC) + timedelta(seconds=1)
    today = now.astimezone(ZONE)

    found = statements(now).of(guntur, Month(today.year, today.month))

    assert found.totals == {
        Kind.TOP_UP: Sum(2, 10_003),
        Kind.TRANSFER_OUT: Sum(2, 140),
        Kind.TRANSFER_IN: Sum(1, 7),
        Kind.REFUND: Sum(1, 40),
    }
    assert (found.moved(Side.DEBIT), found.moved(Side.CREDIT)) == (Sum(2, 140), Sum(4, 10_050))
    assert found.closing == 10_000 + 3 - 140 + 7 + 40


@pytest.mark.forged
class TestALedgerThatContradictsItself:
    """Something else than this program changed it; not a figure of it is shown."""

    @pytest.fixture
    def wallet(self, database):
        wallet = open_wallet(database)
        lengthen(database, wallet, [Move(10, at(1)), Move(20, at(2)), Move(30, at(3)), Move(40, at(4))])
        return wallet

    def forge(self, database, wallet, seq, **fields):
        changed = {name: Int64(value) for name, value in fields.items()}
        database["entries"].update_one({"wallet": wallet, "seq": seq}, {"$set": changed})

    def test_an_amount_that_was_changed(self, database, statements, wallet):
        self.forge(database, wallet, 2, amount=21)

        with pytest.raises(DoesNotAddUp):
            statements().of(wallet, NOVEMBER)

    def test_an_entry_that_was_removed(self, database, statements, wallet):
        database["entries"].delete_one({"wallet": wallet, "seq": 3})

        with pytest.raises(DoesNotAddUp):
            statements().of(wallet, NOVEMBER)

    def test_balances_that_were_changed_amid_the_chain(self, database, statements, wallet):
        """The totals are right; the chain is not."""
        self.forge(database, wallet, 2, before=11, after=31)
        found = statements().of(wallet, NOVEMBER)

        with pytest.raises(DoesNotAddUp):
            seqs(statements(), found)

    def test_an_answer_is_an_error_without_a_figure(self, api, database):
        user = api.sign_up()
        for amount in (1, 2, 3):
            user.top_up(amount)
        month = user.transactions().result[0]["created_date"][:7]
        self.forge(database, UUID(user.id), 2, amount=77)

        reply = user.get(f"/statements/{month}")

        assert (reply.status, reply.json["code"]) == (500, "internal_error")
        assert "77" not in reply.json["message"]

    @pytest.mark.parametrize("form", ["json", "csv"])
    def test_an_answer_that_has_begun_is_cut_off(self, app, api, database, form):
        user = api.sign_up()
        wallet = UUID(user.id)
        lengthen(database, wallet, top_ups(PAGE + 2, datetime.now(UTC) - timedelta(seconds=1)))
        self.forge(database, wallet, PAGE + 1, before=1, after=2)
        month = user.transactions(limit=1).result[0]["created_date"][:7]
        headers = {"Authorization": f"Bearer {user.token}"}

        reply = app.test_client().get(f"/statements/{month}?format={form}", headers=headers, buffered=False)
        received = []
        with pytest.raises(DoesNotAddUp):
            received.extend(reply.iter_encoded())

        whole = b"".join(received)
        assert reply.status_code == 200
        assert whole.count(b"TOP_UP") >= PAGE
        assert not whole.endswith(b"]}}")
        assert statement_csv.LAST_ROW.encode() not in whole


class TestOverHttp:
    @pytest.fixture
    def guntur(self, api):
        return api.sign_up()

    @pytest.fixture
    def month(self, guntur):
        """The one in which they moved money."""
        guntur.top_up(1_000)
        guntur.pay(300, "=1+1")
        return guntur.transactions().result[0]["created_date"][:7]

    def test_as_json(self, guntur, month):
        reply = guntur.get(f"/statements/{month}")
        result = reply.result
        payment, top_up = guntur.transactions().result

        assert reply.headers["Content-Type"] == "application/json"
        assert [{**one, "status": "SUCCESS"} for one in result.pop("entries")] == [
            {"seq": 1, **top_up},
            {"seq": 2, **payment},
        ]
        nothing = {"count": 0, "amount": 0}
        assert result == {
            "month": month,
            "user_id": guntur.id,
            "as_of": result["as_of"],
            "complete": False,
            "opening_balance": 0,
            "closing_balance": 700,
            "totals": {
                "debits": {"count": 1, "amount": 300},
                "credits": {"count": 1, "amount": 1_000},
                "by_kind": {
                    "TOP_UP": {"count": 1, "amount": 1_000},
                    "PAYMENT": {"count": 1, "amount": 300},
                    "TRANSFER_OUT": nothing,
                    "TRANSFER_IN": nothing,
                    "REFUND": nothing,
                },
            },
        }

    def test_as_csv(self, guntur, month):
        reply = guntur.get(f"/statements/{month}?format=csv")
        rows = list(csv.DictReader(StringIO(reply.body.decode("utf-8-sig"), newline="")))

        assert reply.headers["Content-Type"] == "text/csv; charset=utf-8"
        assert reply.headers["Content-Disposition"] == f'attachment; filename="dompet-{month}.csv"'
        assert [row["kind"] for row in rows[:4]] == [
            *("OPENING_BALANCE", "TOP_UP", "PAYMENT", "CLOSING_BALANCE"),
        ]
        assert (rows[2]["remarks"], rows[2]["debit"], rows[2]["balance"]) == ("'=1+1", "300", "700")
        assert rows[-1]["kind"] == statement_csv.LAST_ROW

    @pytest.mark.parametrize(
        ("accept", "query", "form"),
        [
            ("text/csv", "", "text/csv"),
            ("text/csv;q=0.9, application/json;q=0.8", "", "text/csv"),
            ("text/csv", "?format=json", "application/json"),
            ("application/json", "?format=csv", "text/csv"),
            ("text/csv;q=0.5, application/json", "", "application/json"),
            ("*/*", "", "application/json"),
            ("text/*", "", "text/csv"),
            ("image/png", "", "application/json"),
            ("", "", "application/json"),
            ("nonsense;;;", "", "application/json"),
        ],
    )
    def test_the_form_is_what_is_asked_for_and_json_otherwise(self, guntur, month, accept, query, form):
        reply = guntur.get(f"/statements/{month}{query}", headers={"Accept": accept})

        assert (reply.status, reply.headers["Content-Type"].partition(";")[0]) == (200, form)

    @pytest.mark.parametrize("month", ["2026-13", "2026-1", "2026", "now", "2026-11-01", "%20", "9999-01"])
    def test_what_is_no_month_is_refused_by_name(self, guntur, month):
        reply = guntur.get(f"/statements/{month}")

        assert (reply.status, reply.json["code"], set(reply.json["errors"])) == (
            *(400, "invalid_input"),
            {"month"},
        )

    def test_so_is_a_month_that_has_not_begun(self, guntur):
        reply = guntur.get("/statements/2999-12")

        assert (reply.status, reply.json["errors"]) == (400, {"month": "has not begun yet"})

    def test_another_form_is_refused(self, guntur, month):
        assert set(guntur.get(f"/statements/{month}?format=pdf").json["errors"]) == {"format"}

    def test_a_month_before_they_came_is_empty(self, guntur, month):
        result = guntur.get("/statements/2020-02").result

        assert month > "2020-02"
        assert (result["opening_balance"], result["closing_balance"], result["entries"]) == (0, 0, [])

    def test_more_than_a_page_in_memory_is_whole(self, guntur, database):
        lengthen(database, UUID(guntur.id), top_ups(2 * PAGE + 3, datetime.now(UTC) - timedelta(hours=1)))
        months = {line["created_date"][:7] for line in guntur.transactions().result}

        entries = [
            one for month in sorted(months) for one in guntur.get(f"/statements/{month}").result["entries"]
        ]

        assert [one["seq"] for one in entries] == list(range(1, 2 * PAGE + 4))
        assert Counter(one["kind"] for one in entries) == {"TOP_UP": 2 * PAGE + 3}


def test_memory_does_not_grow_with_the_entries(database, statements, wallet):
    """A hundred thousand entries go through as two thousand do, a page at a time."""
    few, many = Month(2026, 9), Month(2026, 10)
    lengthen(database, wallet, top_ups(2_000, at(2, month=9)))
    lengthen(database, wallet, top_ups(98_000, at(2, month=10)))

    def peak(month):
        found = statements().of(wallet, month)
        tracemalloc.start()
        size = sum(map(len, statement_csv.chunks(found, statements().pages(found), ZONE)))
        _, most = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        return size, most

    (small, at_few), (large, at_many) = peak(few), peak(many)

    assert large > 40 * small
    assert at_many < at_few + MEBIBYTE
