"""Clients that send a byte now and then: nobody else waits for them, and they do not stay."""

import socket
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, suppress
from http.client import HTTPConnection
from threading import Event, Thread

import pytest
from wire import PATIENCE_S, connect, everything, statuses

from service.gunicorn_worker import BODY_S, HEAD_S, STALLED_S

CROWD = 500
SAMPLES = 200
P99_S = 1.0
LONGEST_S = 10.0
"""What others may wait amid the crowd, on two busy cores."""

SLACK_S = 10.0
"""How late a busy machine may hang up."""


def head(length):
    return b"POST /topup HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n" + (
        b"Content-Length: %d\r\n\r\n" % length
    )


@pytest.fixture
def crowd(deployment):
    """Five hundred connections that send a byte a second: half of them a head, half of them a body."""
    with ExitStack() as stack:
        wires = [stack.enter_context(connect(deployment.port)) for _ in range(CROWD)]
        for wire in wires[::2]:
            wire.sendall(head(10_000))
        gone = Event()
        thread = Thread(target=trickle, args=(wires, gone))
        thread.start()
        yield wires
        gone.set()
        thread.join()


def trickle(wires, gone):
    while not gone.wait(1.0):
        for wire in wires:
            try:
                wire.send(b"X")
            except OSError:  # the server has hung up
                continue


@pytest.mark.alone
@pytest.mark.usefixtures("crowd")
def test_nobody_else_waits(deployment):
    guntur = deployment.api.sign_up()

    def top_up(_):
        started = time.monotonic()
        assert guntur.top_up(1).status == 201
        return time.monotonic() - started

    with ThreadPoolExecutor(4) as pool:
        times = sorted(pool.map(top_up, range(SAMPLES)))

    assert times[int(SAMPLES * 0.99)] < P99_S
    assert times[-1] < LONGEST_S


def test_they_are_sent_away(deployment):
    """Else some thousands of them would be all that a pod has."""
    with ThreadPoolExecutor() as pool:
        slow_head = pool.submit(outlast, deployment.port, b"GET /livez HTTP/1.1\r\nX: ")
        slow_body = pool.submit(outlast, deployment.port, head(10_000))
        unread_body = pool.submit(outlast, deployment.port, head(10_000).replace(b"/topup", b"/nowhere"))
        stalled = pool.submit(never_read, deployment.port, b"GET /openapi.json HTTP/1.1\r\nHost: x\r\n\r\n")
        comes_back = pool.submit(come_back, deployment.port, HEAD_S + 1)

    assert slow_head.result() == ([], pytest.approx(HEAD_S, abs=SLACK_S))
    assert slow_body.result() == ([408], pytest.approx(BODY_S, abs=SLACK_S))
    assert unread_body.result() == ([404], pytest.approx(BODY_S, abs=SLACK_S))
    connected_s, silent_s = stalled.result()
    assert connected_s >= STALLED_S, "who reads slowly has this long"
    assert silent_s <= STALLED_S + SLACK_S
    assert comes_back.result(), "connections are kept for those who come back"


def outlast(port, sent):
    """Send this, then a byte a second; return what was answered, and after how many seconds it was over."""
    started = time.monotonic()
    gone = Event()
    with connect(port) as wire:
        wire.sendall(sent)
        thread = Thread(target=trickle, args=([wire], gone))
        thread.start()
        try:
            received = everything(wire)
        finally:
            gone.set()
            thread.join()
    return statuses(received), time.monotonic() - started


def never_read(port, asked):
    """Ask and ask, and take no answer; return how long it was connected, and how long after the last byte.

    Long answers fill what the two kernels keep at once. They take bytes for a while after that: what went
    last says nothing about when the server began to wait.
    """
    started = time.monotonic()
    with socket.socket() as wire, suppress(ConnectionError):
        for buffer in (socket.SO_RCVBUF, socket.SO_SNDBUF):
            wire.setsockopt(socket.SOL_SOCKET, buffer, 4_096)
        wire.settimeout(2 * STALLED_S)
        wire.connect(("127.0.0.1", port))
        sent = 0
        while True:
            went = time.monotonic()
            sent += wire.send((asked + asked)[sent % len(asked) :])
    ended = time.monotonic()
    return ended - started, ended - went


def come_back(port, pause_s):
    """Ask twice on one connection; return whether it was one."""
    connection = HTTPConnection("127.0.0.1", port, timeout=PATIENCE_S)
    used = set()
    for pause in (0, pause_s):
        time.sleep(pause)
        connection.request("GET", "/livez")
        used.add(connection.sock)
        connection.getresponse().read()
    connection.close()
    return len(used) == 1
