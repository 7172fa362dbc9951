"""The scheduler: processes made of greenlets, a clock that only moves when nothing else can, and one order.

Whoever waits is put on a heap by the time it wakes, so the seed alone decides what happens in which order.
"""

import random
from collections.abc import Callable
from heapq import heappop, heappush
from typing import Any

from greenlet import GreenletExit, getcurrent, greenlet

Trace = Callable[[float, str, str], None]
"""Hears of each step: the time in seconds, who, and what."""

Waiters = list[tuple["Task", int]]


class Process:
    """What lives, freezes and dies together, and the clock it goes by."""

    def __init__(self, name: str, *, skew_s: float = 0.0) -> None:
        self.name = name
        self.skew_s = skew_s
        self.alive = True
        self.frozen_until = 0.0
        self.tasks: list[Task] = []
        self.last_words: list[Callable[[], None]] = []
        """What the rest of the world notices of its death."""


class Task(greenlet):
    """A thread of a process. ``on_wire`` is what it has sent: that arrives whatever becomes of the sender."""

    process: Process
    name: str
    ticket: int = 0
    on_wire: Callable[[], object] | None = None
    """While it is set, a frozen process does not hold this task up: the server works for it."""


class Hub:
    """Turns one task at a time, in the order of their times."""

    def __init__(self, rng: random.Random, trace: Trace | None = None) -> None:
        self.rng = rng
        self.trace = trace
        self.now = 0.0
        self.steps = 0
        self.task: Task | None = None
        self._process: Process | None = None
        self._heap: list[tuple[float, int, Any, int | None, object]] = []
        self._number = 0
        self._main = getcurrent()

    @property
    def process(self) -> Process:
        """The process that runs now, or that is being built."""
        process = self.task.process if self.task else self._process
        if process is None:
            raise LookupError("nobody runs here")
        return process

    def build(self, process: Process, make: Callable[[], Any]) -> Any:
        """Run ``make`` in the name of ``process``: the threads it starts are that process's."""
        before, self._process = self._process, process
        try:
            return make()
        finally:
            self._process = before

    def spawn(self, process: Process, name: str, run: Callable[[], object]) -> Task:
        task = Task(run, parent=self._main)
        task.process, task.name = process, name
        process.tasks = [one for one in process.tasks if not one.dead]
        process.tasks.append(task)
        self._push(self.now, task, task.ticket, None)
        return task

    def at(self, when: float, call: Callable[[], object]) -> None:
        """Call from outside all processes, at ``when`` or as soon as what runs now waits."""
        self._push(max(when, self.now), call, None, None)

    def after(self, seconds: float, call: Callable[[], object]) -> None:
        self.at(self.now + seconds, call)

    def sleep(self, seconds: float) -> None:
        task = self._waiting()
        self._push(self.now + seconds, task, task.ticket, None)
        self._main.switch()
        self._check(task)

    def wait(self, waiters: Waiters, timeout: float | None) -> bool:
        """Wait until somebody wakes ``waiters``; return False when ``timeout`` seconds are over before."""
        task = self._waiting()
        waiters.append((task, task.ticket))
        if timeout is not None:
            self._push(self.now + timeout, task, task.ticket, False)
        woken = self._main.switch()
        self._check(task)
        return bool(woken)

    def wake(self, waiters: Waiters) -> None:
        for task, ticket in waiters:
            self._push(self.now, task, ticket, True)
        waiters.clear()

    def kill(self, process: Process) -> None:
        """End a process between two of its steps, from outside all processes."""
        process.alive = False
        for task in process.tasks:
            if task.on_wire is not None and self.rng.random() < 0.5:
                self.after(self.rng.random() * 0.01, task.on_wire)
            task.on_wire = None
            if not task.dead:
                self.task = task
                task.throw(GreenletExit)
                self.task = None
        process.tasks = []
        for notice in process.last_words:
            notice()

    def run(self, until: float) -> None:
        """Let everything happen that happens before ``until``, by the clock."""
        while self._heap and self._heap[0][0] <= until:
            when, _, target, ticket, value = heappop(self._heap)
            self.now = max(self.now, when)
            if ticket is None:
                target()
            elif target.ticket == ticket and not target.dead:
                self._turn(target, ticket, value)
        self.now = max(self.now, until)

    def _turn(self, task: Task, ticket: int, value: object) -> None:
        if task.process.frozen_until > self.now and task.on_wire is None:
            self._push(task.process.frozen_until, task, ticket, value)
            return
        self.steps += 1
        task.ticket += 1
        self.task = task
        try:
            if task:
                task.switch(value)
            else:
                task.switch()
        finally:
            self.task = None

    def check_alive(self) -> None:
        self._waiting()

    def tell(self, what: str, *about: object) -> None:
        """Put a step into words, where somebody listens."""
        if self.trace is not None:
            who = f"{self.task.process.name}/{self.task.name}" if self.task else "world"
            self.trace(self.now, who, " ".join([what, *map(str, about)]))

    def _waiting(self) -> Task:
        task = self.task
        if task is None or not task.process.alive:
            raise GreenletExit  # the dying send nothing more
        return task

    @staticmethod
    def _check(task: Task) -> None:
        if not task.process.alive:
            raise GreenletExit

    def _push(self, when: float, target: Any, ticket: int | None, value: object) -> None:
        self._number += 1
        heappush(self._heap, (when, self._number, target, ticket, value))


_hubs: list[Hub] = []


def here() -> Hub:
    """Return the hub of the simulation that runs."""
    return _hubs[-1]


def enter(hub: Hub) -> None:
    _hubs.append(hub)


def leave() -> None:
    _hubs.pop()


def simulated() -> bool:
    """Whether a task of a simulation asks; other threads of this process go by the real clock."""
    return bool(_hubs) and _hubs[-1].task is not None and getcurrent() is _hubs[-1].task
