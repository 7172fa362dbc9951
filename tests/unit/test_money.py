"""An amount is a whole number of rupiah between 1 and the cap."""

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wallet.errors import InvalidInput
from wallet.rules.money import LARGEST_CAP, check_amount


def test_the_largest_cap_is_what_every_json_client_reads_exactly():
    assert LARGEST_CAP == 2**53 - 1
    assert int(float(LARGEST_CAP)) == LARGEST_CAP
    assert float(LARGEST_CAP + 1) == float(LARGEST_CAP + 2)


@given(st.integers(1, LARGEST_CAP))
def test_whole_rupiah_up_to_the_cap_are_an_amount(amount):
    assert check_amount(amount) == amount


@given(st.integers(max_value=0) | st.integers(min_value=LARGEST_CAP + 1))
def test_anything_below_or_above_is_none(amount):
    with pytest.raises(InvalidInput) as refusal:
        check_amount(amount)

    assert set(refusal.value.fields) == {"amount"}


@given(cap=st.integers(1, LARGEST_CAP), over=st.integers(1, 10))
def test_an_operators_cap_holds_to_the_rupiah(cap, over):
    assert check_amount(cap, cap=cap) == cap
    with pytest.raises(InvalidInput, check=lambda refusal: str(cap) in refusal.fields["amount"]):
        check_amount(cap + over, cap=cap)


@pytest.mark.parametrize(
    "amount",
    [True, False, None, 1.0, 0.5, float("nan"), float("inf"), "5", b"5", Decimal(5), Fraction(5), [5]],
)
def test_nothing_else_is_a_number_here(amount):
    with pytest.raises(InvalidInput, check=lambda refusal: "whole number" in refusal.fields["amount"]):
        check_amount(amount)
