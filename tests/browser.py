"""A real Chromium, driven over a pipe: what a page asks for, what it complains of, and what it shows."""

import fcntl
import json
import os
import shutil
import subprocess
import time
from base64 import b64decode
from contextlib import contextmanager
from select import select

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
PATIENCE_S = 60.0
TO_BROWSER, FROM_BROWSER = 3, 4
"""The descriptors that ``--remote-debugging-pipe`` speaks over: messages end with a zero byte."""


class Page:
    """One page. ``asked`` are the addresses of its requests, ``complaints`` what its console shows."""

    def __init__(self, browser):
        self.asked = []
        self.complaints = []
        self._browser = browser
        target = browser.call("Target.createTarget", url="about:blank")["targetId"]
        self._session = browser.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        browser.listeners[self._session] = self._hear
        for domain in ("Page", "Network", "Runtime", "Log"):
            self._call(f"{domain}.enable")

    def resize(self, width, height):
        self._call(
            "Emulation.setDeviceMetricsOverride",
            width=width,
            height=height,
            deviceScaleFactor=1,
            mobile=width < 600,
        )

    def open(self, url):
        self._call("Page.navigate", url=url)

    def value(self, expression):
        """What a piece of JavaScript is; promises are waited for."""
        answer = self._call(
            "Runtime.evaluate", expression=expression, awaitPromise=True, returnByValue=True, userGesture=True
        )
        assert "exceptionDetails" not in answer, answer["exceptionDetails"]
        return answer["result"].get("value")

    def wait_for(self, expression):
        """Wait until a piece of JavaScript is true, and return what it is."""
        deadline = time.monotonic() + PATIENCE_S
        while not (value := self.value(expression)):
            assert time.monotonic() < deadline, (expression, self.complaints)
            time.sleep(0.05)
        return value

    def screenshot(self, file):
        picture = self._call("Page.captureScreenshot", captureBeyondViewport=True)["data"]
        file.write_bytes(b64decode(picture))

    def _call(self, method, **parameters):
        return self._browser.call(method, self._session, **parameters)

    def _hear(self, method, parameters):
        if method == "Network.requestWillBeSent":
            self.asked.append(parameters["request"]["url"])
        if method == "Runtime.exceptionThrown":
            self.complaints.append(json.dumps(parameters["exceptionDetails"]))
        if method == "Runtime.consoleAPICalled" and parameters["type"] in ("error", "warning", "assert"):
            self.complaints.append(json.dumps(parameters["args"]))
        if method == "Log.entryAdded" and parameters["entry"]["level"] in ("error", "warning"):
            self.complaints.append(json.dumps(parameters["entry"]))


class Browser:
    def __init__(self, write, read):
        self.listeners = {}
        self._write = write
        self._read = read
        self._received = b""
        self._id = 0

    def call(self, method, session=None, **parameters):
        """Call a method of the DevTools protocol and return its result; events meanwhile are heard."""
        self._id += 1
        message = {"id": self._id, "method": method, "params": parameters}
        os.write(
            self._write, json.dumps(message | ({"sessionId": session} if session else {})).encode() + b"\0"
        )
        while (answer := self._next()).get("id") != self._id:
            if hear := self.listeners.get(answer.get("sessionId")):
                hear(answer["method"], answer["params"])
        assert "error" not in answer, (method, answer["error"])
        return answer["result"]

    def _next(self):
        while b"\0" not in self._received:
            assert select([self._read], [], [], PATIENCE_S)[0], "the browser says nothing"
            piece = os.read(self._read, 1 << 20)
            assert piece, "the browser has ended"
            self._received += piece
        message, _, self._received = self._received.partition(b"\0")
        return json.loads(message)


@contextmanager
def chromium(profile):
    """A headless Chromium with a profile of its own."""
    theirs, write = os.pipe()
    read, their_answers = os.pipe()
    to_browser, from_browser = (out_of_the_way(one) for one in (theirs, their_answers))
    process = subprocess.Popen(
        [
            *("bash", "-c", f'exec "$@" {TO_BROWSER}<&{to_browser} {FROM_BROWSER}>&{from_browser}', "bash"),
            CHROMIUM,
            *("--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"),
            *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
            *("--remote-debugging-pipe", f"--user-data-dir={profile}"),
        ],
        pass_fds=(to_browser, from_browser),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    os.close(to_browser)
    os.close(from_browser)
    browser = Browser(write, read)
    try:
        yield browser
        browser.call("Browser.close")
    finally:
        os.close(write)
        os.close(read)
        process.terminate()
        process.wait(PATIENCE_S)


def out_of_the_way(descriptor):
    """Move a descriptor to where it cannot be one of the two that the browser wants."""
    moved = fcntl.fcntl(descriptor, fcntl.F_DUPFD, FROM_BROWSER + 1)
    os.close(descriptor)
    return moved
