"""Operation ids: what makes a retry find its own entry."""

import string
import time
from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wallet.errors import InvalidInput
from wallet.models import Kind
from wallet.rules.identity import new_id, operation_id

USER = UUID("bc1c823e-b0fb-4b20-88c0-dff25e283252")

keys = st.text(string.digits + string.ascii_letters + string.punctuation, min_size=1, max_size=255)
users = st.uuids()
kinds = st.sampled_from(Kind)


@given(users, kinds, keys)
def test_the_same_request_has_the_same_id_for_ever(user, kind, key):
    assert operation_id(user, kind, key) == operation_id(user, kind, key)
    assert operation_id(user, kind, key).version == 5


def test_the_id_of_a_key_never_changes_between_releases():
    """Keys are kept as long as the ledger: another derivation would let an old retry through twice."""
    assert operation_id(USER, Kind.PAYMENT, "key-1") == UUID("583e9c82-d68a-5ccf-b3f5-10f981772595")


@given(st.tuples(users, kinds, keys), st.tuples(users, kinds, keys))
def test_two_users_two_kinds_or_two_keys_never_meet(one, other):
    assert (operation_id(*one) == operation_id(*other)) == (one == other)


@given(users, keys)
def test_no_key_of_one_kind_reaches_another_kind(user, key):
    assert len({operation_id(user, kind, key) for kind in Kind}) == len(Kind)


def test_without_a_key_each_id_is_new():
    ids = [operation_id(USER, Kind.TOP_UP, None) for _ in range(1_000)]

    assert len(set(ids)) == 1_000


def test_new_ids_rise_with_time():
    """So that primary keys are written side by side, on every pod alike."""
    ids = [new_id() for _ in range(1_000)]

    assert all(one.version == 7 for one in ids)
    assert ids == sorted(ids)
    assert ids[0].int >> 80 == pytest.approx(time.time() * 1_000, abs=5_000)


@given(st.text(min_size=1))
def test_a_key_that_is_not_printable_ascii_is_refused(key):
    printable = all("!" <= character <= "~" for character in key) and len(key) <= 255
    if printable:
        assert operation_id(USER, Kind.TOP_UP, key)
    else:
        with pytest.raises(InvalidInput) as refusal:
            operation_id(USER, Kind.TOP_UP, key)
        assert set(refusal.value.fields) == {"Idempotency-Key"}


@pytest.mark.parametrize("key", ["", " ", "a\n", "a b", "x" * 256, "é"])
def test_a_bad_key_is_refused(key):
    with pytest.raises(InvalidInput):
        operation_id(uuid4(), Kind.TOP_UP, key)
