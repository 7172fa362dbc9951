"""Who is in the story. They, their addresses and their numbers are made up."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random
from secrets import randbelow
from uuid import UUID

from dates import FIRST_DAY, new_id

DEMO_PINS = ("112233", "445566", "778899", "135790", "246802")
"""Of the first people; the last two of them lose their wallets."""

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
