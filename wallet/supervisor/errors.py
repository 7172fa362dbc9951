"""Why a supervisor ends."""

from collections.abc import Sequence


class SupervisorError(Exception):
    """A child cannot do its work; the message ends with what it said last."""

    def __init__(self, what: str, last_lines: Sequence[str]) -> None:
        super().__init__("\n".join([what, *last_lines]))


class ChildKeepsDying(SupervisorError):
    """A child died again and again without a stable period."""


class JobFailed(SupervisorError):
    """A child that should have ended with exit code 0 did not."""


class StopRequested(BaseException):
    """The first SIGINT or SIGTERM: end in order."""


class KillRequested(BaseException):
    """The second one: end at once."""

    def __init__(self, signum: int) -> None:
        super().__init__(signum)
        self.exit_code = 128 + signum
