"""When all is quiet: repeats every call of which nobody knows what became, until the answer is definite."""

import time
from collections.abc import Iterable, Sequence
from pathlib import Path
from uuid import UUID

from tests.chaos.caller import Caller, NobodyThere
from tests.chaos.calls import Request, requests, unknown
from tests.chaos.history import Exchange, History, Told
from tests.chaos.people import Person
from tests.chaos.wish import Wish

_PAUSE_S = 0.2
PATIENCE_S = 30.0
"""For each."""


def resolve(
    exchanges: Iterable[Exchange], people: Sequence[Person], pods: Sequence[tuple[str, int]], file: Path
) -> int:
    """Return how many there were."""
    history = History(file)
    caller = Caller("resolver", pods, history, "resolver")
    by_id = {person.id: person for person in people}
    unresolved = [one for one in requests(exchanges) if any(map(unknown, one.exchanges)) and not one.resolved]
    for request in unresolved:
        _insist(caller, _wish(request, by_id))
    caller.close()
    history.close()
    return len(unresolved)


def _wish(request: Request, by_id: dict[UUID, Person]) -> Wish:
    asked = request.asked
    return Wish(asked.kind, by_id[asked.user], asked.key, asked.amount, asked.target, asked.remarks)


def _insist(caller: Caller, wish: Wish) -> None:
    deadline = time.monotonic() + PATIENCE_S
    while time.monotonic() < deadline:
        try:
            told = caller.call(wish)
        except NobodyThere:
            time.sleep(_PAUSE_S)
            continue
        if _definite(told):
            return
        time.sleep(_PAUSE_S)


def _definite(told: Told) -> bool:
    return told.status is not None and told.status < 500 and told.status not in {401, 408, 429}
