"""The cursor of a list: opaque, and only what this program made is taken back."""

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service import cursor
from wallet.errors import InvalidInput

LARGEST_SEQ = 2**63 - 1

seqs = st.integers(1, LARGEST_SEQ)


@given(seqs)
def test_it_leads_back_to_where_it_came_from(seq):
    assert cursor.decode(cursor.encode(seq)) == seq


@given(seqs)
def test_it_needs_no_escaping_in_an_address(seq):
    assert cursor.encode(seq).isascii()
    assert cursor.encode(seq).isalnum()


@given(st.text())
def test_nothing_else_is_one(text):
    """What is taken is the one spelling of a number."""
    with suppress(InvalidInput):
        assert cursor.encode(cursor.decode(text)) == text


@given(st.integers(max_value=0) | st.integers(min_value=LARGEST_SEQ + 1))
def test_no_number_out_of_range_is_one(number):
    """MongoDB would not even compare with it."""
    with pytest.raises(InvalidInput):
        cursor.decode(cursor.encode(number))


@pytest.mark.parametrize("text", ["", "MQ==", "MQ=", " MQ", "MQ\n", "MDE", "KzE", "MS4w", "2aE", "M\u0051Q"])
def test_another_spelling_of_a_number_is_not_one(text):
    with pytest.raises(InvalidInput) as refusal:
        cursor.decode(text)

    assert set(refusal.value.fields) == {"cursor"}
