"""A masked name: a friend knows it again, and nobody reads it off."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wallet.rules.name_mask import HIDDEN, SHOWN, masked

words = st.text(st.characters(categories=["L"]), min_size=1, max_size=64)


@pytest.mark.parametrize(
    ("names", "shown"),
    [
        (("Guntur", "Saputro"), "Gu*** Sa***"),
        (("Siti Nur", "Aisyah"), "Si*** Nu*** Ai***"),
        (("Li", "O"), "L*** ***"),
        (("Élodie", "Øst"), "Él*** Øs***"),
    ],
    ids=" ".join,
)
def test_of_each_word_its_beginning_is_shown(names, shown):
    assert masked(*names) == shown


@given(words)
def test_never_a_whole_word_nor_how_long_it_is(word):
    shown = masked(word)

    assert shown.endswith(HIDDEN)
    beginning = shown.removesuffix(HIDDEN)
    assert word.startswith(beginning)
    assert len(beginning) < len(word)
    assert len(beginning) <= SHOWN
