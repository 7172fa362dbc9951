"""Numbers, dates and kinds of entries, as a statement says them."""

from collections.abc import Mapping
from datetime import datetime, timedelta, tzinfo

from wallet.models import Kind
from wallet.rules.month import Month

KINDS: Mapping[Kind, str] = {
    Kind.TOP_UP: "Top-up",
    Kind.PAYMENT: "Payment",
    Kind.TRANSFER_OUT: "Transfer sent",
    Kind.TRANSFER_IN: "Transfer received",
    Kind.REFUND: "Transfer returned",
}

_MONTHS = (
    *("January", "February", "March", "April", "May", "June"),
    *("July", "August", "September", "October", "November", "December"),
)


def rupiah(amount: int) -> str:
    """Return an amount as Indonesians write it: ``Rp1.234.567``."""
    return f"Rp{amount:,}".replace(",", ".")


def count(number: int, noun: str) -> str:
    return f"{number:,} {noun}{'' if number == 1 else 's'}".replace(",", ".")


def month_name(month: Month) -> str:
    return f"{_MONTHS[month.number - 1]} {month.year}"


def period(month: Month, zone: tzinfo) -> str:
    """Return the first and the last day of a month."""
    last = month.following.begins(zone).astimezone(zone) - timedelta(days=1)
    return f"1 \u2013 {last.day} {month_name(month)}"


def day(time: datetime, zone: tzinfo) -> str:
    local = time.astimezone(zone)
    return f"{local.day} {_MONTHS[local.month - 1]} {local.year}"


def moment(time: datetime, zone: tzinfo) -> str:
    return f"{day(time, zone)}, {time.astimezone(zone):%H:%M}"
