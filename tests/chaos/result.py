"""What a run came to, as it is kept."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, Self

from tests.chaos.hunt import Found
from tests.chaos.measures import Measure

SPEED = frozenset({"P12", "P13", "P14", "P16", "P17"})
"""Promises of how soon; that nothing is lost, doubled or stuck is none of them."""


@dataclass(frozen=True, slots=True)
class Result:
    """Of one run; ``failure`` says why it did not come to its end."""

    seed: int
    faults: str
    seconds: float
    plant: str = ""
    calls: int = 0
    acknowledged: int = 0
    accepted: int = 0
    """Transfers."""
    unknowns: dict[str, int] = field(default_factory=dict)
    watchers: int = 0
    watcher_kills: int = 0
    primary_kills: int = 0
    violations: Sequence[dict[str, str]] = ()
    found: Found | None = None
    """What the hunt for a planted bug came to."""
    measures: Sequence[Measure] = ()
    skipped: Sequence[str] = ()
    drained_s: float = 0.0
    """From the end of the load until nothing was pending."""
    failure: str = ""
    folder: str = ""

    @property
    def clean(self) -> bool:
        return not self.violations and not self.failure

    def kept(self, *, lenient: bool) -> bool:
        """Say whether every promise was kept. On a machine that is busy with others, leave out how soon."""
        broken = {one["promise"] for one in self.violations}
        return not self.failure and not (broken - SPEED if lenient else broken)

    def as_json(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def of_json(cls, fields: dict[str, Any]) -> Self:
        found = fields.pop("found")
        return cls(**fields, found=Found(**found) if found else None)
