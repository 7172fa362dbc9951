"""The example data is what its README says."""

import json
import re
from pathlib import Path
from uuid import UUID

import pytest

from wallet.audit import audit
from wallet.models import Kind, TransferStatus
from wallet.pins import Peppers, PinHasher, Verdict
from wallet.store.load import load

FOLDER = Path(__file__).parents[2] / "example_data"
README = (FOLDER / "README.md").read_text()
MADE_WITH_THE_TOUR = {"0811255501", "0811255502"}


@pytest.fixture
def loaded(database):
    load(database, FOLDER, pin_hashes={})
    return database


def published():
    return json.loads((FOLDER / "demo-users.json").read_text())


def test_it_is_a_clean_ledger_with_every_state(loaded):
    report = audit(loaded)
    assert report.offences == ()
    assert report.counts.users == 50
    asked_for = (Kind.TOP_UP, Kind.PAYMENT, Kind.TRANSFER_OUT)
    assert sum(report.counts.entries[kind] for kind in asked_for) == 2_000
    assert set(report.counts.transfers) == set(TransferStatus)
    assert report.counts.entries[Kind.REFUND] == report.counts.transfers[TransferStatus.FAILED]
    assert {row["status"] for row in loaded["wallets"].find()} == {"ACTIVE", "FROZEN", "CLOSED"}


def test_its_dates_rise_with_each_wallets_seq(loaded):
    wallet, date = None, None
    for entry in loaded["entries"].find(sort=[("wallet", 1), ("seq", 1)]):
        assert entry["wallet"] != wallet or entry["date"] >= date
        wallet, date = entry["wallet"], entry["date"]


def test_demo_users_log_in_under_the_pepper_of_the_readme(loaded):
    pepper = re.search(r"PIN_PEPPER=(\S{32,})", README)[1]
    for user in published():
        row = loaded["users"].find_one({"_id": UUID(user["user_id"])})
        assert row["phone_number"] == user["phone_number"]
        assert f"{row['first_name']} {row['last_name']}" == user["name"]
        assert PinHasher(Peppers(pepper)).check(user["pin"], row["pin_hash"]) is Verdict.RIGHT


def test_demo_users_are_in_the_readme():
    for user in published():
        assert f"| {user['name']} | {user['phone_number']} | {user['pin']} |" in README


def test_phone_numbers_of_the_tour_are_free(loaded):
    assert loaded["users"].count_documents({"phone_number": {"$in": list(MADE_WITH_THE_TOUR)}}) == 0


def test_it_is_small():
    assert sum(file.stat().st_size for file in FOLDER.rglob("*") if file.is_file()) < 2_000_000
