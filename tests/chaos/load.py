"""The clients of a run, as processes of their own: what is done to our processes is not done to them."""

import json
import signal
import sys
from collections.abc import Sequence
from pathlib import Path

from tests.chaos.people import Person
from tests.chaos.program import Program, Starter
from tests.chaos.waiting import wait_until

PROCESSES = 2
CLIENTS = 36
THINK_S = 0.03
_FINISH_S = 90.0


class Load:
    """Clients who ask for more and more, between ``start`` and ``stop``."""

    def __init__(
        self,
        people: Sequence[Person],
        pods: Sequence[tuple[str, int]],
        folder: Path,
        starter: Starter,
        seed: int,
    ) -> None:
        self.histories = [folder / f"clients-{number}.jsonl" for number in range(PROCESSES)]
        self._programs = [
            _program(number, _plan(people, pods, history, f"{seed}-{number}"), folder, starter)
            for number, history in enumerate(self.histories)
        ]

    def start(self) -> None:
        for program in self._programs:
            program.start()

    def stop(self) -> None:
        """Return when the last call has ended."""
        for program in self._programs:
            program.signal(signal.SIGTERM)
        for program in self._programs:
            wait_until(lambda program=program: not program.running, program.name, within_s=_FINISH_S)

    def kill(self) -> None:
        for program in self._programs:
            program.kill()

    @property
    def counts(self) -> tuple[int, int]:
        """Acknowledged calls and accepted transfers so far."""
        said = [_last(program.log) for program in self._programs]
        return sum(one.get("acks", 0) for one in said), sum(one.get("accepted", 0) for one in said)


def _plan(people: Sequence[Person], pods: Sequence[tuple[str, int]], history: Path, seed: str) -> str:
    return json.dumps(
        {
            "people": [{"id": str(person.id), "token": person.token} for person in people],
            "pods": list(pods),
            "history": str(history),
            "clients": CLIENTS,
            "think_s": THINK_S,
            "seed": seed,
        }
    )


def _program(number: int, plan: str, folder: Path, starter: Starter) -> Program:
    file = folder / f"clients-{number}.plan.json"
    file.write_text(plan)
    argv = (sys.executable, "-m", "tests.chaos.clients", str(file))
    return Program(f"clients-{number}", lambda _patches: argv, {}, folder / f"clients-{number}.log", starter)


def _last(log: Path) -> dict[str, int]:
    lines = log.read_text().splitlines() if log.exists() else []
    return next((json.loads(line) for line in reversed(lines) if line.startswith("{")), {})
