"""What money comes and goes for."""

from dataclasses import dataclass
from random import Random

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
