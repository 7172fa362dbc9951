"""How many transfers a watcher takes at once: as many as get through without colliding."""

_GROWTH = 1.25


class Window:
    """Halves when a batch collides and grows slowly while batches get through, as TCP does."""

    def __init__(self, largest: int) -> None:
        self._largest = largest
        self._size = float(largest)

    @property
    def size(self) -> int:
        """Transfers to a batch."""
        return int(self._size)

    def collided(self, batch: int) -> None:
        self._size = max(1.0, batch / 2)

    def passed(self, batch: int) -> None:
        """Grow after a full batch; a smaller one says nothing about what would fit."""
        if batch >= self.size:
            self._size = min(self._size * _GROWTH, self._largest)
