"""What the clients of a run asked and were told, and which faults were on: JSON lines, a file a process.

A client writes down what it asks before it sends it, and what it is told as soon as it knows. So the history
of a client that is cut off, or dies, has the question without an answer: nobody knows what became of it.
Every call that moves money is in a history, those that set the stage as well: what the ledger has besides
was made up.
"""

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal
from uuid import UUID

CallKind = Literal["top_up", "payment", "transfer", "read"]


@dataclass(frozen=True, slots=True)
class Asked:
    """A request, as it is about to be sent.

    A client does one call after the other. One that is repeated has a new ``call``, the same key and body.
    """

    call: str
    """Of this attempt alone."""
    client: str
    kind: CallKind
    """A read asks for the newest lines of the user, or, with a ``target``, for that transfer."""
    user: UUID
    key: str | None
    """The Idempotency-Key. Without one an unknown call can never be resolved, only bounded."""
    amount: Any
    """Rupiah, or whatever a bad client sends instead; 0 of a read."""
    target: UUID | None
    """The receiver of a transfer; of a read, the id of a transfer or nothing."""
    remarks: str
    at_ns: int
    """``time.monotonic_ns``, which all processes of a machine share; also below."""


@dataclass(frozen=True, slots=True)
class Told:
    """What came back."""

    call: str
    at_ns: int
    status: int | None
    """None: nobody knows. It was cut or timed out."""
    body: Mapping[str, Any] | None
    replayed: bool = False
    """The reply said ``Idempotency-Replayed``: the effect was there before."""

    @property
    def code(self) -> Any:
        """Why it was refused."""
        return self.body.get("code") if self.body else None

    @property
    def result(self) -> Any:
        return self.body.get("result") if self.body else None


@dataclass(frozen=True, slots=True)
class Fault:
    """What the nemesis did; written when it begins, and again when it has ended."""

    name: str
    target: str
    began_ns: int
    ended_ns: int | None = None


@dataclass(frozen=True, slots=True)
class Exchange:
    asked: Asked
    told: Told | None


class History:
    """Writes the lines of one process."""

    def __init__(self, path: Path) -> None:
        self._file = path.open("a", encoding="utf-8")

    def asked(self, asked: Asked) -> None:
        self._line("asked", asked)

    def told(self, told: Told) -> None:
        self._line("told", told)

    def fault(self, fault: Fault) -> None:
        self._line("fault", fault)

    def close(self) -> None:
        self._file.close()

    def _line(self, what: str, record: Asked | Told | Fault) -> None:
        # One write a line, handed to the kernel at once: it survives whatever kills this process.
        self._file.write(json.dumps({what: asdict(record)}, default=str) + "\n")
        self._file.flush()


def read(paths: Iterable[Path]) -> tuple[list[Exchange], list[Fault]]:
    """Return the calls, in the order they were sent, and the faults, in the order they began."""
    asked: dict[str, Asked] = {}
    told: dict[str, Told] = {}
    faults: dict[tuple[str, str, int], Fault] = {}
    for record in _records(paths):
        if isinstance(record, Asked):
            asked[record.call] = record
        elif isinstance(record, Told):
            told[record.call] = record
        else:
            faults[record.name, record.target, record.began_ns] = record
    exchanges = [Exchange(one, told.get(call)) for call, one in asked.items()]
    return (
        sorted(exchanges, key=lambda one: one.asked.at_ns),
        sorted(faults.values(), key=lambda one: one.began_ns),
    )


def around(before: Iterable[Exchange], after: Iterable[Exchange]) -> list[Exchange]:
    """Return what goes with books that were read between two readings of the histories.

    Whatever had been answered before must be in such books, and whatever is in them had been asked for by the
    end. What was answered in between may be in them or not: nobody knows.
    """
    told = {one.asked.call: one.told for one in before}
    return [Exchange(one.asked, told.get(one.asked.call)) for one in after]


def _records(paths: Iterable[Path]) -> Iterator[Asked | Told | Fault]:
    for path in paths:
        for line in path.read_text(encoding="utf-8").splitlines(keepends=True):
            if line.endswith("\n"):  # the last line of a process that was killed may be torn
                yield _record(json.loads(line))


def _record(line: Mapping[str, Mapping[str, Any]]) -> Asked | Told | Fault:
    if "told" in line:
        return Told(**line["told"])
    if "fault" in line:
        return Fault(**line["fault"])
    asked = dict(line["asked"])
    asked["user"] = UUID(asked["user"])
    asked["target"] = UUID(asked["target"]) if asked["target"] else None
    return Asked(**asked)
