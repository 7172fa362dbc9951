"""PINs that are guessed first are refused, and there are enough others."""

from datetime import date, timedelta

import canaries
import pytest

from wallet.errors import InvalidInput
from wallet.rules.pin_guesses import refuse_guessable

NUMBER = "0811255501"

# The six-digit ones of published lists of leaked passwords, the most frequent first.
LEAKED = (
    "123456 111111 000000 123123 123321 654321 666666 121212 222222 555555 112233 159753 123654 888888",
    "777777 999999 789456 333333 131313 987654 159357 101010 102030 147258 111222 696969 010203 212121",
    "232323 147852 123789 444444 456789 252525 456123 142536 135790 124578 098765 555666 134679 852456",
    "010101 159951 741852 753951 202020 246810 151515 456456 520520 100200 007007 321321 951753 141414",
    "789789 121314 454545 666999 012345 242424 321654 090909 456852 110110 778899 159159 963852 171717",
    "234567 980099 786786 565656 100000 181818 123457 258456 262626 123987 909090 191919 123000 323232",
    "369369 787878 445566 223344 112358 147147 272727 161616 080808 654123 147369 020202 282828 170845",
    "290966 911911 123451 520131",
)


def allowed(pin, number=NUMBER):
    try:
        refuse_guessable(pin, number)
    except InvalidInput:
        return False
    return True


def test_a_refusal_names_the_field_and_does_not_repeat_the_pin():
    with pytest.raises(InvalidInput) as refusal:
        refuse_guessable("123456", NUMBER)

    assert set(refusal.value.fields) == {"pin"}
    assert "123456" not in str(refusal.value.fields)


def test_all_that_leaked_often_are_refused():
    assert [pin for pin in " ".join(LEAKED).split() if allowed(pin)] == []


def test_every_birthday_is_refused_however_it_is_written():
    days = [date(1930, 1, 1) + timedelta(days=one) for one in range(100 * 366)]

    written = {format(day, spelling) for day in days for spelling in ("%d%m%y", "%m%d%y", "%y%m%d")}

    assert [pin for pin in written if allowed(pin)] == []


@pytest.mark.parametrize("pin", ["081990", "199008", "122024", "290200", "000229"])
def test_so_are_a_month_of_a_year_and_the_29th_of_february(pin):
    assert not allowed(pin)


@pytest.mark.parametrize("pin", ["255501", "125550", "105552", "081125"])
def test_so_are_the_tail_and_the_rest_of_the_phone_number_in_both_directions(pin):
    assert not allowed(pin)


def test_what_is_of_one_phone_number_is_free_for_another():
    assert not allowed("784069", "0812784069")
    assert allowed("784069", "0812784060")


@pytest.mark.parametrize("pin", ["012345", "901234", "543210", "864208", "975319", "998877", "258369"])
def test_so_are_steps_around_the_clock_of_ten_and_walks_on_the_keypad(pin):
    assert not allowed(pin)


def test_nine_of_ten_pins_are_left():
    left = sum(allowed(f"{pin:06}") for pin in range(10**6))

    assert 900_000 < left < 910_000


def test_one_of_them_is_the_pin_of_the_tests():
    assert allowed(canaries.PIN)
