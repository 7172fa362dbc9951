"""How much one may move in an operation, a day and a month: exact, by the zone's days, never backwards."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from factories import make_entry, make_posting, make_wallet
from hypothesis import given
from hypothesis import strategies as st

from wallet import errors, ledger
from wallet.ledger import Declined, Posted, Replayed
from wallet.models import Kind, Tally, Used
from wallet.rules.limits import Limit, Limits, spend
from wallet.rules.money import LARGEST_CAP

JAKARTA = ZoneInfo("Asia/Jakarta")
NOON = datetime(2026, 11, 25, 5, tzinfo=UTC)
TODAY = 20261125
PAYMENT = Kind.PAYMENT
KINDS = [Kind.TOP_UP, Kind.PAYMENT, Kind.TRANSFER_OUT]

ONE_EACH = [
    (Limit(operation_amount=99), errors.OperationLimitExceeded),
    (Limit(day_amount=199), errors.DailyAmountExceeded),
    (Limit(day_count=1), errors.DailyCountExceeded),
    (Limit(month_amount=199), errors.MonthlyAmountExceeded),
    (Limit(month_count=1), errors.MonthlyCountExceeded),
]


def limits(limit, *kinds):
    return Limits(dict.fromkeys(kinds or KINDS, limit), JAKARTA)


def post(wallet, *postings, limit, date=NOON, existing=()):
    receiver = make_wallet()
    there = {wallet.id: wallet, receiver.id: receiver}
    known = {entry.id: entry for entry in existing}
    sheet = ledger.post(postings, there, known, cap=LARGEST_CAP, date=date, limits=limit)
    return sheet.outcomes, sheet.wallets[wallet.id]


def move(wallet, kind=PAYMENT, amount=100, **fields):
    return make_posting(kind=kind, wallet=wallet.id, amount=amount, **fields)


def codes(outcomes):
    return [outcome.reason.code if isinstance(outcome, Declined) else "posted" for outcome in outcomes]


class TestOff:
    def test_nothing_is_counted(self):
        wallet = make_wallet()
        _, after = post(wallet, move(wallet), limit=None)
        assert after.used is None

    def test_what_was_counted_once_is_kept(self):
        wallet = make_wallet(used=Used(TODAY, {PAYMENT: Tally(1, 1, 1, 1)}))
        _, after = post(wallet, move(wallet), limit=None)
        assert after.used is wallet.used

    def test_a_kind_without_a_limit_is_not_counted(self):
        wallet = make_wallet()
        _, after = post(wallet, move(wallet), limit=limits(Limit(day_count=1), Kind.TOP_UP))
        assert after.used is None


class TestEach:
    @pytest.mark.parametrize(("limit", "refusal"), ONE_EACH[1:])
    @pytest.mark.parametrize("kind", [Kind.TOP_UP, Kind.PAYMENT])
    def test_up_to_it_is_posted_and_one_more_is_refused(self, limit, refusal, kind):
        wallet = make_wallet()
        outcomes, after = post(wallet, move(wallet, kind), move(wallet, kind), limit=limits(limit))
        assert codes(outcomes) == ["posted", refusal.code]
        assert after.used.tallies == {kind: Tally(100, 1, 100, 1)}
        assert after.seq == wallet.seq + 1

    @pytest.mark.parametrize(("amount", "code"), [(99, "posted"), (100, "operation_limit_exceeded")])
    def test_one_operation_is_bounded(self, amount, code):
        wallet = make_wallet()
        outcomes, _ = post(wallet, move(wallet, amount=amount), limit=limits(ONE_EACH[0][0]))
        assert codes(outcomes) == [code]

    def test_exactly_as_much_as_it_allows(self):
        wallet = make_wallet()
        wish = [move(wallet, amount=amount) for amount in (60, 41, 40, 1)]
        outcomes, after = post(wallet, *wish, limit=limits(Limit(day_amount=100)))
        assert codes(outcomes) == ["posted", "daily_amount_exceeded", "posted", "daily_amount_exceeded"]
        assert after.used.tallies[PAYMENT] == Tally(100, 2, 100, 2)

    def test_kinds_are_counted_apart(self):
        wallet = make_wallet()
        wish = [move(wallet, kind) for kind in (Kind.TOP_UP, Kind.PAYMENT)]
        outcomes, _ = post(wallet, *wish, limit=limits(Limit(day_count=1)))
        assert codes(outcomes) == ["posted", "posted"]

    def test_none_at_all_is_a_limit(self):
        wallet = make_wallet()
        outcomes, _ = post(wallet, move(wallet, amount=1), limit=limits(Limit(day_count=0)))
        assert codes(outcomes) == ["daily_count_exceeded"]

    def test_the_message_says_which_and_what_is_left(self):
        wallet = make_wallet()
        wish = [move(wallet, amount=amount) for amount in (70, 31)]
        (_, refused), _ = post(wallet, *wish, limit=limits(Limit(day_amount=100)))
        assert str(refused.reason) == "At most 100 rupiah of payments a day: 30 left"

    def test_every_code_is_its_own(self):
        assert len({refusal.code for _, refusal in ONE_EACH}) == len(ONE_EACH)


class TestWhatCounts:
    LIMIT = limits(Limit(day_count=1))

    def test_a_refusal_of_another_sort_does_not(self):
        wallet = make_wallet(balance=100)
        outcomes, after = post(wallet, move(wallet, amount=101), move(wallet, amount=1), limit=self.LIMIT)
        assert codes(outcomes) == ["insufficient_balance", "posted"]
        assert after.used.tallies[PAYMENT] == Tally(1, 1, 1, 1)

    def test_a_replay_counts_once_and_is_given_when_all_is_used_up(self):
        wallet = make_wallet()
        wish = move(wallet, keyed=True)
        outcomes, after = post(wallet, wish, wish, limit=self.LIMIT)
        assert [type(outcome) for outcome in outcomes] == [Posted, Replayed]
        assert after.used.tallies[PAYMENT].day_count == 1

    def test_a_replay_from_the_ledger_counts_nothing(self):
        wallet = make_wallet()
        wish = move(wallet, keyed=True)
        made = make_entry(id=wish.entry_id, wallet=wallet.id, kind=PAYMENT, amount=100)
        (outcome,), after = post(wallet, wish, limit=self.LIMIT, existing=[made])
        assert isinstance(outcome, Replayed)
        assert after.used is None

    @pytest.mark.parametrize("kind", [Kind.TRANSFER_IN, Kind.REFUND])
    def test_what_comes_without_asking_does_not_and_gives_nothing_back(self, kind):
        used = Used(TODAY, {Kind.TRANSFER_OUT: Tally(100, 1, 100, 1)})
        wallet = make_wallet(used=used)
        outcomes, after = post(wallet, move(wallet, kind, counterparty=wallet.id), limit=self.LIMIT)
        assert codes(outcomes) == ["posted"]
        assert after.used is used


class TestDays:
    def used(self, day, tally=Tally(5, 2, 50, 20)):  # noqa: B008
        return Used(day, {PAYMENT: tally})

    def test_a_day_is_of_the_zone(self):
        """Midnight in Jakarta is 17:00 in UTC."""
        there = limits(Limit())
        assert there.day_of(datetime(2026, 11, 25, 16, 59, 59, 999_000, tzinfo=UTC)) == 20261125
        assert there.day_of(datetime(2026, 11, 25, 17, tzinfo=UTC)) == 20261126
        assert there.day_of(datetime(2026, 12, 31, 17, tzinfo=UTC)) == 20270101

    def test_a_new_day_starts_from_nothing_and_the_month_goes_on(self):
        assert spend(self.used(TODAY), PAYMENT, 1, Limit(), TODAY + 1).tallies[PAYMENT] == Tally(1, 1, 51, 21)

    @pytest.mark.parametrize("day", [20261201, 20270101, 20271125])
    def test_a_new_month_starts_from_nothing(self, day):
        after = spend(self.used(TODAY), PAYMENT, 1, Limit(), day)
        assert after == Used(day, {PAYMENT: Tally(1, 1, 1, 1)})

    @pytest.mark.parametrize("day", [20261124, 20261031, 20251125])
    def test_a_clock_that_lags_counts_into_the_day_that_has_begun(self, day):
        """A pod an hour behind at midnight gives nobody a second allowance."""
        after = spend(self.used(TODAY), PAYMENT, 1, Limit(), day)
        assert after == Used(TODAY, {PAYMENT: Tally(6, 3, 51, 21)})

    def test_a_new_day_is_one_for_every_kind(self):
        used = Used(TODAY, {PAYMENT: Tally(5, 2, 50, 20), Kind.TOP_UP: Tally(7, 3, 70, 30)})
        after = spend(used, PAYMENT, 1, Limit(), TODAY + 1)
        assert after.tallies[Kind.TOP_UP] == Tally(0, 0, 70, 30)

    def test_two_pods_an_hour_apart_allow_a_day_once_each(self):
        """Whatever order their postings come in, through the midnight between."""
        limit, wallet, passed = limits(Limit(day_amount=300)), make_wallet(), 0
        midnight = datetime(2026, 11, 25, 17, tzinfo=UTC)
        for minutes in range(-90, 91, 5):
            for lag in (timedelta(0), timedelta(hours=1)):
                date = midnight + timedelta(minutes=minutes) - lag
                (outcome,), wallet = post(wallet, move(wallet), limit=limit, date=date)
                passed += isinstance(outcome, Posted)
        assert passed == 6

    def test_rupiah_that_only_times_limit_do_not_outgrow_the_database(self):
        used = None
        for _ in range(3_000):
            used = spend(used, PAYMENT, LARGEST_CAP, Limit(day_count=10_000), TODAY)
        assert used.tallies[PAYMENT] == Tally(LARGEST_CAP, 3_000, LARGEST_CAP, 3_000)


@given(
    st.lists(
        st.tuples(st.integers(1, 60), st.integers(-40, 40), st.sampled_from(KINDS[:2])),
        min_size=1,
        max_size=60,
    )
)
def test_no_day_and_no_month_is_ever_overdrawn(wishes):
    """Whatever comes in whatever order of dates; counted again by the day that each was filed under."""
    limit, wallet = limits(Limit(day_amount=100, day_count=3, month_amount=250, month_count=9)), make_wallet()
    filed = {}
    for amount, days, kind in wishes:
        date = NOON + timedelta(days=days)
        (outcome,), wallet = post(wallet, move(wallet, kind, amount), limit=limit, date=date)
        if isinstance(outcome, Posted):
            for period in (wallet.used.day, wallet.used.day // 100):
                filed.setdefault((kind, period), []).append(amount)
    for (_, period), amounts in filed.items():
        day = period > 10**6
        assert sum(amounts) <= (100 if day else 250)
        assert len(amounts) <= (3 if day else 9)
