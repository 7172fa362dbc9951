"""``python -m wallet.exports JOB``: the process that makes one export. It lets everybody else go first."""

import os
import sys
from contextlib import suppress
from pathlib import Path

GENTLE = 19
"""The niceness of who has time."""


def give_way() -> None:
    os.nice(GENTLE)
    # Where Linux groups processes by their sessions, the groups share the processors. The session of this one
    # is its own.
    with suppress(OSError):
        Path("/proc/self/autogroup").write_text(str(GENTLE))


if __name__ == "__main__":
    give_way()
    from wallet.exports import composition

    composition.run(sys.argv[1])
