"""One form for a phone number, so that one person has one key."""

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wallet.errors import InvalidInput
from wallet.rules.phone import masked, normalise

subscribers = st.from_regex(r"8[0-9]{7,11}", fullmatch=True)


@given(subscribers)
def test_three_spellings_are_one_number(subscriber):
    spellings = (f"0{subscriber}", f"62{subscriber}", f"+62{subscriber}")

    assert {normalise(spelling) for spelling in spellings} == {f"0{subscriber}"}


@given(subscribers)
def test_the_one_form_stays_as_it_is(subscriber):
    assert normalise(normalise(f"+62{subscriber}")) == normalise(f"0{subscriber}")


@given(subscribers, subscribers)
def test_two_numbers_never_become_one(one, other):
    assert (normalise(f"0{one}") == normalise(f"62{other}")) == (one == other)


@pytest.mark.parametrize("number", ["081125555", "0811255501", "0812345678901"])
def test_from_9_to_13_digits(number):
    assert normalise(number) == number


@given(st.text())
def test_whatever_is_taken_is_ascii_digits_in_the_seeds_form(text):
    with suppress(InvalidInput):
        number = normalise(text)

        assert number.isascii()
        assert number.isdigit()
        assert number.startswith("08")


@pytest.mark.parametrize(
    "number", ["", "08112555", "08123456789012", "0211234567", "+65811255501", "0811255501\n"]
)
def test_a_refusal_names_the_field(number):
    with pytest.raises(InvalidInput) as refusal:
        normalise(number)

    assert set(refusal.value.fields) == {"phone_number"}


@given(subscribers, st.characters(categories=["Nd"]).filter(lambda digit: not digit.isascii()))
def test_the_digits_of_other_scripts_are_refused(subscriber, digit):
    """They would make two keys of what a person reads as one number."""
    with pytest.raises(InvalidInput):
        normalise(f"0{subscriber[:-1]}{digit}")


@given(subscribers, st.characters().filter(lambda stray: stray not in "0123456789"), st.integers(0, 13))
def test_a_stray_character_is_refused_wherever_it_is(subscriber, stray, place):
    number = f"0{subscriber}"

    with pytest.raises(InvalidInput):
        normalise(number[:place] + stray + number[place:])


@given(subscribers)
def test_a_masked_number_can_be_recognised_and_not_be_dialled(subscriber):
    number = f"0{subscriber}"

    shown = masked(number)

    assert len(shown) == len(number)
    assert (shown[:4], shown[-2:]) == (number[:4], number[-2:])
    assert set(shown[4:-2]) == {"*"}
