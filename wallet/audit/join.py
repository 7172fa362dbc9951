"""Two sorted streams, side by side."""

from collections.abc import Callable, Iterable, Iterator
from itertools import groupby
from typing import TypeVar
from uuid import UUID

Left = TypeVar("Left")
Right = TypeVar("Right")


def full_join(
    lefts: Iterable[Left],
    rights: Iterable[Right],
    left_key: Callable[[Left], UUID],
    right_key: Callable[[Right], UUID],
) -> Iterator[tuple[UUID, Iterator[Left], Iterator[Right]]]:
    """Yield each key of either stream once, with its rows in both.

    Both streams rise by their key, and only the rows at hand are in memory: read those of a key before
    asking for the next key.
    """
    left_groups, right_groups = groupby(lefts, left_key), groupby(rights, right_key)
    left, right = next(left_groups, None), next(right_groups, None)
    while left or right:
        key = min(group[0] for group in (left, right) if group)
        here_left = left[1] if left and left[0] == key else None
        here_right = right[1] if right and right[0] == key else None
        yield key, here_left or iter(()), here_right or iter(())
        if here_left:
            left = next(left_groups, None)
        if here_right:
            right = next(right_groups, None)
