#!/usr/bin/env python3
"""Makes the dump beside it: the same people, transactions and ids each time.

    .venv/bin/python example_data/generate.py

It drives the real engines against a real MongoDB of its own, so every entry was made as the API and the
watcher make them; only the dates come from the story. Salts of PIN hashes and the ids that MongoDB gives to
collections are new each time.
"""

import json
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import accumulate
from pathlib import Path
from random import Random
from secrets import randbelow
from tempfile import TemporaryDirectory
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from wallet.audit import audit
from wallet.embedded import EmbeddedServer
from wallet.ledger import Posted
from wallet.models import Entry, Kind, Posting, User, WalletStatus
from wallet.pins import Peppers, PinHasher
from wallet.rules.money import LARGEST_CAP
from wallet.store.accounts import AccountStore
from wallet.store.client import connect, open_database
from wallet.store.dump import dump
from wallet.store.history import HistoryStore
from wallet.store.migrate import migrate
from wallet.store.opening import Store
from wallet.store.posting import PostingEngine
from wallet.store.settling import SettlementEngine
from wallet.store.transactions import Transactions

SEED = 20_261_120
FOLDER = Path(__file__).parent
DATABASE = "dompet"
PEPPER = "dompet-example-data-pepper-known-to-everyone"
DEMO_PINS = ("112233", "445566", "778899", "135790", "246802")
"""Of the first people; the last two of them lose their wallets."""

JAKARTA = ZoneInfo("Asia/Jakarta")
FIRST_DAY = datetime(2026, 5, 20, tzinfo=JAKARTA)
LAST_MOMENT = datetime(2026, 11, 20, 21, 30, tzinfo=JAKARTA)
TRANSACTIONS = 2_000
PENDING = 4
TOP_UP_SHARE = 0.08
TRANSFER_SHARE = 0.32
LITTLE = 75_000
"""A wallet with less than this, in rupiah, is topped up before anything else."""

PEOPLE = """
Budi Santoso, Siti Rahmawati, Putu Ayu Lestari, Agus Setiawan, Rina Marlina, Dewi Anggraini, Eko Prasetyo,
Fitri Handayani, Hendra Gunawan, Indah Permatasari, Joko Susilo, Kartika Sari, Lukman Hakim, Maya Puspita,
Nanda Pratama, Olivia Tanuwijaya, Rizky Ramadhan, Sri Wahyuni, Taufik Hidayat, Umi Kalsum, Vina Oktaviani,
Wahyu Nugroho, Yuni Astuti, Zainal Abidin, Adi Nugraha, Bambang Wijaya, Citra Kirana, Dimas Anggara,
Endang Sulastri, Ferry Salim, Gita Savitri, Heru Purnomo, Intan Nuraini, Jihan Fahira, Ketut Suardana,
Laras Wulandari, Made Wirawan, Nurul Hidayah, Okta Firmansyah, Ratna Dewi, Satria Wibowo, Tri Utami,
Usman Harahap, Wulan Guritno, Yusuf Maulana, Desi Ratnasari, Galih Saputra, Nining Suryani, Rangga Aditya,
Melati Sihombing
"""
STREETS = (
    "Jl. Kebon Sirih",
    "Jl. Diponegoro",
    "Jl. Cihampelas",
    "Jl. Malioboro",
    "Jl. Pemuda",
    "Jl. Gajah Mada",
    "Jl. Ahmad Yani",
    "Jl. Raya Ubud",
    "Jl. Teuku Umar",
    "Jl. Sisingamangaraja",
)
CITIES = ("Jakarta", "Bandung", "Yogyakarta", "Surabaya", "Semarang", "Denpasar", "Medan", "Makassar")
# The last four digits count, and 5550 before them is nobody's we know.
PREFIXES = ("0812", "0813", "0821", "0857", "0878", "0896")

TOP_UPS = (50_000, 100_000, 200_000, 300_000, 500_000, 1_000_000, 2_000_000)


@dataclass(frozen=True, slots=True)
class Reason:
    """What money is spent on: the remarks, and a price range in rupiah."""

    remarks: str
    lowest: int
    highest: int
    step: int

    def price(self, rng: Random) -> int:
        return rng.randrange(self.lowest, self.highest + 1, self.step)


