"""What an amount may be: whole rupiah between 1 and the cap."""

from wallet.errors import InvalidInput

LARGEST_CAP = 2**53 - 1
"""The largest integer that every JSON client reads exactly, in rupiah."""


def check_amount(amount: object, *, cap: int = LARGEST_CAP) -> int:
    """Return ``amount`` when it is a whole number of rupiah in 1..``cap``; ``bool`` is not a number here."""
    if type(amount) is not int:
        raise InvalidInput({"amount": "must be a whole number of rupiah, without quotes or a decimal point"})
    if amount < 1:
        raise InvalidInput({"amount": "must be at least 1"})
    if amount > cap:
        raise InvalidInput({"amount": f"must be at most {cap}"})
    return amount
