"""The search for secrets finds what it is meant to find: a search that finds nothing proves nothing else."""

import canaries
import pytest
from canaries import PIN, leaks, phone_number

from wallet.rules.phone import masked

TOKEN = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJzb21lYm9keSJ9.c2lnbmF0dXJlLW9mLWl0"


@pytest.mark.parametrize("text", ['{{"pin": "{0}"}}', "pin={0}", "x{0}", "{0}\n", "wrong PIN {0}, try again"])
def test_the_pin_is_found(text):
    assert len(leaks(text.format(PIN))) == 1


@pytest.mark.parametrize("spell", [str, lambda number: "+62" + number[1:], lambda number: "62" + number[1:]])
def test_a_phone_number_is_found_however_it_is_spelled(spell):
    assert len(leaks(f'dup key: {{ phone_number: "{spell(phone_number())}" }}')) == 1


def test_a_signed_token_is_found_and_one_without_a_form_that_was_given_out():
    canaries.keep_secret("bm90IGEgSldUIGJ1dCBhIHNlY3JldA")

    assert len(leaks(f"Authorization: Bearer {TOKEN}")) == 1
    assert len(leaks("refresh bm90IGEgSldUIGJ1dCBhIHNlY3JldA refused")) == 1


@pytest.mark.parametrize(
    "text",
    [
        f"2026-11-25T20:29:01.{PIN}Z",
        f"0198c0de-0000-7000-8000-0000{PIN}af",
        masked("081234567890"),
        f"{PIN}0",
        TOKEN[:30],
    ],
)
def test_times_ids_and_what_is_masked_are_none(text):
    assert leaks(text) == []


def test_no_two_tests_have_one_phone_number():
    assert len({phone_number() for _ in range(1_000)}) == 1_000
