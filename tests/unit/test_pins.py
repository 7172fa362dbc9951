"""PIN hashes: a stolen database alone gives no PIN away, and time tells nobody who is registered."""

import hmac
import statistics
import time
from hashlib import sha256

import pytest
from argon2 import PasswordHasher

from wallet.pins import Peppers, PinHasher, Verdict

PEPPERS = Peppers("a pepper that is kept outside the database")


@pytest.fixture(scope="module")
def hasher():
    return PinHasher(PEPPERS)


@pytest.fixture(scope="module")
def stored(hasher):
    return hasher.hash("123456")


def test_the_pin_that_made_a_hash_matches_it(hasher, stored):
    assert hasher.check("123456", stored) is Verdict.RIGHT


@pytest.mark.parametrize("pin", ["123457", "000000", "654321", "", "123456 ", "1234567"])
def test_no_other_does(hasher, stored, pin):
    assert hasher.check(pin, stored) is Verdict.WRONG


def test_it_is_argon2id_with_the_cost_that_owasp_asks_for(stored):
    assert stored.startswith("$argon2id$v=19$m=19456,t=2,p=1$")


def test_the_same_pin_of_two_people_is_not_seen(hasher, stored):
    assert hasher.hash("123456") != stored


def test_without_the_pepper_nothing_matches(stored):
    """There are only a million PINs: a hash alone would be tried out in hours."""
    assert PinHasher(Peppers("another pepper")).check("123456", stored) is Verdict.WRONG


@pytest.mark.parametrize("damaged", ["", "x", "$argon2id$v=19$m=19456,t=2,p=1$AAAA$AAAA", "plain 123456"])
def test_a_damaged_hash_matches_nothing(hasher, damaged):
    assert hasher.check("123456", damaged) is Verdict.WRONG


def test_nobody_matches_nothing(hasher):
    assert hasher.check("123456", None) is Verdict.WRONG


class TestPeppers:
    """A pepper can be changed: PINs follow when their owners log in."""

    @pytest.fixture
    def changed(self):
        return PinHasher(Peppers("a pepper that came after it", (PEPPERS.current,)))

    def test_a_pin_under_the_previous_one_is_right_and_outdated(self, changed, stored):
        assert changed.check("123456", stored) is Verdict.OUTDATED
        assert changed.check("654321", stored) is Verdict.WRONG

    def test_one_under_the_current_one_is_right(self, changed):
        assert changed.check("123456", changed.hash("123456")) is Verdict.RIGHT

    def test_without_the_previous_one_it_is_wrong(self, stored):
        assert PinHasher(Peppers("a pepper that came after it")).check("123456", stored) is Verdict.WRONG

    def test_they_are_not_shown(self):
        assert PEPPERS.current not in repr(PEPPERS)


def test_a_hash_of_another_cost_is_outdated(hasher):
    cheap = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
    keyed = hmac.digest(PEPPERS.current.encode(), b"123456", sha256)

    assert hasher.check("123456", cheap.hash(keyed)) is Verdict.OUTDATED


@pytest.mark.alone
@pytest.mark.parametrize("peppers", [PEPPERS, Peppers("another", (PEPPERS.current,))], ids=["one", "two"])
def test_nobody_takes_as_long_as_somebody(peppers, stored):
    """Else the time of a refused login would tell which numbers are registered."""
    hasher = PinHasher(peppers)
    times = {None: [], stored: []}
    for _ in range(15):
        for known, taken in times.items():  # in turn, so that a busy moment hits both
            started = time.perf_counter()
            hasher.check("654321", known)
            taken.append(time.perf_counter() - started)

    nobody, somebody = map(statistics.median, times.values())

    assert nobody == pytest.approx(somebody, rel=0.3)
