"""What a log must not show is masked wherever it stands, and the rest is left as it is."""

import logging
import sys

import canaries
import pytest

from wallet.logs import logging_config
from wallet.rules.secrets_in_text import scrubbed

TOKEN = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJzb21lYm9keSJ9.c2lnbmF0dXJlLW9mLWl0"
HASH = "$argon2id$v=19$m=19456,t=2,p=1$c2FsdHNhbHRzYWx0$aGFzaGhhc2g"


def test_a_phone_number_is_masked_and_a_token_and_a_hash_are_gone():
    text = f'dup key: {{ phone_number: "0811255501" }}, {TOKEN}, considered: "{HASH}"'

    assert scrubbed(text) == 'dup key: { phone_number: "0811****01" }, [token], considered: "[hash]"'


@pytest.mark.parametrize("text", ["", "0198c0de-0811255501ab", "port 27017, 0.0811255501 s", "08", "0812345"])
def test_what_is_none_of_them_stays(text):
    assert scrubbed(text) == text


@pytest.mark.parametrize("log_format", ["json", "console"])
def test_a_traceback_has_neither_the_variables_of_its_frames_nor_what_the_driver_quotes(log_format):
    """Both formats of structlog print all variables unless they are told not to."""

    def log_in(secret_of_a_frame):
        raise ValueError(f"considered value: {canaries.phone_number()}", len(secret_of_a_frame))

    try:
        log_in(canaries.PIN)
    except ValueError:
        written = formatted(log_format, sys.exc_info())

    assert "considered value" in written
    assert "log_in" in written
    assert canaries.leaks(written) == []


def formatted(log_format, failure):
    """What the standard library's loggers write; the program's own have the same renderers."""
    made = dict(logging_config(log_format, "info")["formatters"]["event"])
    formatter = made.pop("()")(**made)
    return formatter.format(logging.LogRecord("gunicorn", logging.ERROR, __file__, 1, "failed", (), failure))
