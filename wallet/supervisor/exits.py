"""How a process ended, in words."""

import signal


def describe(returncode: int) -> str:
    """Say what `Process.poll` returned: an exit code, or minus the signal that ended the process."""
    if returncode >= 0:
        return f"exited with code {returncode}"
    return f"was killed by {signal.Signals(-returncode).name}"
