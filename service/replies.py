"""The seed's shapes of what the wallet returns, with dates in the zone of the people who read them."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from wallet.models import Entry, Kind, Line, Transfer, TransferStatus, User
from wallet.timeline import Event
from wallet.use_cases.accounts import Profile
from wallet.use_cases.payees import Payee

Json = dict[str, Any]

_ID_NAME = {
    Kind.TOP_UP: "top_up_id",
    Kind.PAYMENT: "payment_id",
    Kind.TRANSFER_OUT: "transfer_id",
    Kind.TRANSFER_IN: "transfer_id",
    Kind.REFUND: "transfer_id",
}


def success(result: Any) -> Json:
    return {"status": "SUCCESS", "result": result}


@dataclass(frozen=True, slots=True)
class Replies:
    """Shapes replies; ``zone`` is where dates are shown."""

    zone: ZoneInfo

    def date(self, time: datetime) -> str:
        return time.astimezone(self.zone).strftime("%Y-%m-%d %H:%M:%S")

    def registered(self, user: User) -> Json:
        return {
            "user_id": str(user.id),
            "first_name": user.first_name,
            "last_name": user.last_name,
            "phone_number": user.phone_number,
            "address": user.address,
            "created_date": self.date(user.created_at),
        }

    def updated(self, user: User) -> Json:
        return {
            "user_id": str(user.id),
            "first_name": user.first_name,
            "last_name": user.last_name,
            "address": user.address,
            "updated_date": self.date(user.updated_at),
        }

    def profile(self, profile: Profile) -> Json:
        return {
            **self.registered(profile.user),
            "updated_date": self.date(profile.user.updated_at),
            "balance": profile.wallet.balance,
            "wallet_status": profile.wallet.status,
        }

    def payee(self, payee: Payee) -> Json:
        return {"user_id": str(payee.id), "name": payee.name}

    def top_up(self, entry: Entry) -> Json:
        return {"top_up_id": str(entry.operation), "amount_top_up": entry.amount, **self._balances(entry)}

    def payment(self, entry: Entry) -> Json:
        return {
            "payment_id": str(entry.operation),
            "amount": entry.amount,
            "remarks": entry.remarks,
            **self._balances(entry),
        }

    def accepted(self, entry: Entry) -> Json:
        """Shape a transfer as it was accepted: a replay gives the same, whatever became of it since."""
        return {
            "transfer_id": str(entry.operation),
            "status": TransferStatus.PENDING,
            "target_user": str(entry.counterparty),
            "amount": entry.amount,
            "remarks": entry.remarks,
            **self._balances(entry),
        }

    def preview(self, entry: Entry) -> Json:
        """Shape a transfer that was not made: without an id, a status and a date, which it has not."""
        return {
            "dry_run": True,
            "target_user": str(entry.counterparty),
            "amount": entry.amount,
            "remarks": entry.remarks,
            "balance_before": entry.before,
            "balance_after": entry.after,
        }

    def transfer(self, transfer: Transfer) -> Json:
        return {
            "transfer_id": str(transfer.id),
            "status": transfer.status,
            "user_id": str(transfer.sender),
            "target_user": str(transfer.target),
            "amount": transfer.amount,
            "remarks": transfer.remarks,
            "failure": transfer.failure,
            "created_date": self.date(transfer.date),
            **self._end(transfer),
        }

    def settled(self, entry: Entry, transfer: Transfer) -> Json:
        """Shape a transfer that was waited for: as it was accepted, and what became of it."""
        return {
            **self.accepted(entry),
            "status": transfer.status,
            "failure": transfer.failure,
            **self._end(transfer),
        }

    def step(self, event: Event) -> Json:
        """Shape a step of a transfer's life; dates in milliseconds, with their zone."""
        at = event.at.astimezone(self.zone).isoformat(timespec="milliseconds") if event.at else None
        return {"step": event.name, "at": at, "after_ms": event.after_ms, "reason": event.detail or None}

    def _end(self, transfer: Transfer) -> Json:
        return {
            "settled_date": self.date(transfer.settled_at) if transfer.settled_at else None,
            # What failed was given back in the same commit.
            "refunded": transfer.status is TransferStatus.FAILED,
        }

    def line(self, line: Line) -> Json:
        entry, status = line
        return {_ID_NAME[entry.kind]: str(entry.operation), "status": status, **self._moved(entry)}

    def entry(self, entry: Entry) -> Json:
        """Shape an entry for good: without what may still become of its operation."""
        return {"seq": entry.seq, _ID_NAME[entry.kind]: str(entry.operation), **self._moved(entry)}

    def _moved(self, entry: Entry) -> Json:
        return {
            "user_id": str(entry.wallet),
            "transaction_type": entry.kind.side,
            "kind": entry.kind,
            "amount": entry.amount,
            "remarks": entry.remarks,
            "counterparty": str(entry.counterparty) if entry.counterparty else None,
            **self._balances(entry),
        }

    def _balances(self, entry: Entry) -> Json:
        return {
            "balance_before": entry.before,
            "balance_after": entry.after,
            "created_date": self.date(entry.date),
        }
