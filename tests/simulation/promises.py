"""The promises about money, held against every commit when it is made, and the whole books now and then.

By induction: books that balance, and a commit that moves money as it must, give books that balance.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Any

from tests.books import SIGN, recount
from tests.simulation.query import Document, key_of
from tests.simulation.replica import Commit, Replica
from wallet.errors import MalformedDocument
from wallet.models import Transfer
from wallet.store import documents

_END = {"SUCCESS": "TRANSFER_IN", "FAILED": "REFUND"}
"""What the operation of a finished transfer has made, by the row's status."""


class PromiseBroken(BaseException):
    """What must never happen did. No handler of the program's may swallow it, so it is no ``Exception``."""


def must(true: object, promise: str, *about: object) -> None:
    """Raise when it is not true; ``about`` is only put into words then."""
    if not true:
        raise PromiseBroken("\n    ".join([promise, *map(str, about)]))


class Promises:
    """Holds a replica to P1, P2, P3, P6 and P10, commit by commit."""

    def __init__(self, cap: int) -> None:
        self._cap = cap
        self.checked = 0

    def committed(self, replica: Replica, index: int, commit: Commit) -> None:
        """Check what one commit did to the books of ``replica``."""
        self.checked += 1
        written: dict[str, dict[Any, Document | None]] = defaultdict(dict)
        for (collection, key), document in commit.writes.items():
            written[collection][key] = document
        self._check_entries(replica, index, written)
        self._check_rows(replica, index, written)

    def _check_entries(self, replica: Replica, index: int, written: Mapping[str, Mapping[Any, Any]]) -> None:
        lines: dict[Any, list[Document]] = defaultdict(list)
        for entry in written["entries"].values():
            must(entry is not None, "P6: an entry is gone")
            key = key_of(entry["_id"])
            must(replica.get("entries", key, index - 1) is None, "P6: an entry is written again", entry)
            lines[key_of(entry["wallet"])].append(entry)
        for key in {*lines, *written["wallets"]}:
            new = replica.get("wallets", key, index)
            must(new is not None, "P6: entries of no wallet", lines.get(key))
            before = replica.get("wallets", key, index - 1) or new
            self._check_chain(before, new, lines.get(key, ()))

    def _check_chain(self, before: Document, new: Document, lines: Iterable[Document]) -> None:
        balance, seq = before["balance"], before["seq"]
        for entry in sorted(lines, key=lambda one: one["seq"]):
            seq += 1
            must(entry["seq"] == seq, "P6: the seq does not go on", before, entry)
            must(entry["before"] == balance, "P6: it does not start where the last one ended", before, entry)
            balance += SIGN[entry["kind"]] * entry["amount"]
            must(entry["after"] == balance, "P6: it does not add up", entry)
            must(0 <= balance <= self._cap, "P2: below zero or above the cap", entry)
            must(1 <= entry["amount"] <= self._cap, "P2: not an amount", entry)
            must(
                new["status"] == "ACTIVE" or entry["kind"] == "REFUND",
                "money moved in a wallet that is not active",
                new,
                entry,
            )
        must((balance, seq) == (new["balance"], new["seq"]), "P1: a balance without its entries", before, new)

    def _check_rows(self, replica: Replica, index: int, written: Mapping[str, Mapping[Any, Any]]) -> None:
        expected = {}
        for key, row in written["transfers"].items():
            before = replica.get("transfers", key, index - 1)
            must(row is not None, "P3: a row is gone", before)
            if before is None:
                expected[key, "DEBIT"] = ("TRANSFER_OUT", row)
                must(row["status"] == "PENDING", "P10: a transfer begins finished", row)
            elif row["status"] != before["status"]:
                must(before["status"] == "PENDING", "P10: a finished transfer changed", before, row)
                must(row["status"] == "FAILED" or not before["parked"], "credited though it was parked", row)
                expected[key, "CREDIT"] = (_END[row["status"]], row)
        for entry in written["entries"].values():
            key = key_of(entry["_id"])
            if entry["kind"] in {"TRANSFER_OUT", "TRANSFER_IN", "REFUND"}:
                must(key in expected, "P3: no row goes with the entry", entry)
                kind, row = expected.pop(key)
                must(_belongs(entry, kind, row), "P3: the entry is another transfer's", entry, row)
        for (key, side), (_kind, row) in expected.items():
            forged = side == "DEBIT" and replica.get("entries", (key, "DEBIT"), index) is None
            must(forged, "P3: a row says what no entry does", row)

    def recount(self, replica: Replica) -> None:
        """Count all that a majority has once more, in the plainest way."""
        at = replica.majority
        wallets = {one["_id"]: documents.wallet(one) for one in replica.all("wallets", at)}
        entries = [documents.entry(one) for one in replica.all("entries", at)]
        debits = {entry.operation for entry in entries if entry.kind == "TRANSFER_OUT"}
        rows = [_read(one) for one in replica.all("transfers", at) if one["_id"] in debits]
        try:
            recount(wallets, entries, [row for row in rows if row is not None], cap=self._cap)
        except AssertionError as broken:
            raise PromiseBroken(str(broken)) from broken


def _belongs(entry: Document, kind: str, row: Document) -> bool:
    to_target = kind == "TRANSFER_IN"
    sides = (row["target"], row["sender"]) if to_target else (row["sender"], row["target"])
    found = (entry["kind"], entry["amount"], entry["wallet"], entry["counterparty"])
    return bool(found == (kind, row["amount"], *sides))


def _read(row: Document) -> Transfer | None:
    try:
        return documents.transfer(row)
    except MalformedDocument:
        return None
