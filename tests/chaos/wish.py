"""What a client wants next, drawn from its own seed: mostly transfers, some of wallets that all want."""

import random
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

from tests.chaos.history import CallKind
from tests.chaos.people import Person

HOT = 4
"""The first few people pay and are paid far oftener than the others."""
HOT_SHARE = 0.25
LARGEST = 5_000
TOO_MUCH = 10**12
REMARKS = "Hadiah Ultah"
_KINDS: tuple[CallKind, ...] = ("transfer", "payment", "top_up", "read")
_WEIGHTS = (88, 4, 4, 4)
_REPEATS = 0.02
"""How often a client asks again for what it was told: under the same key, sometimes for another amount."""
_NO_RUPIAH = (True, 1.5, "7")
_NO_RUPIAH_SHARE = 0.005


@dataclass(frozen=True, slots=True)
class Wish:
    kind: CallKind
    person: Person
    key: str | None
    amount: Any = 0
    target: UUID | None = None
    remarks: str = ""


class Wishes:
    def __init__(self, people: Sequence[Person], seed: str) -> None:
        self._people = people
        self._random = random.Random(seed)
        self._seed = seed
        self._count = 0
        self._last: Wish | None = None

    def next(self) -> Wish:
        if self._last and self._random.random() < _REPEATS:
            return self._again(self._last)
        wish = self._new()
        if wish.kind != "read":
            self._last = wish
        return wish

    def _again(self, last: Wish) -> Wish:
        choice = self._random.random()
        if choice < 0.25:
            # To be refused: the key is another request's.
            return replace(last, amount=self._random.randint(LARGEST + 1, 2 * LARGEST))
        if choice < 0.5:
            # Not a repetition at all: keys of two people never meet.
            return replace(last, person=self._somebody_else(last.person, last.target))
        return last

    def _new(self) -> Wish:
        self._count += 1
        kind = self._random.choices(_KINDS, _WEIGHTS)[0]
        person = self._anybody()
        if kind == "read":
            return Wish(kind, person, None)
        key = f"{self._seed}-{self._count}"
        if kind == "transfer":
            return Wish(kind, person, key, self._amount(), self._somebody_else(person).id, REMARKS)
        return Wish(kind, person, key, self._amount(), remarks=REMARKS if kind == "payment" else "")

    def _amount(self) -> Any:
        if self._random.random() < _NO_RUPIAH_SHARE:
            return self._random.choice(_NO_RUPIAH)
        return TOO_MUCH if self._random.random() < 0.01 else self._random.randint(1, LARGEST)

    def _anybody(self) -> Person:
        crowd = self._people[:HOT] if self._random.random() < HOT_SHARE else self._people
        return self._random.choice(crowd)

    def _somebody_else(self, person: Person, nor: UUID | None = None) -> Person:
        while (other := self._anybody()) is person or other.id == nor:
            pass
        return other
