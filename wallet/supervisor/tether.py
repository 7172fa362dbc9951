"""Become a program that the kernel kills when the process that started it dies.

    python -I -S tether.py PARENT_PID PROGRAM [ARGUMENT...]

It runs as a program of its own rather than as a `preexec_fn`: between fork and exec, a child of a process
with threads (every MongoDB client has some) may only do what cannot block, and importing is not that.
The kernel watches the *thread* that started the child, so children are started from one that lives on.
"""

import ctypes
import os
import signal
import sys

PR_SET_PDEATHSIG = 1


def main(parent_pid: int, argv: list[str]) -> None:
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent_pid:
        return  # the parent died before the kernel was asked to tell us
    try:
        os.execvp(argv[0], argv)  # noqa: S606 - a list, no shell reads it  # nosec B606
    except OSError as error:
        sys.exit(f"{argv[0]}: {error.strerror}")


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2:])
