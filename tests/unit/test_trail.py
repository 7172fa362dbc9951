"""The trail: an event each, by a name that never changes, with ids and without secrets."""

from uuid import uuid4

import pytest
from canaries import phone_number
from structlog.testing import capture_logs

from wallet import trail

NUMBER, USER, SESSION = phone_number(), uuid4(), uuid4()
MASKED = f"{NUMBER[:4]}*******{NUMBER[-2:]}"

EVENTS = {
    "logged_in": (lambda: trail.logged_in(USER), {"user_id": str(USER)}),
    "login_failed": (
        lambda: trail.login_failed(NUMBER, None, 2),
        {"phone": MASKED, "user_id": None, "tries": 2},
    ),
    "login_locked": (
        lambda: trail.login_locked(NUMBER, USER, 5, 900),
        {"phone": MASKED, "user_id": str(USER), "tries": 5, "seconds": 900},
    ),
    "login_refused": (lambda: trail.login_refused(NUMBER, 7), {"phone": MASKED, "retry_after_s": 7}),
    "login_unlocked": (lambda: trail.login_unlocked(NUMBER, "siti"), {"phone": MASKED, "by": "siti"}),
    "request_refused": (
        lambda: trail.request_refused("login", "address", 3),
        {"door": "login", "scope": "address", "retry_after_s": 3},
    ),
    "logged_out": (
        lambda: trail.logged_out(USER, SESSION),
        {"user_id": str(USER), "session_id": str(SESSION)},
    ),
    "pin_changed": (lambda: trail.pin_changed(USER), {"user_id": str(USER)}),
    "refresh_replayed": (
        lambda: trail.refresh_replayed(USER, SESSION),
        {"user_id": str(USER), "session_id": str(SESSION)},
    ),
    "wallet_unfrozen": (
        lambda: trail.wallet_unfrozen(USER, "siti", "it is the owner"),
        {"user_id": str(USER), "by": "siti", "reason": "it is the owner"},
    ),
    "wallet_frozen": (
        lambda: trail.wallet_frozen(USER, "siti", "fraud"),
        {"user_id": str(USER), "by": "siti", "reason": "fraud"},
    ),
    "wallet_closed": (
        lambda: trail.wallet_closed(USER, "siti", "the owner asked for it"),
        {"user_id": str(USER), "by": "siti", "reason": "the owner asked for it"},
    ),
}


@pytest.mark.parametrize("name", EVENTS)
def test_an_event_has_its_name_and_its_ids_and_a_masked_number(name):
    tell, fields = EVENTS[name]

    with capture_logs() as events:
        tell()

    (event,) = events
    assert event.pop("log_level") in {"info", "warning"}
    assert event == {"event": name, "trail": True, **fields}


def test_every_function_of_it_is_here():
    made = {name for name, one in vars(trail).items() if callable(one) and one.__module__ == trail.__name__}

    assert {name for name in made if not name.startswith("_")} == set(EVENTS)
