"""What came of an attempt, as the process that made it tells the one that started it."""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Self

from wallet.export_job import Failure


@dataclass(frozen=True, slots=True)
class Outcome:
    """``size`` bytes are stored, or there is a ``failure``; ``detail`` is for operators."""

    size: int = 0
    failure: Failure | None = None
    detail: str = ""

    @property
    def line(self) -> str:
        return json.dumps(asdict(self))

    @classmethod
    def read(cls, lines: Sequence[str]) -> Self:
        """Return what the last of ``lines`` says; a process that told nothing came to grief."""
        try:
            told = json.loads(lines[-1])
            reason = told["failure"]
            return cls(int(told["size"]), Failure(reason) if reason else None, str(told["detail"]))
        except (IndexError, KeyError, TypeError, ValueError):
            return cls(failure=Failure.INTERRUPTED, detail="\n".join(lines))
