"""From the terminal to the exit code."""

import sys

from wallet.embedded import EmbeddedServerError
from wallet.local.errors import LocalError
from wallet.local.run import run
from wallet.local.settings import read_settings
from wallet.supervisor.console import Console
from wallet.supervisor.errors import KillRequested, StopRequested, SupervisorError
from wallet.supervisor.stop_signals import StopSignals
from wallet.supervisor.supervisor import Supervisor


def run_in_foreground() -> int:
    """Run everything until a signal or a failure ends it; return the exit code."""
    console = Console(sys.stdout, colour=sys.stdout.isatty())
    try:
        with StopSignals() as signals, Supervisor("dompet", console, signals.pause) as supervisor:
            run(read_settings(), supervisor, console)
    except StopRequested:
        return 0
    except KillRequested as request:
        return request.exit_code
    except (EmbeddedServerError, LocalError, SupervisorError) as error:
        sys.stderr.write(f"dompet: {error}\n")
        return 1
