"""A pod refuses to start with settings that would not hold, and says how to mend them."""

import pytest
from pydantic import ValidationError

from service.keys.sources import SourceFault
from service.settings import ServiceSettings
from wallet.models import Kind
from wallet.pins import Peppers
from wallet.rules.limits import Limit

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


@each_secret
@pytest.mark.parametrize(
    "value", ["a-string-secret-at-least-256-bits-long", "your-256-bit-secret-your-256-bit-secret"]
)
def test_a_secret_that_everybody_knows_is_refused(environment, name, value):
    """It is long enough, and the first that a forger tries."""
    environment(**{name: value})

    assert refusal().errors()[0]["loc"] == (name.lower(),)


def test_several_keys_are_a_ring_in_which_none_may_be_weak(environment):
    environment(JWT_SECRET=f"{GOOD['PIN_PEPPER']} {GOOD['JWT_SECRET']}")
    assert ServiceSettings().jwt_keys()().split() == [GOOD["PIN_PEPPER"], GOOD["JWT_SECRET"]]

    environment(JWT_SECRET=f"{GOOD['JWT_SECRET']} weak")
    assert refusal().errors()[0]["loc"] == ("jwt_secret",)


def test_a_secret_can_be_in_a_file(environment, tmp_path):
    for name in ("JWT_SECRET", "PIN_PEPPER"):
        (tmp_path / name).write_text(f"{GOOD[name]}\n")
        environment(**{name: None, f"{name}_FILE": str(tmp_path / name)})
    environment(JWT_SECRET=None, PIN_PEPPER=None)

    settings = ServiceSettings()

    assert settings.jwt_keys()() == GOOD["JWT_SECRET"]
    assert settings.peppers() == Peppers(GOOD["PIN_PEPPER"])


def test_a_weak_pepper_in_a_file_is_refused_too(environment, tmp_path):
    (tmp_path / "pepper").write_text("hunter2")
    environment(PIN_PEPPER=None, PIN_PEPPER_FILE=str(tmp_path / "pepper"))

    with pytest.raises(SourceFault, match="openssl rand -base64 32") as fault:
        ServiceSettings().peppers()
    assert "hunter2" not in str(fault.value)


@each_secret
@pytest.mark.parametrize("other", [("FILE",), ("AWS",), ("FILE", "AWS")])
def test_a_secret_that_is_given_twice_is_refused(environment, name, other):
    """Whoever reads the manifest must know which one counts."""
    environment(**{f"{name}_{way}": "somewhere" for way in other})

    (error,) = refusal().errors()

    assert (error["loc"], error["type"]) == ((name.lower(),), "two_secrets")


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
        ("REFRESH_GRACE_SECONDS", "-1"),
        *((name, "0") for name in ("SESSIONS_PER_USER", "KEYS_SECONDS")),
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


def test_top_ups_are_open_and_nothing_is_limited_unless_it_is_said(environment):
    environment(TOP_UP_GATE=None, PAYMENT_LIMITS=None)
    settings = ServiceSettings()
    assert (settings.top_up_gate, settings.limits) == ("open", None)


def test_limits_are_objects_by_kind(environment):
    environment(
        PAYMENT_LIMITS='{"day_amount": 20000000, "month_count": 50}', TRANSFER_LIMITS="{}", TIMEZONE="UTC"
    )
    limits = ServiceSettings().limits
    assert limits.by_kind == {Kind.PAYMENT: Limit(day_amount=20_000_000, month_count=50)}
    assert str(limits.zone) == "UTC"


@pytest.mark.parametrize(
    "value",
    [
        '{"day": 1}',
        '{"day_amount": -1}',
        '{"day_amount": "1"}',
        '{"day_amount": 1.5}',
        '{"day_count": true}',
        "[]",
    ],
)
def test_a_limit_that_means_nothing_is_refused(environment, value):
    environment(PAYMENT_LIMITS=value)
    (error,) = refusal().errors()
    assert error["loc"][0] == "payment_limits"


@pytest.mark.parametrize("gate", ["secret", "webhook"])
@pytest.mark.parametrize("secret", [None, "guessable", "a" * 64])
def test_a_gate_without_a_lock_is_refused(environment, gate, secret):
    environment(TOP_UP_GATE=gate, TOP_UP_SECRET=secret)
    assert "TOP_UP_SECRET" in str(refusal())


def test_the_secret_of_a_webhook_is_base64(environment):
    environment(TOP_UP_GATE="webhook", TOP_UP_SECRET="Zq5XoA8nR1tVwM6yHk3CjSb7PgDe9L-_!")
    assert "base64" in str(refusal())
    environment(TOP_UP_GATE="webhook", TOP_UP_SECRET="whsec_Zq5XoA8nR1tVwM6yHk3CjSb7PgDe9LfI")
    assert ServiceSettings().top_up_gate == "webhook"


def test_an_unknown_gate_is_refused(environment):
    environment(TOP_UP_GATE="ajar")
    (error,) = refusal().errors()
    assert error["loc"] == ("top_up_gate",)


@pytest.mark.usefixtures("environment")
def test_guessers_are_kept_out_unless_told_otherwise():
    settings = ServiceSettings()

    assert (settings.pin_blocklist, settings.rate_limits, settings.proxies) == (True, True, 0)
    assert settings.peppers() == Peppers(GOOD["PIN_PEPPER"])


def test_a_previous_pepper_is_one_more_and_as_strong(environment):
    environment(PIN_PEPPER=f"{GOOD['PIN_PEPPER']} {GOOD['JWT_SECRET']}")
    assert ServiceSettings().peppers() == Peppers(GOOD["PIN_PEPPER"], (GOOD["JWT_SECRET"],))

    environment(PIN_PEPPER=f"{GOOD['PIN_PEPPER']} guessable")
    (error,) = refusal().errors()
    assert error["loc"] == ("pin_pepper",)
