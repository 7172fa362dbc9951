"""Bugs that the checkers must find: a checker that never fails proves nothing.

Each is a patch of the running product; none is in it. They are the mistakes that others have made at these
places.
"""

from collections.abc import Callable
from types import ModuleType

from tests.chaos.planted import (
    any_amount,
    commit_run_again,
    duplicate_swallowed,
    keys_of_all,
    lease_is_the_fence,
    local_clock,
    no_sweep,
    no_unique_key,
    nothing,
    one_is_enough,
    read_then_write,
    refund_beside_credit,
    second_read,
    stream_from_now,
)

_BUGS: dict[str, ModuleType] = {
    "B1": no_unique_key,
    "B2": no_sweep,
    "B3": one_is_enough,
    "B4": read_then_write,
    "B5": lease_is_the_fence,
    "B6": commit_run_again,
    "B7": duplicate_swallowed,
    "B8": stream_from_now,
    "B9": local_clock,
    "B10": second_read,
    "B11": refund_beside_credit,
    "B12": any_amount,
    "B13": keys_of_all,
    "none": nothing,
}

CONTROL = "none"
OF_TIME = frozenset({"B2", "B7", "B8", "B9"})
"""Bugs that lose nothing, but take too long. Of all others it says nothing when something does."""

PLANTS: dict[str, Callable[..., None]] = {name: bug.plant for name, bug in _BUGS.items()}
"""Call one in a process of the product before it starts, or with pytest's ``monkeypatch.setattr``."""


def what_is(name: str) -> str:
    """Return what a bug is, in a sentence."""
    sentence = (_BUGS[name].__doc__ or "").split("\n")[0]
    return sentence.removeprefix(f"{name}: ").rstrip(".")
