"""What happens: half a year of top-ups, payments and transfers."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from random import Random
from uuid import UUID

from bank import Bank
from dates import LAST_MOMENT, burst, moments, thirds
from people import Person
from spending import GIFTS, PURCHASES, TOP_UPS, Reason

from wallet.models import WalletStatus

TRANSACTIONS = 2_000
PENDING = 4
TOP_UP_SHARE = 0.08
TRANSFER_SHARE = 0.32
LITTLE = 75_000
"""A wallet with less than this, in rupiah, is topped up before anything else."""


class Story:
    """Half a year of top-ups, payments and transfers."""

    def __init__(self, bank: Bank, people: Sequence[Person], rng: Random) -> None:
        self._bank = bank
        self._people = people
        self._rng = rng
        self._left: set[UUID] = set()

    def tell(self, frozen: Person, closed: Person) -> None:
        """Make ``TRANSACTIONS`` in all, of which the last are still pending."""
        summer, autumn, winter = thirds(moments(self._rng, TRANSACTIONS - PENDING))
        self._ordinary_days(summer)
        self._lose(frozen, WalletStatus.FROZEN, burst(autumn[0], 3))
        self._ordinary_days(autumn[3:])
        self._bank.pay(closed, self._bank.balance(closed), "Tarik tunai", winter[0] - timedelta(hours=1))
        self._lose(closed, WalletStatus.CLOSED, burst(winter[0], 3))
        self._ordinary_days(winter[4:])
        for date in burst(LAST_MOMENT, PENDING):
            self._send(self._somebody_with_money(date), date)

    def _ordinary_days(self, dates: Sequence[datetime]) -> None:
        for date in dates:
            self._do_something(date)

    def _do_something(self, date: datetime) -> None:
        person = self._rng.choice(self._members(date))
        chance = self._rng.random()
        if chance < TOP_UP_SHARE or self._bank.balance(person) < LITTLE:
            self._bank.top_up(person, self._rng.choice(TOP_UPS), date)
        elif chance < TOP_UP_SHARE + TRANSFER_SHARE:
            self._bank.settle(self._send(person, date), self._soon_after(date))
        else:
            self._buy(person, date)

    def _buy(self, person: Person, date: datetime) -> None:
        what = self._affordable(PURCHASES, person)
        self._bank.pay(person, what.price(self._rng), what.remarks, date)

    def _send(self, sender: Person, date: datetime, target: Person | None = None) -> UUID:
        what = self._affordable(GIFTS, sender)
        others = [person for person in self._members(date) if person is not sender]
        receiver = target or self._rng.choice(others)
        return self._bank.transfer(sender, receiver, what.price(self._rng), what.remarks, date)

    def _lose(self, person: Person, status: WalletStatus, dates: Sequence[datetime]) -> None:
        """Freeze or close a wallet while transfers to it are under way, so that these are refunded."""
        self._left.add(person.id)
        under_way = [self._send(self._somebody_with_money(date), date, person) for date in dates]
        self._bank.set_status(person, status)
        for transfer in under_way:
            self._bank.settle(transfer, self._soon_after(dates[-1]))

    def _members(self, date: datetime) -> list[Person]:
        return [one for one in self._people if one.joined <= date and one.id not in self._left]

    def _somebody_with_money(self, date: datetime) -> Person:
        rich = [one for one in self._members(date) if self._bank.balance(one) >= LITTLE]
        return self._rng.choice(rich)

    def _affordable(self, reasons: Sequence[Reason], person: Person) -> Reason:
        balance = self._bank.balance(person)
        return self._rng.choice([reason for reason in reasons if reason.highest <= balance])

    def _soon_after(self, date: datetime) -> datetime:
        return date + timedelta(milliseconds=self._rng.randrange(8, 60))
