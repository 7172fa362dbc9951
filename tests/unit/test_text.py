"""Text that people write and other people read: in normal form, bounded, and all of it visible."""

import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wallet.errors import InvalidInput
from wallet.rules import text

visible = st.text(st.characters(exclude_categories=["C", "Zl", "Zp", "Mn", "Lo", "So"]), max_size=200)


@pytest.mark.parametrize(
    "written", ["Guntur", "Ny. Siti Nurhaliza", "José", "O'Neill-Batubara", "王小明", "عمر", "Jl. Melati №5"]
)
def test_names_of_the_world_stay_as_they_are(written):
    assert text.name("first_name", written) == written
    assert text.address(written) == written


@pytest.mark.parametrize("written", ["Makasih ya 🙏", "❤️", "👍🏽", "🇮🇩", "50% off <b>'\"--;${}\\"])
def test_remarks_may_have_anything_that_can_be_seen(written):
    assert text.remarks(written) == written


@given(visible)
def test_what_comes_out_is_normal_trimmed_and_stays_the_same(written):
    clean = text.remarks(written)

    assert clean == clean.strip()
    assert unicodedata.is_normalized("NFC", clean)
    assert text.remarks(clean) == clean


@given(visible)
def test_two_spellings_of_the_same_text_are_one(written):
    composed, decomposed = (unicodedata.normalize(form, written) for form in ("NFC", "NFD"))

    assert text.remarks(composed) == text.remarks(decomposed)


@pytest.mark.parametrize("category", ["Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"])
@given(before=st.text(), after=st.text(), data=st.data())
@settings(max_examples=20)
def test_one_invisible_character_anywhere_is_refused(category, before, after, data):
    invisible = data.draw(st.characters(categories=[category]))

    with pytest.raises(InvalidInput) as refusal:
        text.remarks(before + invisible + after)

    assert set(refusal.value.fields) == {"remarks"}


@pytest.mark.parametrize("character", "\u034f\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0", ids=ascii)
def test_letters_that_are_drawn_as_nothing_are_refused(character):
    """A name of Hangul fillers looks like no name at all."""
    with pytest.raises(InvalidInput):
        text.name("first_name", character * 3)


@pytest.mark.parametrize(
    ("clean", "longest"),
    [
        (lambda written: text.name("first_name", written), text.NAME_LENGTH),
        (text.address, text.ADDRESS_LENGTH),
        (text.remarks, text.REMARKS_LENGTH),
    ],
)
def test_the_longest_is_counted_in_characters_as_they_are_sent_and_kept(clean, longest):
    """As a schema counts them: spaces around the text do, and what the normal form takes apart does twice."""
    assert clean("é" * longest) == "é" * longest
    assert clean(" " + "é" * (longest - 2) + " ") == "é" * (longest - 2)
    for written in ("é" * (longest + 1), " " + "é" * longest, "\u0958" * longest):
        with pytest.raises(InvalidInput, check=lambda refusal: str(longest) in str(refusal.fields)):
            clean(written)


@pytest.mark.parametrize("blank", ["", " ", "\u00a0\u3000\u2003"], ids=ascii)
def test_a_name_needs_a_character_and_the_rest_need_none(blank):
    assert text.address(blank) == ""
    assert text.remarks(blank) == ""
    with pytest.raises(InvalidInput) as refusal:
        text.name("last_name", blank)

    assert refusal.value.fields == {"last_name": "must not be empty"}
