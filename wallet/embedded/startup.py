"""The time between starting mongod and being able to write to it."""

import time
from collections.abc import Callable

from wallet.embedded import replica_set
from wallet.embedded.diagnosis import diagnose
from wallet.embedded.errors import EmbeddedServerError
from wallet.embedded.log import complaints_since, size_of
from wallet.embedded.options import MongodOptions
from wallet.embedded.ports import is_listening
from wallet.supervisor.exits import describe
from wallet.supervisor.process import Process
from wallet.supervisor.spec import ChildSpec

POLL_SECONDS = 0.05
START_SECONDS = 60.0


def pause_briefly() -> None:
    time.sleep(POLL_SECONDS)


class Startup:
    def __init__(self, options: MongodOptions, spec: ChildSpec) -> None:
        self._options = options
        self._log_size = size_of(options.log)
        self._deadline = time.monotonic() + START_SECONDS
        self.process = Process(spec)

    def wait(self, pause: Callable[[], None]) -> None:
        """Return when mongod is a writable primary.

        Raises:
            EmbeddedServerError: it ended, or took too long.
        """
        while not is_listening(self._options.port):
            self._check()
            pause()
        with replica_set.connect(self._options.host) as client:
            while not replica_set.becomes_primary(client, self._options.host, self.process.pid):
                self._check()
                pause()

    def _check(self) -> None:
        ended = self.process.poll()
        if ended is not None:
            evidence = [f"mongod {describe(ended)}", *self.process.output(), *self._complaints()]
            raise EmbeddedServerError(diagnose(self._options, evidence))
        if time.monotonic() > self._deadline:
            raise EmbeddedServerError(
                f"mongod runs but takes no writes after {START_SECONDS:.0f} s; see {self._options.log}"
            )

    def _complaints(self) -> list[str]:
        return complaints_since(self._options.log, self._log_size)
