"""The seed's shapes of what the wallet returns, with dates in the zone of the people who read them."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from wallet.models import Entry, Kind, Line, Transfer, TransferStatus, User
from wallet.use_cases.accounts import Profile

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
            "settled_date": self.date(transfer.settled_at) if transfer.settled_at else None,
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
