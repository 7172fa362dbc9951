"""A flood of logins: hashing a PIN keeps a processor busy, and those who pay must not wait for it."""

import time
from concurrent.futures import ThreadPoolExecutor
from statistics import median
from threading import Event

import pytest
import requests
from canaries import phone_number

pytestmark = pytest.mark.alone

FLOOD = 40
"""Logins at a time. At 20 ms of a processor each, they would keep two workers that hashed them themselves
busy for 0.4 s, and everybody else would wait as long, request after request."""

SAMPLES = 60
USUAL_S = 0.15
LONGEST_S = 1.0
"""What a top-up may take amid the flood, at the median and at most, on two busy cores."""


def test_leaves_those_who_pay_alone(deployment):
    guntur = deployment.api.sign_up()
    guntur.top_up(1)
    flooded = Event()
    with ThreadPoolExecutor(FLOOD) as pool:
        logins = [pool.submit(log_in_wrongly, deployment.url, flooded) for _ in range(FLOOD)]
        time.sleep(1.0)  # the flood rises
        try:
            times = sorted(timed(lambda: guntur.top_up(1)) for _ in range(SAMPLES))
        finally:
            flooded.set()
        refused = sum(login.result() for login in logins)

    assert refused > SAMPLES / 4, "there was a flood"
    assert median(times) < USUAL_S
    assert times[-1] < LONGEST_S


def log_in_wrongly(url, until):
    """Try a wrong PIN for ever new numbers; return how many were refused, as wrong or as too many at once."""
    refused = 0
    with requests.Session() as session:
        while not until.is_set():
            guess = {"phone_number": phone_number(), "pin": "482913"}
            assert session.post(f"{url}/login", json=guess, timeout=20).status_code in {401, 503}
            refused += 1
    return refused


def timed(request):
    started = time.monotonic()
    request()
    return time.monotonic() - started
