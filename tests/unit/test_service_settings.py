"""A pod refuses to start with settings that would not hold, and says how to mend them."""

import pytest
from pydantic import ValidationError

from service.settings import ServiceSettings
from wallet.pins import Peppers

GOOD = {
    "MONGODB_URI": "mongodb://dompet:hunter2@127.0.0.1:27017/?replicaSet=dompet",
    "JWT_SECRET": "4hY7s0Jm1vQ9xKp2Wc8LrTz6NbEf3GdU",
    "PIN_PEPPER": "Zq5XoA8nR1tVwM6yHk3CjSb7PgDe9LfI",
}

each_secret = pytest.mark.parametrize("name", ["JWT_SECRET", "PIN_PEPPER"])


@pytest.fixture
def environment(monkeypatch):
    """The names and values that a pod is told, and nothing else."""
    for name in ServiceSettings.model_fields:
        monkeypatch.delenv(name.upper(), raising=False)

    def environment(**changes):
        for name, value in {**GOOD, **changes}.items():
            if value is None:
                monkeypatch.delenv(name, raising=False)
            else:
                monkeypatch.setenv(name, value)

    environment()
    return environment


def refusal():
    with pytest.raises(ValidationError) as refusal:
        ServiceSettings()
    return refusal.value


@pytest.mark.usefixtures("environment")
def test_three_variables_are_all_it_needs():
    settings = ServiceSettings()

    assert settings.jwt_secret.get_secret_value() == GOOD["JWT_SECRET"]
    assert (settings.port, settings.metrics_port) == (8_000, 9_100)
    assert (settings.access_token_minutes, settings.refresh_token_days) == (15, 30)
    assert settings.timezone == "Asia/Jakarta"
    assert settings.balance_cap == 2**53 - 1


@each_secret
@pytest.mark.parametrize(
    "value",
    [None, "", "secret", "a" * 64, "ab" * 32, "0123456789" * 10, "4hY7s0Jm1vQ9xKp2Wc8LrTz6NbEf3Gd", " " * 40],
    ids=["missing", "empty", "a word", "one letter", "two letters", "ten digits", "31 characters", "spaces"],
)
def test_a_missing_or_weak_secret_is_refused_and_the_cure_is_named(environment, name, value):
    environment(**{name: value})

    (error,) = refusal().errors()

    assert error["loc"] == (name.lower(),)
    assert error["msg"] == "is missing or easy to guess: make one with `openssl rand -base64 32`"


def test_a_missing_server_is_refused(environment):
    environment(MONGODB_URI=None)

    assert refusal().errors()[0]["loc"] == ("mongodb_uri",)


@each_secret
@pytest.mark.parametrize("value", [None, "too-short-to-be-a-secret"])
def test_a_refusal_shows_no_secret(environment, name, value):
    """It ends in a log that many can read: not even the values that are right may be in it."""
    environment(**{name: value})

    told = str(refusal())

    assert not any(
        secret in told for secret in (GOOD["JWT_SECRET"], GOOD["PIN_PEPPER"], "hunter2", str(value))
    )


@pytest.mark.usefixtures("environment")
def test_settings_do_not_show_their_secrets():
    assert not any(GOOD[name] in repr(ServiceSettings()) for name in ("JWT_SECRET", "PIN_PEPPER"))


@pytest.mark.parametrize(
    ("name", "value"),
    [
        *(("TIMEZONE", value) for value in ("Asia/Atlantis", "../etc/passwd", "+07:00")),
        *(("BALANCE_CAP", value) for value in ("0", "-1", str(2**53), "1.5", "lots")),
        *(("ACCESS_LOG_SAMPLE", value) for value in ("-0.1", "1.1", "half")),
        *(("PORT", value) for value in ("-1", "65536", "http")),
        *((name, "0") for name in ("WORKERS", "CONNECTIONS", "ACCESS_TOKEN_MINUTES", "REFRESH_TOKEN_DAYS")),
        ("LOG_FORMAT", "xml"),
        ("LOG_LEVEL", "loud"),
    ],
)
def test_a_setting_out_of_range_is_refused(environment, name, value):
    environment(**{name: value})

    assert refusal().errors()[0]["loc"] == (name.lower(),)


def test_an_empty_variable_is_one_that_is_not_set(environment):
    """Manifests often set all names and leave some values empty."""
    environment(PORT="", TIMEZONE="", WORKERS="")

    assert ServiceSettings().port == 8_000


@pytest.mark.usefixtures("environment")
def test_guessers_are_kept_out_unless_told_otherwise():
    settings = ServiceSettings()

    assert (settings.pin_blocklist, settings.rate_limits, settings.proxies) == (True, True, 0)
    assert settings.peppers == Peppers(GOOD["PIN_PEPPER"])


def test_a_previous_pepper_is_one_more_and_as_strong(environment):
    environment(PIN_PEPPER_PREVIOUS=GOOD["JWT_SECRET"])
    assert ServiceSettings().peppers == Peppers(GOOD["PIN_PEPPER"], (GOOD["JWT_SECRET"],))

    environment(PIN_PEPPER_PREVIOUS="guessable")
    (error,) = refusal().errors()
    assert error["loc"] == ("pin_pepper_previous",)
