"""No money appears and none is lost."""

from collections.abc import Iterator

from wallet.audit.report import Counts, Offence, Promise
from wallet.models import Kind


def check_conservation(counts: Counts) -> Iterator[Offence]:
    """What is in wallets and in flight is what came in less what went out."""
    held = counts.balances + counts.in_flight
    received = counts.amounts[Kind.TOP_UP] - counts.amounts[Kind.PAYMENT]
    if held != received:
        yield Offence(
            Promise.CONSERVATION,
            "the ledger",
            f"balances {counts.balances} + in flight {counts.in_flight} = {held}, "
            f"but top-ups - payments = {received}: {held - received:+}",
        )
