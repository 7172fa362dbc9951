"""Measurements that are to be compared, taken in turn: what else the machine does hits all alike."""

from collections.abc import Callable, Iterable
from typing import Any, TypeVar

Sample = TypeVar("Sample")


def in_turn(rounds: Iterable[Any], *measurements: Callable[[], Sample]) -> list[list[Sample]]:
    """Take each measurement once in each of ``rounds``; return the samples of each measurement."""
    taken = [[measure() for measure in measurements] for _ in rounds]
    return [list(samples) for samples in zip(*taken, strict=True)]