PURCHASES = (
    Reason("Pulsa Telkomsel 100k", 100_000, 100_000, 1),
    Reason("Pulsa XL 50k", 50_000, 50_000, 1),
    Reason("Paket data Indosat 30 GB", 95_000, 95_000, 1),
    Reason("Token PLN", 50_000, 500_000, 50_000),
    Reason("Kopi Kenangan", 18_000, 42_000, 1_000),
    Reason("GoFood Ayam Geprek", 22_000, 64_000, 500),
    Reason("GoRide ke kantor", 9_000, 31_000, 500),
    Reason("GrabFood Martabak", 35_000, 90_000, 1_000),
    Reason("Transjakarta", 3_500, 3_500, 1),
    Reason("KRL Commuter Line", 3_000, 10_000, 1_000),
    Reason("Bensin Pertamina", 20_000, 150_000, 10_000),
    Reason("Indomaret", 12_500, 180_000, 500),
    Reason("Alfamart", 9_500, 140_000, 500),
    Reason("Tagihan PDAM", 48_000, 210_000, 500),
    Reason("IndiHome", 330_000, 330_000, 1),
    Reason("Iuran BPJS Kesehatan", 150_000, 150_000, 1),
    Reason("Shopee", 25_000, 450_000, 500),
    Reason("Tokopedia", 30_000, 600_000, 500),
    Reason("Spotify Premium", 54_990, 54_990, 1),
    Reason("Nonton XXI", 40_000, 120_000, 5_000),
    Reason("Parkir", 2_000, 10_000, 1_000),
    Reason("Bakso Pak Kumis", 15_000, 60_000, 1_000),
)
GIFTS = (
    Reason("Hadiah Ultah", 50_000, 500_000, 50_000),
    Reason("Patungan makan siang", 20_000, 85_000, 500),
    Reason("Patungan kado", 25_000, 100_000, 5_000),
    Reason("Bayar utang", 50_000, 750_000, 10_000),
    Reason("Uang arisan", 100_000, 300_000, 50_000),
    Reason("Kiriman untuk Ibu", 200_000, 1_000_000, 50_000),
    Reason("Ganti uang bensin", 15_000, 75_000, 5_000),
    Reason("Uang kos", 650_000, 1_200_000, 50_000),
    Reason("THR keponakan", 20_000, 100_000, 10_000),
    Reason("Kondangan Rina & Dedi", 100_000, 300_000, 50_000),
    Reason("", 10_000, 200_000, 5_000),
)


@dataclass(frozen=True, slots=True)
class Person:
    id: UUID
    first_name: str
    last_name: str
    phone_number: str
    address: str
    pin: str
    joined: datetime

    @property
    def name(self) -> str:
        return f"{self.first_name} {self.last_name}"


class Bank:
    """The engines, given the story's dates in place of a clock."""

    def __init__(self, database: Store, rng: Random) -> None:
        transactions = Transactions(database.client)
        self._rng = rng
        self._wallets = database["wallets"]
        self._accounts = AccountStore(database, transactions)
        self._history = HistoryStore(database)
        self._posting = PostingEngine(database, transactions, cap=LARGEST_CAP)
        self._settlement = SettlementEngine(database, transactions, cap=LARGEST_CAP)
        self._hasher = PinHasher(Peppers(PEPPER))

    def register(self, person: Person) -> None:
        self._accounts.add(
            User(
                id=person.id,
                first_name=person.first_name,
                last_name=person.last_name,
                phone_number=person.phone_number,
                address=person.address,
                pin_hash=self._hasher.hash(person.pin),
                created_at=person.joined,
                updated_at=person.joined,
            )
        )

    def balance(self, person: Person) -> int:
        wallet = self._accounts.wallet(person.id)
        return wallet.balance if wallet else 0

    def top_up(self, person: Person, amount: int, date: datetime) -> None:
        self._post(Kind.TOP_UP, person, amount, date)

    def pay(self, person: Person, amount: int, remarks: str, date: datetime) -> None:
        self._post(Kind.PAYMENT, person, amount, date, remarks=remarks)

    def transfer(self, sender: Person, target: Person, amount: int, remarks: str, date: datetime) -> UUID:
        entry = self._post(Kind.TRANSFER_OUT, sender, amount, date, remarks=remarks, counterparty=target.id)
        return entry.operation

    def settle(self, transfer: UUID, date: datetime) -> None:
        """Do as the watcher does: credit the target, or give the money back."""
        row = self._history.transfer(transfer)
        if row is None:
            raise LookupError(f"no transfer {transfer}")
        vouched, _ = self._settlement.vouch([row])
        settlement = self._settlement.settle(vouched, date)
        if settlement.declined:
            self._settlement.give_up(settlement.declined, date)

    def set_status(self, person: Person, status: WalletStatus) -> None:
        self._wallets.update_one({"_id": person.id}, {"$set": {"status": status.value}})

    def _post(self, kind: Kind, person: Person, amount: int, date: datetime, **more: Any) -> Entry:
        posting = Posting(new_id(date, self._rng), kind, person.id, amount, **more)
        [outcome] = self._posting.post([posting], date)
        if not isinstance(outcome, Posted):
            raise TypeError(f"{person.name}, {kind} {amount}: {outcome}")
        return outcome.entry


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


