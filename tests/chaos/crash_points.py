"""Every step of accepting and of executing a transfer, as a place where a process can kill itself.

A process knows a file. When somebody writes ``STEP:N`` into it, the process that reaches that step for the
N-th time from then on takes the file away and is gone, as if by ``kill -9``. It can also be born that way.
"""

import importlib
import os
import signal
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import wraps
from pathlib import Path
from typing import Any


@dataclass(frozen=True, slots=True)
class Step:
    """The moment right before, or right after, a function ran."""

    module: str
    path: str
    before: bool = False


ACCEPT: Mapping[str, Step] = {
    "accept.taken": Step("wallet.group_commit", "GroupCommitter._timed", before=True),
    "accept.wallets-read": Step("wallet.store.books", "Books.wallets"),
    "accept.entries-read": Step("wallet.store.books", "Books.entries"),
    "accept.wallets-written": Step("wallet.store.books", "Books.write_wallets"),
    "accept.entries-added": Step("wallet.store.books", "Books.add_entries"),
    "accept.queued": Step("wallet.store.posting", "PostingEngine._queue"),
    "accept.committing": Step("pymongo.client_session", "ClientSession.commit_transaction", before=True),
    "accept.committed": Step("pymongo.client_session", "ClientSession.commit_transaction"),
    "accept.posted": Step("wallet.store.posting", "PostingEngine.post"),
    "accept.answering": Step("service.receipts", "_reply"),
}
"""In a worker of a pod."""

CREDIT: Mapping[str, Step] = {
    "execute.found": Step("wallet.store.queue", "Queue._read"),
    "execute.vouched": Step("wallet.store.settling", "SettlementEngine.vouch"),
    "execute.wallets-read": Step("wallet.store.books", "Books.wallets"),
    "execute.wallets-written": Step("wallet.store.books", "Books.write_wallets"),
    "execute.marked": Step("wallet.store.settling", "SettlementEngine._mark_credited"),
    "execute.entries-added": Step("wallet.store.books", "Books.add_entries"),
    "execute.committing": Step("pymongo.client_session", "ClientSession.commit_transaction", before=True),
    "execute.committed": Step("pymongo.client_session", "ClientSession.commit_transaction"),
    "execute.settled": Step("wallet.store.settling", "SettlementEngine.settle"),
    "execute.beaten": Step("wallet.store.membership", "Membership.beat"),
}
"""In a watcher, with every transfer."""

REFUND: Mapping[str, Step] = {
    "execute.refund-marked": Step("wallet.store.settling", "SettlementEngine._mark_failed"),
    "execute.refunded": Step("wallet.store.settling", "SettlementEngine.give_up"),
    "execute.parked": Step("wallet.store.queue", "Queue.park"),
}
"""In a watcher, with a transfer that cannot be credited."""

EXECUTE: Mapping[str, Step] = {**CREDIT, **REFUND}
CRASH_POINTS: Mapping[str, Step] = {**ACCEPT, **EXECUTE}

Reached = Callable[[str], None]
"""Hears the name of a step."""


class CrashAt:
    """Kills this process when it reaches a step for the n-th time."""

    def __init__(self, wanted: str) -> None:
        self._step, self._left = parse(wanted)

    def __call__(self, step: str) -> None:
        if step == self._step:
            self._left -= 1
            if self._left == 0:
                _die()


class CrashWhenTold:
    """The same, once a file says so. The file goes first: of two processes that know it, one dies."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._reached = 0

    def __call__(self, step: str) -> None:
        if not self._file.exists():
            self._reached = 0
            return
        try:
            wanted, times = parse(self._file.read_text())
            if step != wanted:
                return
            self._reached += 1
            if self._reached >= times:
                self._file.unlink()
                _die()
        except FileNotFoundError:
            return  # the other one was faster


def parse(text: str) -> tuple[str, int]:
    """Read ``STEP`` or ``STEP:N``.

    Raises:
        KeyError: there is no such step.
    """
    step, _, times = text.partition(":")
    if step not in CRASH_POINTS:
        raise KeyError(step)
    return step, int(times or 1)


def install(steps: Mapping[str, Step], reached: Reached) -> None:
    """Have ``reached`` called at each of ``steps`` in this process."""
    for name, step in steps.items():
        owner, attribute = _owner(step)
        setattr(owner, attribute, _tapped(getattr(owner, attribute), name, step, reached))


def _owner(step: Step) -> tuple[Any, str]:
    owner: Any = importlib.import_module(step.module)
    *outer, attribute = step.path.split(".")
    for name in outer:
        owner = getattr(owner, name)
    return owner, attribute


def _tapped(function: Callable[..., Any], name: str, step: Step, reached: Reached) -> Callable[..., Any]:
    @wraps(function)
    def tapped(*args: Any, **kwargs: Any) -> Any:
        if step.before:
            reached(name)
        result = function(*args, **kwargs)
        if not step.before:
            reached(name)
        return result

    return tapped


def _die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)
