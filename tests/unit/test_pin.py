"""A PIN is exactly six ASCII digits."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wallet.errors import InvalidInput
from wallet.rules.pin import check_pin


@given(st.from_regex(r"[0-9]{6}", fullmatch=True))
def test_six_digits_are_a_pin(pin):
    assert check_pin(pin) == pin


@given(st.text(alphabet="0123456789").filter(lambda text: len(text) != 6))
def test_any_other_number_of_digits_is_not(text):
    with pytest.raises(InvalidInput) as refusal:
        check_pin(text)

    assert set(refusal.value.fields) == {"pin"}


@given(st.text(st.characters(categories=["Nd", "Nl", "No"]), min_size=6, max_size=6))
def test_the_digits_of_other_scripts_are_not(text):
    if not text.isascii():
        with pytest.raises(InvalidInput):
            check_pin(text)


@pytest.mark.parametrize("text", ["123456\n", "\n123456", "12345\n", " 123456", "123456\x00"])
def test_nothing_may_hang_on_to_it(text):
    with pytest.raises(InvalidInput):
        check_pin(text)


def test_a_refusal_does_not_repeat_the_pin():
    with pytest.raises(InvalidInput) as refusal:
        check_pin("1234567")

    assert "1234567" not in str(refusal.value.fields)
