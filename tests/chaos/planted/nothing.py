"""none: no bug at all, the control: whatever a checker says of it is false."""

from tests.chaos.planted.patch import Patch


def plant(patch: Patch = setattr) -> None:
    """Leave the product as it is."""
