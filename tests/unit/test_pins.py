"""PIN hashes: a stolen database alone gives no PIN away, and time tells nobody who is registered."""

import statistics
import time

import pytest

from wallet.pins import Peppers, PinHasher, Verdict

PEPPERS = Peppers("a pepper that is kept outside the database")


@pytest.fixture(scope="module")
def hasher():
    return PinHasher(PEPPERS)


@pytest.fixture(scope="module")
def stored(hasher):
    return hasher.hash("123456")


def test_the_pin_that_made_a_hash_matches_it(hasher, stored):
    assert hasher.matches("123456", stored)


@pytest.mark.parametrize("pin", ["123457", "000000", "654321", "", "123456 ", "1234567"])
def test_no_other_does(hasher, stored, pin):
    assert not hasher.matches(pin, stored)


def test_it_is_argon2id_with_the_cost_that_owasp_asks_for(stored):
    assert stored.startswith("$argon2id$v=19$m=19456,t=2,p=1$")


def test_the_same_pin_of_two_people_is_not_seen(hasher, stored):
    assert hasher.hash("123456") != stored


def test_without_the_pepper_nothing_matches(stored):
    """There are only a million PINs: a hash alone would be tried out in hours."""
    assert not PinHasher(Peppers("another pepper")).matches("123456", stored)


@pytest.mark.parametrize("damaged", ["", "x", "$argon2id$v=19$m=19456,t=2,p=1$AAAA$AAAA", "plain 123456"])
def test_a_damaged_hash_matches_nothing(hasher, damaged):
    assert not hasher.matches("123456", damaged)


def test_nobody_matches_nothing(hasher):
    assert hasher.check("123456", None) is Verdict.WRONG


def test_nobody_takes_as_long_as_somebody(hasher, stored):
    """Else the time of a refused login would tell which numbers are registered."""
    nobody, somebody = (seconds(hasher, known) for known in (None, stored))

    assert nobody == pytest.approx(somebody, rel=0.5)


def seconds(hasher, stored):
    def once():
        started = time.perf_counter()
        hasher.check("654321", stored)
        return time.perf_counter() - started

    return statistics.median(once() for _ in range(9))