def moments(rng: Random, count: int) -> list[datetime]:
    """Return rising dates in whole milliseconds, by day rather than by night, some seconds apart."""
    days = (LAST_MOMENT - FIRST_DAY).days
    times = sorted(
        FIRST_DAY
        + timedelta(days=rng.randrange(1, days))
        + timedelta(milliseconds=int(rng.triangular(6, 23, 12) * 3_600_000))
        for _ in range(count)
    )
    return list(accumulate(times, lambda last, time: max(time, last + timedelta(seconds=10))))


def thirds(dates: Sequence[datetime]) -> tuple[Sequence[datetime], Sequence[datetime], Sequence[datetime]]:
    third = len(dates) // 3
    return dates[:third], dates[third : 2 * third], dates[2 * third :]


def burst(first: datetime, count: int) -> list[datetime]:
    return [first + timedelta(seconds=2 * number) for number in range(count)]


def new_id(date: datetime, rng: Random) -> UUID:
    """Return a UUIDv7 of ``date``."""
    bits = int(date.timestamp() * 1_000) << 80 | rng.getrandbits(80)
    return UUID(int=bits & ~(0xF << 76) & ~(0b11 << 62) | 7 << 76 | 0b10 << 62)


def make_people(rng: Random) -> list[Person]:
    """Return everybody. The first have published PINs, nobody knows those of the others."""
    names = [name.strip().rsplit(" ", 1) for name in PEOPLE.split(",")]
    return [make_person(number, first, last, rng) for number, (first, last) in enumerate(names)]


def make_person(number: int, first_name: str, last_name: str, rng: Random) -> Person:
    joined = FIRST_DAY + timedelta(hours=6 * number, minutes=rng.randrange(60))
    return Person(
        id=new_id(joined, rng),
        first_name=first_name,
        last_name=last_name,
        phone_number=f"{rng.choice(PREFIXES)}5550{number + 1:04}",
        address=f"{rng.choice(STREETS)} No. {rng.randrange(1, 250)}, {rng.choice(CITIES)}",
        pin=DEMO_PINS[number] if number < len(DEMO_PINS) else f"{randbelow(10**6):06}",
        joined=joined,
    )


def write_demo_users(people: Sequence[Person]) -> None:
    users = [
        {"name": one.name, "phone_number": one.phone_number, "pin": one.pin, "user_id": str(one.id)}
        for one in people
    ]
    (FOLDER / "demo-users.json").write_text(json.dumps(users, indent=2, ensure_ascii=False) + "\n")


def fill(database: Store) -> None:
    rng = Random(SEED)  # noqa: S311 - the same story each time, no secret
    bank = Bank(database, rng)
    people = make_people(rng)
    for person in people:
        bank.register(person)
    *_, frozen, closed = demo_users = people[: len(DEMO_PINS)]
    Story(bank, people, rng).tell(frozen, closed)
    write_demo_users(demo_users)


def main() -> None:
    with (
        TemporaryDirectory() as data_dir,
        EmbeddedServer(Path(data_dir)) as server,
        connect(server.uri, application="example-data") as client,
    ):
        database = open_database(client, DATABASE)
        migrate(database)
        fill(database)
        report = audit(database)
        if not report.clean:
            raise SystemExit("\n".join(map(str, report.offences)))
        shutil.rmtree(FOLDER / DATABASE, ignore_errors=True)
        dump(database, FOLDER)


if __name__ == "__main__":
    main()
