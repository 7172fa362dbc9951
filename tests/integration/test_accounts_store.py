"""Users and the wallet each is born with: both or neither, and a phone number is one person's."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from uuid import uuid4

import pytest
from books import assert_balanced
from factories import make_user

from wallet.errors import PhoneTaken
from wallet.models import Wallet, WalletStatus
from wallet.store.accounts import AccountStore
from wallet.store.transactions import Transactions


@pytest.fixture
def store(database):
    return AccountStore(database, Transactions(database.client))


def test_a_user_is_born_with_an_empty_wallet(database, store):
    user = make_user()

    store.add(user)

    assert store.by_id(user.id) == user
    assert store.by_phone(user.phone_number) == user
    assert store.wallet(user.id) == Wallet(user.id, balance=0, seq=0, status=WalletStatus.ACTIVE)
    assert_balanced(database)


def test_a_phone_number_that_is_taken_adds_nothing(database, store):
    first = make_user()
    second = make_user(phone_number=first.phone_number)
    store.add(first)

    with pytest.raises(PhoneTaken):
        store.add(second)

    assert store.by_phone(first.phone_number) == first
    assert store.by_id(second.id) is None
    assert store.wallet(second.id) is None
    assert database["wallets"].count_documents({}) == 1


def test_of_many_who_want_one_number_at_once_one_gets_it(database, store):
    users = [make_user(phone_number="08115550000") for _ in range(8)]

    def add(user):
        try:
            store.add(user)
        except PhoneTaken:
            return 0
        return 1

    with ThreadPoolExecutor(len(users)) as pool:
        assert sum(pool.map(add, users)) == 1

    assert database["users"].count_documents({}) == 1
    assert database["wallets"].count_documents({}) == 1


def test_nobody_is_found_for_what_is_nobodys(store):
    assert store.by_id(uuid4()) is None
    assert store.by_phone("08000000000") is None
    assert store.wallet(uuid4()) is None


def test_a_profile_changes_in_the_fields_named_and_in_nothing_else(store):
    user = make_user(first_name="Tom", last_name="Saputro")
    store.add(user)
    later = user.updated_at + timedelta(seconds=5)

    changed = store.change_profile(user.id, {"first_name": "Tommy"}, later)

    assert changed == replace(user, first_name="Tommy", updated_at=later)
    assert store.by_id(user.id) == changed


def test_nobodys_profile_cannot_be_changed(database, store):
    user = make_user()

    assert store.change_profile(user.id, {"first_name": "Tommy"}, user.updated_at) is None

    assert database["users"].count_documents({}) == 0
