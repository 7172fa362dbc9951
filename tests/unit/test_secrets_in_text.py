"""What a log must not show is masked wherever it stands, and the rest is left as it is."""

import logging
import logging.config

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


@pytest.fixture(params=["json", "console"])
def log(request, capsys):  # noqa: ARG001 - before it, so that it is what the logger writes to
    """A logger of the standard library, as production sets it up."""
    handlers, level = logging.root.handlers[:], logging.root.level
    logging.config.dictConfig(logging_config(request.param, "info"))
    yield logging.getLogger("gunicorn.error")
    logging.root.handlers[:] = handlers
    logging.root.setLevel(level)


def test_a_traceback_has_neither_the_variables_of_its_frames_nor_what_the_driver_quotes(log, capsys):
    """Both formats of structlog print all variables unless they are told not to."""

    def log_in(secret_of_a_frame):
        raise ValueError(f"considered value: {canaries.phone_number()}", len(secret_of_a_frame))

    try:
        log_in(canaries.PIN)
    except ValueError:
        log.exception("request_failed")

    written = capsys.readouterr().out
    assert "considered value" in written
    assert "log_in" in written
    assert canaries.leaks(written) == []
