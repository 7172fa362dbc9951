"""Keys change while tokens are out: what one of them signed is good until it expires, whoever is asked."""

import pytest

from service.keys.ring import UNKNOWN_S, Ring, RingObserver, key, keys_in
from service.keys.sources import SourceFault, file, literal

OLD, NEW, NEWEST = (f"{letter}-key-of-the-tests-0123456789-abcdef" for letter in "abc")
LIFETIME_S = 300.0


class Watch:
    def __init__(self):
        self.now = 1_000.0

    def __call__(self):
        return self.now


class Told(RingObserver):
    def __init__(self):
        self.changes, self.faults = [], []

    def changed(self, signing, known):
        self.changes.append((signing, known))

    def failed(self, fault):
        self.faults.append(str(fault))


class Vault:
    """A source that counts how often it is read."""

    def __init__(self, text):
        self.text = text
        self.reads = 0

    def __call__(self):
        self.reads += 1
        if isinstance(self.text, Exception):
            raise self.text
        return self.text


@pytest.fixture
def watch():
    return Watch()


@pytest.fixture
def told():
    return Told()


@pytest.fixture
def vault():
    return Vault(OLD)


@pytest.fixture
def ring(vault, told, watch):
    return Ring(vault, lifetime_s=LIFETIME_S, observer=told, clock=watch)


def test_the_first_key_signs_and_all_of_them_verify():
    keys = keys_in(f"{NEW}\n{OLD} {NEWEST}\n")

    assert keys.signing == key(NEW)
    assert list(keys.known) == [key(one).kid for one in (NEW, OLD, NEWEST)]


def test_a_kid_is_the_same_everywhere_and_gives_nothing_away():
    assert key(OLD).kid == key(OLD).kid != key(NEW).kid
    assert len(key(OLD).kid) == 12
    assert OLD not in repr(keys_in(OLD))


@pytest.mark.parametrize(
    "text",
    ["", " \n", "secret", "a" * 64, f"{OLD} short", "a-string-secret-at-least-256-bits-long"],
    ids=["nothing", "blanks", "a word", "one letter", "a good one and a weak one", "jwt.io's"],
)
def test_a_ring_with_a_key_that_somebody_could_guess_is_refused_and_the_cure_is_named(text):
    with pytest.raises(SourceFault, match="openssl rand -base64 32") as refusal:
        keys_in(text)

    assert not any(part in str(refusal.value) for part in text.split())


def test_keys_are_taken_as_they_are_for_a_while_and_then_read_again(ring, vault, told, watch):
    vault.text = f"{NEW} {OLD}"
    watch.now += LIFETIME_S - 1
    assert ring.keys().signing == key(OLD)
    assert vault.reads == 1

    watch.now += 1

    assert ring.keys().signing == key(NEW)
    assert key(OLD).kid in ring.keys().known, "what it signed is still good"
    assert vault.reads == 2
    assert told.changes == [(key(NEW).kid, 2)]


def test_the_same_keys_again_are_no_change(ring, told, watch):
    """Else every worker would verify every token anew, each time."""
    before = ring.keys()
    watch.now += LIFETIME_S

    assert ring.keys() is before
    assert told.changes == []


def test_a_retired_key_is_forgotten(ring, vault, watch):
    vault.text = NEW
    watch.now += LIFETIME_S

    assert list(ring.keys().known) == [key(NEW).kid]


@pytest.mark.parametrize("text", [SourceFault("AWS is away"), "", "weak", f"{NEW} weak"])
def test_what_cannot_be_read_or_is_weak_leaves_the_last_good_keys(ring, vault, told, watch, text):
    before = ring.keys()
    vault.text = text
    watch.now += LIFETIME_S

    assert ring.keys() is before
    assert len(told.faults) == 1
    assert ring.keys() is before
    assert vault.reads == 2, "a source that is down is not asked by every request"

    vault.text = NEW
    watch.now += LIFETIME_S
    assert ring.keys().signing == key(NEW)


def test_a_kid_that_nobody_knows_has_the_keys_read_again_but_once_a_minute(ring, vault, watch):
    """Somebody who makes kids up must not make us ask for each."""
    vault.text = f"{NEW} {OLD}"
    for _ in range(100):
        ring.anew()
    assert vault.reads == 1, "they were read less than a minute ago"

    watch.now += UNKNOWN_S
    for _ in range(100):
        assert ring.anew().signing == key(NEW)
    assert vault.reads == 2


@pytest.mark.parametrize("text", ["", "weak"])
def test_without_good_keys_nothing_starts(text):
    with pytest.raises(SourceFault):
        Ring(literal(text), lifetime_s=LIFETIME_S)


class TestFile:
    def test_a_mounted_secret_that_changes_is_read_again(self, tmp_path, watch):
        path = tmp_path / "JWT_SECRET"
        path.write_text(f"{OLD}\n")
        ring = Ring(file(path), lifetime_s=LIFETIME_S, clock=watch)
        assert ring.keys().signing == key(OLD)

        path.write_text(f"{NEW}\n{OLD}\n")
        watch.now += LIFETIME_S

        assert ring.keys().signing == key(NEW)

    def test_a_file_that_is_not_there_says_which(self, tmp_path):
        with pytest.raises(SourceFault, match=r"absent: No such file or directory"):
            file(tmp_path / "absent")()

    def test_a_file_of_bytes_says_which_and_shows_nothing_of_it(self, tmp_path):
        path = tmp_path / "key"
        path.write_bytes(b"hunter2\xff")

        with pytest.raises(SourceFault, match=r"key: is not text") as refusal:
            file(path)()
        assert "hunter2" not in str(refusal.value)
