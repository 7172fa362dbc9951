"""JSON as strict as money needs: a body means one thing or is refused."""

import json
from contextlib import suppress

import orjson
import pytest
from flask import Flask
from hypothesis import given
from hypothesis import strategies as st

from service.errors import MalformedJson
from service.strict_json import StrictJson, parse

values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**63)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)
objects = st.dictionaries(st.text(), values, max_size=4)


@given(objects)
def test_an_object_is_read_as_it_was_written(written):
    assert parse(json.dumps(written)) == written
    assert parse(json.dumps(written).encode()) == written
    assert parse(json.dumps(written, ensure_ascii=False).encode("utf-8", "surrogatepass")) == written


@given(values.filter(lambda value: not isinstance(value, dict)))
def test_what_is_no_object_is_refused(value):
    with pytest.raises(MalformedJson):
        parse(json.dumps(value))


@given(st.binary() | st.text())
def test_nothing_raises_anything_else(body):
    with suppress(MalformedJson):
        assert isinstance(parse(body), dict)


@given(objects, st.binary(min_size=1, max_size=3))
def test_nothing_may_come_after_the_object(written, more):
    body = json.dumps(written).encode() + more
    if more.strip(b" \t\r\n"):
        with pytest.raises(MalformedJson):
            parse(body)
    else:
        assert parse(body) == written


@given(objects.filter(bool), st.data())
def test_a_name_that_occurs_twice_is_refused_wherever_it_is(written, data):
    """Which of the two is meant? Two readers of one body must never answer that differently."""
    name = data.draw(st.sampled_from(sorted(written)))
    again = json.dumps({name: None})[1:-1]
    body = f"{json.dumps(written)[:-1]},{again}}}"

    for deeper in (body, f'{{"a":{body}}}', f'{{"a":[[{body}]]}}'):
        with pytest.raises(MalformedJson):
            parse(deeper)


def test_a_name_is_the_same_however_it_is_spelled():
    with pytest.raises(MalformedJson):
        parse(r'{"amount":1,"\u0061mount":2}')


@pytest.mark.parametrize("word", ["NaN", "Infinity", "-Infinity", "nan", "None", "True", "undefined"])
def test_words_that_are_no_json_are_refused(word):
    with pytest.raises(MalformedJson):
        parse(f'{{"a":{word}}}')


@pytest.mark.parametrize("opening", ["[", '{"a":', '[{"a":'])
@pytest.mark.parametrize("depth", [2_000, 10_000, 100_000])
def test_depth_is_refused_and_does_no_harm(opening, depth):
    with pytest.raises(MalformedJson):
        parse(f'{{"a":{opening * depth}')


@pytest.mark.parametrize("digits", ["9" * 5_000, "-" + "9" * 5_000])
def test_a_number_of_5000_digits_is_refused_before_it_costs_anything(digits):
    with pytest.raises(MalformedJson):
        parse(f'{{"a":{digits}}}')


@pytest.mark.parametrize(
    "body",
    [b'{"a":"\xff"}', b'{"a":"\xed\xa0\x80"}', b'{"a":"\xc0\xaf"}', b'\xef\xbb\xbf{"a":1}', b'{"a":1}\x00'],
)
def test_what_is_not_utf_8_is_refused(body):
    with pytest.raises(MalformedJson):
        parse(body)


def test_floats_and_integers_stay_apart():
    """1.0, 1e2 and -0 must not look like what a client with whole rupiah sends."""
    parsed = parse('{"a":1,"b":1.0,"c":1e2,"d":-0,"e":1e400}')

    assert [type(value) for value in parsed.values()] == [int, float, float, int, float]


@given(st.dictionaries(st.text(st.characters(exclude_categories=["Cs"])), st.integers(-(2**53), 2**53)))
def test_replies_are_json_that_everybody_reads(reply):
    written = StrictJson(Flask("dompet")).dumps(reply)

    assert json.loads(written) == orjson.loads(written) == reply
